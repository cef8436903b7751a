-- Two applies of one business at a time: the second one is told who is at it.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local cli = require "tests.support.cli"
local lock = require "remora.journal.lock"
local loop = require "remora.net.loop"
local sqlite = require "sqlite"
local troubled = require "tests.support.troubled"

local CRON = [[
playbook: cron
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond }
]]

local tests = {}

function tests.test_a_second_apply_is_refused_with_the_name_of_the_first()
  local directory <close> = workplace.new { ["cron.yml"] = CRON }
  do
    local first <close> = assert(lock.take(directory.path .. "/" .. lock.PATH,
      { platform = "the embedded platform", business = 1, playbook = "shop" }))
    lu.assertFalse(first.closed == true)
    local second = directory:expect(6, "apply", "cron.yml")
    lu.assertStrContains(second.stderr, "is being worked on by ")
    lu.assertStrContains(second.stderr, "with shop, since ")
    directory:expect(0, "plan", "cron.yml")
  end
  directory:expect(0, "apply", "cron.yml")
  directory:expect(0, "apply", "cron.yml")
end

-- One apply is started while another one is in the middle of its writing.
function tests.test_of_two_applies_at_once_one_is_told_of_the_other()
  local directory <close> = workplace.new { ["cron.yml"] = CRON }
  local l = loop.new()
  l:run(function()
    local apply, second
    local platform <close> = troubled.start(l, function(call)
      if call == "cc.create_service_instance" and not second then second = apply() end
    end)
    function apply()
      return cli.run { cwd = directory.path, loop = l, "apply", "--yes", "cron.yml",
        "--platform", platform.url }
    end
    local first = apply()
    lu.assertEquals(first.code, 0, first.stdout .. first.stderr)
    lu.assertEquals(second.code, 6, second.stdout .. second.stderr)
    lu.assertStrContains(second.stderr, "is being worked on by ")
    lu.assertEquals(platform:writes(), { ["cc.create_service_instance"] = 1 })
  end)
end

-- A lock that somebody left behind: what its row says, and what an apply does about it.
local LEFT = {
  a_dead_process_of_this_host = { "pid = 4194305", 0 },
  a_host_that_is_heard_of = { "host = 'elsewhere', user = 'alice'", 6, "by alice on elsewhere" },
  a_host_that_is_silent = { "host = 'elsewhere', beat = beat - 61", 0 },
}

for name, case in pairs(LEFT) do
  tests["test_a_lock_of_" .. name] = function()
    local directory <close> = workplace.new { ["cron.yml"] = CRON }
    local path = directory.path .. "/" .. lock.PATH
    local left = assert(lock.take(path, { platform = "the embedded platform", business = 1,
      playbook = "shop" }))
    local db <close> = assert(sqlite.open(path))
    assert(db:run("UPDATE lock SET " .. case[1]))
    local applied = directory:run("apply", "cron.yml")
    lu.assertEquals(applied.code, case[2], applied.stdout .. applied.stderr)
    lu.assertStrContains(applied.stderr, case[3] or "")
    left.db:close()
  end
end

return tests
