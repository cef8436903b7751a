-- Two applies of one business at a time: the second one is told who is at it.

local luaunit = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local lock = require "remora.journal.lock"

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
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/cron.yml", CRON)
  do
    local first <close> = assert(lock.take(directory.path .. "/" .. lock.PATH,
      { platform = "the embedded platform", business = 1, playbook = "shop" }))
    luaunit.assertFalse(first.closed == true)
    local second = cli.run { cwd = directory.path, "apply", "cron.yml" }
    luaunit.assertEquals(second.code, 6, second.stdout .. second.stderr)
    luaunit.assertStrContains(second.stderr, "is being worked on by ")
    luaunit.assertStrContains(second.stderr, "with shop, since ")
    luaunit.assertEquals(cli.run { cwd = directory.path, "plan", "cron.yml" }.code, 0)
  end
  luaunit.assertEquals(cli.run { cwd = directory.path, "apply", "cron.yml" }.code, 0)
  luaunit.assertEquals(cli.run { cwd = directory.path, "apply", "cron.yml" }.code, 0)
end

return tests
