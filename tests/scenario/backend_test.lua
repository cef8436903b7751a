-- What remora does better where it talks to the backend itself.

local calls_of = require "tests.support.planned"
local json = require "json"
local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local serve = require "tests.support.served"

local FLEET = [[
businesses:
  demo:
    sets:
      prod:
        modules:
          app: { hosts: ["10.0.1.[1-150]"] }
          job: { hosts: ["10.0.2.[1-20]"] }
]]

local PLAYBOOK = [[
playbook: fleet
business: demo
instances:
  - where: { module: app }
    processes: { app: { bk_func_name: app, user: %s, description: kept } }
  - where: { module: job }
    processes: { job: { bk_func_name: job, user: %s } }
]]

local tests = {}

local function run(directory, served, route, ...)
  return directory:run("--platform", served.url, "--route", route, ...)
end

local function playbook(directory, ...)
  directory:write("fleet.yml", PLAYBOOK:format(...))
end

local function planned(directory, served, route)
  return calls_of(run(directory, served, route, "plan", "--json", "fleet.yml"))
end

-- The values of a field of the processes of a module, each once.
local function values(served, name, field)
  local seen, found = {}, {}
  local rows = served:call("list_process_related_info", { bk_biz_id = 1,
    page = { start = 0, limit = 500 } }).info
  for _, row in ipairs(rows) do
    local value = row.process[field]
    if row.process.bk_process_name == name and not seen[value] then
      seen[value], found[#found + 1] = true, value
    end
  end
  return found
end

-- 150 processes with one change and 20 with another: 170 of any are two calls, and so are one for
-- the first change and one for the second; 250 times one change are one call instead of three.
function tests.test_the_same_change_of_many_processes_is_one_call_of_the_backend()
  local directory <close> = workplace.new { ["topology.yml"] = FLEET }
  local served <close> = serve(directory, { "--topology", "topology.yml" })
  playbook(directory, "root", "root")
  lu.assertEquals(run(directory, served, "backend", "apply", "--yes", "fleet.yml").code, 0)

  playbook(directory, "app", "root")
  lu.assertEquals(planned(directory, served, "esb"),
    { "cc.update_process_instance 100", "cc.update_process_instance 50" })
  lu.assertEquals(planned(directory, served, "backend"),
    { "cc.update_process_instances_by_ids 150" })
  local result = run(directory, served, "backend", "apply", "--yes", "fleet.yml")
  lu.assertEquals(result.code, 0, result.stdout .. result.stderr)
  lu.assertStrContains(result.stdout, "1 call")
  lu.assertEquals(planned(directory, served, "esb"), {})
  lu.assertEquals({ values(served, "app", "user"), values(served, "app", "description") },
    { { "app" }, { "kept" } })

  result = run(directory, served, "backend", "undo", "--yes", "last")
  lu.assertEquals(result.code, 0, result.stdout .. result.stderr)
  lu.assertEquals(values(served, "app", "user"), { "root" })

  playbook(directory, "app", "job")
  lu.assertEquals(#planned(directory, served, "backend"), 2)
end

-- As any batch it is sent again in halves.
function tests.test_a_refused_call_is_taken_apart()
  local directory <close> = workplace.new { ["topology.yml"] = FLEET }
  local served <close> = serve(directory, { "--topology", "topology.yml" })
  playbook(directory, "root", "root")
  lu.assertEquals(run(directory, served, "backend", "apply", "--yes", "fleet.yml").code, 0)
  directory:expect(0, "platform", "fault", "add", "--platform",
    served.url, "{call: update_process_instances_by_ids, nth: 1, action: refuse, code: 1199006}")
  playbook(directory, "app", "root")
  local result = run(directory, served, "backend", "apply", "--yes", "fleet.yml")
  lu.assertEquals(result.code, 0, result.stdout .. result.stderr)
  lu.assertStrContains(result.stdout, "2 calls")
  lu.assertEquals(values(served, "app", "user"), { "app" })
end

-- The one process that would be left to update_process_instance is the one that was refused.
function tests.test_what_is_refused_alone_is_not_sent_in_another_way()
  local directory <close> = workplace.new { ["topology.yml"] = FLEET }
  local served <close> = serve(directory, { "--topology", "topology.yml" })
  playbook(directory, "root", "root")
  lu.assertEquals(run(directory, served, "backend", "apply", "--yes", "fleet.yml").code, 0)
  directory:expect(0, "platform", "fault", "add", "--platform", served.url,
    "{call: update_process_instances_by_ids, nth: [1, 2, 3, 4, 5, 6, 7, 8], action: refuse, "
    .. "code: 1199006}", "{call: update_process_instance, action: refuse, code: 1199006}")
  playbook(directory, "app", "root")
  local result = run(directory, served, "backend", "apply", "--yes", "--json", "fleet.yml")
  lu.assertEquals(result.code, 4, result.stdout .. result.stderr)
  local failures = json.decode(result.stdout:match("[^\n]*\n$")).failures
  lu.assertEquals({ #failures, #failures[1].labels }, { 1, 1 })
end

return tests
