-- Every ready playbook brings an empty platform to what it says, and then has nothing left to do.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"
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
    local directory <close> = workplace.new()
    local playbook = DIRECTORY .. name
    directory:expect(0, "apply", playbook)
    local again = directory:expect(0, "plan", "--detailed-exitcode", playbook)
    lu.assertStrContains(again.stdout, "nothing to do")
  end or nil
end

return tests
