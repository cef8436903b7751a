-- remora over the API gateway: all that the configuration platform and GSE offer there works, and
-- what needs a call that is not there is refused before anything is changed.

local lu = require "luaunit"
local serve = require "tests.support.served"
local workplace = require "tests.support.workplace"

local FLEET = [[
businesses:
  demo: { sets: { prod: { modules: { app: { hosts: ["10.0.1.[1-3]"] } } } } }
]]

local PLAYBOOK = [[
business: demo
instances:
  - where: { module: app }
    processes:
      app: { bk_func_name: app, user: root, work_path: /opt/app, pid_file: /run/app.pid,
             start_cmd: ./app, stop_cmd: ./stop, proc_num: 1 }
hosting:
  - { where: { module: app, process: app }, state: hosted, via: %s, type: resident, owner: ann }
]]

local tests = {}

function tests.test_agents_are_reached_over_gse_and_not_over_job()
  local directory <close> = workplace.new { ["topology.yml"] = FLEET }
  local served <close> = serve(directory, { "--topology", "topology.yml" })
  local function run(...)
    return directory:run("--platform", served.url .. "/api/{api_name}/prod", "--route", "gateway",
      ...)
  end
  local missing = "job.manage_proc is needed, and the API gateway does not offer this call\n"
  directory:write("p.yml", PLAYBOOK:format "job")
  local planned = run("plan", "p.yml")
  lu.assertEquals(planned.code, 0)
  lu.assertStrContains(planned.stderr, "warning: apply would refuse this: " .. missing)
  local refused = run("apply", "--yes", "p.yml")
  lu.assertEquals(refused.code, 3)
  lu.assertStrContains(refused.stderr, "error: p.yml:8:5: " .. missing)
  lu.assertEquals(served:call("list_service_instance", { bk_biz_id = 1 }).count, 0)

  directory:write("p.yml", PLAYBOOK:format "gse")
  local applied = run("apply", "--yes", "p.yml")
  lu.assertEquals(applied.code, 0, applied.stdout .. applied.stderr)
  lu.assertStrContains(applied.stdout, "2 calls done, ")
  lu.assertStrContains(run("plan", "p.yml").stdout, "nothing to do")
end

return tests
