-- A run that is killed after the agents have registered a process and before the journal and the
-- memory of what is hosted know it: the process is recognised, and not taken back and given again.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"
local source = require "tests.support.source"

local INTENT_OF_FIRST = 2 -- of the records
local OUTCOME_OF_LAST = 9 -- after begin, and four calls with intent and outcome

local tests = {}

function tests.test_what_was_registered_is_recognised()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/web.yml", fs.read(source.directory() .. "/playbooks/web.yml"))
  local killed = cli.run { "apply", "web.yml", cwd = directory.path, env = {
    REMORA_LUA_DIR = source.directory() .. "/tests/support/mortal",
    REMORA_JOURNAL = source.directory() .. "/lua/remora/journal/init.lua",
    REMORA_KILL = "before " .. OUTCOME_OF_LAST,
  } }
  lu.assertEquals(killed.signal, 9, killed.stdout .. killed.stderr)
  -- As if the memory had not been written either.
  for _, name in ipairs { "hosted.db", "hosted.db-wal", "hosted.db-shm" } do
    fs.remove_tree(directory.path .. "/.remora/" .. name)
  end
  local resumed = cli.run { "apply", "--resume", cwd = directory.path }
  lu.assertEquals(resumed.code, 0, resumed.stdout .. resumed.stderr)
  lu.assertStrContains(resumed.stdout, "nothing to do")
  local shown = cli.run { "show", "1", "--json", cwd = directory.path }
  local calls = json.decode(shown.stdout).calls
  lu.assertEquals(calls[#calls].name, "job.manage_proc")
  lu.assertEquals(calls[#calls].settled, "found")
  lu.assertStrContains(cli.run { "history", cwd = directory.path }.stdout,
    "cut short, then run 2")
end

-- With its process the embedded platform is gone too: what has no effect yet never gets one.
function tests.test_an_effect_that_cannot_come_is_not_waited_for()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/cron.yml", fs.read(source.directory() .. "/playbooks/cron.yml"))
  local killed = cli.run { "apply", "cron.yml", cwd = directory.path, env = {
    REMORA_LUA_DIR = source.directory() .. "/tests/support/mortal",
    REMORA_JOURNAL = source.directory() .. "/lua/remora/journal/init.lua",
    REMORA_KILL = "after " .. INTENT_OF_FIRST,
  } }
  lu.assertEquals(killed.signal, 9, killed.stdout .. killed.stderr)
  local resumed = cli.run { "apply", "--resume", "--settle", "86400", cwd = directory.path }
  lu.assertEquals(resumed.code, 0, resumed.stdout .. resumed.stderr)
  local shown = cli.run { "show", "1", "--json", cwd = directory.path }
  lu.assertEquals(json.decode(shown.stdout).calls[1].settled, "absent")
end

function tests.test_nothing_to_resume()
  local directory <close> = fs.temporary()
  lu.assertEquals(cli.run { "apply", "--resume", cwd = directory.path }.code, 1)
  fs.write(directory.path .. "/cron.yml", fs.read(source.directory() .. "/playbooks/cron.yml"))
  lu.assertEquals(cli.run { "apply", "cron.yml", cwd = directory.path }.code, 0)
  local again = cli.run { "apply", "--resume", cwd = directory.path }
  lu.assertEquals(again.code, 0)
  lu.assertStrContains(again.stderr, "nothing to resume")
  lu.assertEquals(cli.run { "apply", cwd = directory.path }.code, 64)
end

return tests
