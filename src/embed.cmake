# Writes OUTPUT, a C file with the table TABLE (see embedded.h) of Lua sources as bytes: every *.lua
# below TREE (module name = path) and every name=file of MODULES. Sorted by name, so that the same
# sources give the same bytes. Runs in script mode; compiles nothing and never reads the clock.

set(entries ${MODULES})
if(TREE)
  file(GLOB_RECURSE files RELATIVE "${TREE}" "${TREE}/*.lua")
  foreach(file IN LISTS files)
    string(REGEX REPLACE "(/init)?\\.lua$" "" name "${file}")
    string(REPLACE "/" "." name "${name}")
    list(APPEND entries "${name}=${TREE}/${file}")
  endforeach()
endif()
list(SORT entries)

set(arrays "")
set(rows "")
set(index 0)
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([^=]*)=(.*)$" _ "${entry}")
  set(name "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  if(TREE)
    cmake_path(IS_PREFIX TREE "${file}" inside)
  else()
    set(inside FALSE)
  endif()
  if(inside)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${TREE}" OUTPUT_VARIABLE chunk)
  else()
    cmake_path(GET file FILENAME chunk)
  endif()
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char source_${index}[] = {${bytes}0};\n")
  string(APPEND rows
    "    {\"${name}\", \"@lua/${chunk}\", source_${index}, sizeof source_${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE "${OUTPUT}" "#include \"embedded.h\"\n\n${arrays}
const struct embedded_module ${TABLE}[] = {\n${rows}    {0, 0, 0, 0},\n};\n")
