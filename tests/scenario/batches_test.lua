-- A change of as many objects as one call of the platform takes is one call, of one object more it
-- is two: through the command line, counted by the platform.

local json = require "json"
local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local serve = require "tests.support.served"

-- One module with so many hosts, another with one, and a template that no module follows.
local FLEET = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          many: { hosts: [%s] }
          one: { hosts: [10.9.0.1] }
]]

-- Ranges of addresses that are n together.
local function hosts(n)
  local ranges = {}
  for first = 0, n - 1, 250 do
    ranges[#ranges + 1] = ('"10.0.%d.[1-%d]"'):format(first // 250, math.min(250, n - first))
  end
  return table.concat(ranges, ", ")
end

-- So many processes, as members of a map.
local function processes(n)
  local list = {}
  for i = 1, n do
    list[i] = ("p%d: { bk_func_name: app, bk_start_param_regex: r%d }"):format(i, i)
  end
  return table.concat(list, ", ")
end

local function on_many(user)
  return "instances: [{ where: { module: many }, processes: { app: { bk_func_name: app, user: "
    .. user .. " } } }]\n"
end

local function on_one(n)
  return "instances: [{ where: { module: one }, prune: true, processes: { keep: { "
    .. "bk_func_name: keep }, " .. processes(n) .. " } }]\n"
end

local function template(n)
  return "service_templates: { web: { prune: true, processes: { keep: { bk_func_name: keep }, "
    .. processes(n) .. " } } }\n"
end

-- The call, what one of it takes by the documents, what gives the playbook before and after a
-- change of n objects, and the route where the bus does not have the call.
local ROWS = {
  { "create_service_instance", 100, function() return "", on_many "root" end },
  { "update_process_instance", 100, function() return on_many "root", on_many "app" end },
  { "update_process_instance*", 1000, -- update_process_instances_by_ids, what is left as it suits
    function() return on_many "root", on_many "app" end, "backend" },
  { "create_process_instance", 100, function(n) return on_one(0), on_one(n) end },
  { "delete_process_instance", 500, function(n) return on_one(n), on_one(0) end },
  { "batch_create_proc_template", 100, function(n) return template(0), template(n) end },
  { "delete_proc_template", 500, function(n) return template(n), template(0) end },
}

-- How often the platform has seen the call that its one rule is about.
local function seen(directory, served)
  local listed = directory:expect(0, "platform", "fault", "list", "--json",
    "--platform", served.url)
  return json.decode(listed.stdout).rules[1].seen
end

-- The calls that a change of n objects takes.
local function counted(call, n, playbooks, route)
  local directory <close> = workplace.new()
  directory:write("fleet.yml", FLEET:format(hosts(n)))
  directory:write("count.yml",
    ('rules: [{ call: "%s", action: delay, seconds: 0 }]\n'):format(call))
  local served <close> = serve(directory, { "--topology", "fleet.yml", "--faults", "count.yml" })
  local function apply(text)
    directory:write("p.yml", "business: demo\n" .. text)
    directory:expect(0, "apply", "--quiet", "--force", "p.yml",
      "--platform", served.url, "--route", route)
    return seen(directory, served)
  end
  local before, after = playbooks(n)
  local first = apply(before)
  return apply(after) - first
end

local tests = {}

for _, row in ipairs(ROWS) do
  local call, limit, playbooks, route = row[1], row[2], row[3], row[4] or "esb"
  tests["test_" .. call] = function()
    lu.assertEquals({ counted(call, limit, playbooks, route),
      counted(call, limit + 1, playbooks, route) }, { 1, 2 })
  end
end

return tests
