-- luacheck: Lua 5.4 without the functions that the host takes away, a hundred columns.
std = "lua54"
max_line_length = 100
not_globals = { "dofile", "loadfile" }
exclude_files = { "build", ".remora" }
include_files = { "lua", "tests", "playbooks", ".luacheckrc" }
