-- Every ready playbook brings an empty platform to what it says, and then has nothing left to do.

local luaunit = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local source = require "tests.support.source"
local system = require "system"

local tests = {}

for _, name in ipairs(assert(system.list(source.directory() .. "/playbooks"))) do
  tests["test_" .. name:gsub("%W", "_")] = function()
    local directory <close> = fs.temporary()
    local playbook = source.directory() .. "/playbooks/" .. name
    local applied = cli.run { "apply", playbook, cwd = directory.path }
    luaunit.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
    local again = cli.run { "plan", "--detailed-exitcode", playbook, cwd = directory.path }
    luaunit.assertEquals(again.code, 0, again.stdout .. again.stderr)
    luaunit.assertStrContains(again.stdout, "nothing to do")
  end
end

return tests
