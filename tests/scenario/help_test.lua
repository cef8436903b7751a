-- Whoever has only --help to read applies what stands there, breaks a run, goes on and looks back.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local serve = require "tests.support.served"

local tests = {}

local function remora(directory, code, ...)
  local result = directory:run(...)
  lu.assertEquals(result.code, code, table.concat({ ... }, " ") .. "\n" .. result.stderr)
  return result.stdout
end

-- The indented lines behind a title, as whoever copies them gets them.
local function example(help, title)
  local block = ("\n" .. help):match("\n[^\n]*" .. title .. "\n(.-)\n%S")
    or error("there is no " .. title)
  return (block:gsub("\n   ", "\n"):gsub("^   ", "")) .. "\n"
end

function tests.test_the_first_steps()
  local directory <close> = workplace.new()
  directory:write("cron.yml", example(remora(directory, 0, "--help"),
    "Write cron.yml:"))
  local steps = example(remora(directory, 0, "--help"), "Then:")
  local ran = 0
  for line in steps:gmatch "remora ([^\n]-)  " do
    local words = {}
    for word in line:gmatch "%S+" do words[#words + 1] = word end
    remora(directory, 0, table.unpack(words))
    ran = ran + 1
  end
  lu.assertEquals(ran, 5)
end

function tests.test_the_whole_playbook()
  local directory <close> = workplace.new()
  directory:write("all.yml", example(remora(directory, 0, "check", "--help"),
    "A playbook:"))
  lu.assertStrContains(remora(directory, 0, "check", "all.yml"), "ok")
  remora(directory, 0, "apply", "all.yml")
  lu.assertStrContains(remora(directory, 0, "plan", "all.yml"), "nothing to do")
end

function tests.test_a_fleet_and_its_faults()
  local directory <close> = workplace.new()
  local help = remora(directory, 0, "platform", "serve", "--help")
  directory:write("fleet.yml", example(help, "A topology:"))
  directory:write("faults.yml", example(help, "Faults:"))
  local served <close> = serve(directory, { "--topology", "fleet.yml", "--faults", "faults.yml" })
  local hosts = served:call("list_biz_hosts", { bk_biz_id = 1, fields = { "bk_host_innerip" },
    page = { start = 0, limit = 100 } })
  lu.assertEquals(hosts.count, 21)
  lu.assertStrContains(remora(directory, 0, "platform", "fault", "list", "--platform", served.url),
    "update_process_instance  reset_after  nth: 2")
end

return tests
