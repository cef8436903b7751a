-- embed.lua OUTPUT TABLE ROOT FILE…: writes the C file OUTPUT with the table TABLE (see embedded.h)
-- of Lua modules, compiled, since reading what is compiled takes a fraction of compiling it.
-- Owns their names: ROOT/lua/a/b.lua is the module a.b, ROOT/lua/a/init.lua is a, and a file
-- elsewhere the module of its own name. The same sources give the same bytes.

local output, array, root = table.unpack(arg, 1, 3)

-- The place of a file in the source tree; what lies outside has none but its name.
local function place(path)
  local from, to = path:find(root .. "/", 1, true)
  return from == 1 and path:sub(to + 1) or "lua/" .. path:match("[^/]*$")
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local sources = {}
for i = 4, #arg do sources[i - 3] = { path = arg[i], place = place(arg[i]) } end
table.sort(sources, function(a, b) return a.place < b.place end)

local arrays, rows = {}, {}
for i, source in ipairs(sources) do
  local name = source.place:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  local chunk = "@" .. source.place
  local code = string.dump(assert(load(read(source.path), chunk, "t")))
  arrays[i] = ("static const unsigned char module_%d[] = {%s};\n"):format(i,
    code:gsub(".", function(byte) return byte:byte() .. "," end))
  rows[i] = ('    {"%s", "%s", module_%d, sizeof module_%d},\n'):format(name, chunk, i, i)
end

local file <close> = assert(io.open(output, "wb"))
assert(file:write('#include "embedded.h"\n\n', table.concat(arrays), "\nconst struct ",
  "embedded_module ", array, "[] = {\n", table.concat(rows), "    {0, 0, 0, 0},\n};\n"))
