-- What luacheck holds the Lua code to: 5.4 without the functions that the host takes away.
std = "lua54"
max_line_length = 100
self = false -- a method may not need its object
not_globals = { "dofile", "loadfile" }
include_files = { "lua/**/*.lua", "playbooks/**/*.lua", "src/**/*.lua", "tests/**/*.lua" }
files["playbooks/scripts"] = { read_globals = { "remora" } }
files["tests/bench/every_row.lua"] = { read_globals = { "remora" } }
files["playbooks"] = { read_globals = { "vars", "null" } } -- all a Lua playbook is given
