-- A directory that remora is used in, as its users do: files in it, commands, and what these must
-- end with. Removed with its contents at the end of the scope.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"

local workplace = {}
workplace.__index = workplace

---@param files table<string, string>|nil name → text
---@return {path: string} workplace to be declared `<close>`
function workplace.new(files)
  local self = setmetatable({ path = fs.temporary().path }, workplace)
  for name, text in pairs(files or {}) do self:write(name, text) end
  return self
end

workplace.__close = function(self) fs.remove_tree(self.path) end

---Writes a file in it, and the directories above that.
---@param name string
---@param text string
function workplace:write(name, text) fs.write(self.path .. "/" .. name, text) end

---@param name string
---@return string text
function workplace:read(name) return fs.read(self.path .. "/" .. name) end

---Runs remora in it.
---@param ... string arguments
---@return {code: integer?, signal: integer?, stdout: string, stderr: string} result
function workplace:run(...) return cli.run { cwd = self.path, ... } end

---Runs remora in it, which must end with an exit code.
---@param code integer
---@param ... string arguments
---@return {code: integer, stdout: string, stderr: string} result
function workplace:expect(code, ...)
  local result = self:run(...)
  lu.assertEquals(result.code, code, result.stdout .. result.stderr)
  return result
end

---Makes a call of the platform that must succeed.
---@param name string
---@param args table
---@return any data
function workplace:call(name, args)
  return json.decode(self:expect(0, "call", name, json.encode(args)).stdout).data
end

return workplace
