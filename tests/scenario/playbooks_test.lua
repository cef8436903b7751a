-- Every ready playbook brings an empty platform to what it says, and then has nothing left to do.

local luaunit = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local source = require "tests.support.source"
local system = require "system"

local DIRECTORY = source.directory() .. "/playbooks/"

local tests = {}

-- Scripts, which are no playbooks, have a directory of their own.
local function is_playbook(name)
  return assert(system.stat(DIRECTORY .. name)).type == "file"
end

for _, name in ipairs(assert(system.list(DIRECTORY))) do
  tests["test_" .. name:gsub("%W", "_")] = is_playbook(name) and function()
    local directory <close> = fs.temporary()
    local playbook = DIRECTORY .. name
    local applied = cli.run { "apply", playbook, cwd = directory.path }
    luaunit.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
    local again = cli.run { "plan", "--detailed-exitcode", playbook, cwd = directory.path }
    luaunit.assertEquals(again.code, 0, again.stdout .. again.stderr)
    luaunit.assertStrContains(again.stdout, "nothing to do")
  end or nil
end

return tests
