-- What rules say of the bind rows of templated processes, which every update rebuilds from their
-- template.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod: { modules: { web: { service_template: web, hosts: ["10.0.0.[1-2]"] } } }
]]

-- The template of nginx.
local function template(fields)
  return "business: demo\nservice_templates:\n  web:\n    processes:\n"
    .. "      nginx: { bk_func_name: nginx, " .. fields .. " }\n"
end

local function locked(rows) return template("bind_info: [" .. rows .. "]") end

-- The platform does not compare rows of a column that is free as a whole: as far as these go it
-- asks for no sync, and nobody brings the instances in line.
local function column(rows)
  return "bind_info: { as_default_value: false, value: [" .. rows .. "] }"
end

local function free(rows) return template(column(rows)) end

-- A rule for nginx, alone or below its template.
local function rule(fields)
  return "instances:\n  - { where: { module: web }, processes: { nginx: { " .. fields .. " } } }\n"
end

local function alone(fields) return "business: demo\n" .. rule(fields) end
local function rows(list) return rule("bind_info: [" .. list .. "]") end

local FREE_PORT = "{ ip: 0.0.0.0, port: { value: 80, as_default_value: false }, protocol: TCP }"
local LOCKED = "{ ip: 127.0.0.1, port: 81, protocol: TCP }"

-- What the first nginx listens on, as texts.
local function listening(platform)
  local list = {}
  for i, row in ipairs(world.processes(platform)["prod/web/10.0.0.1/nginx"].process.bind_info) do
    list[i] = ("%d %s %s"):format(row.template_row_id, row.ip, row.port)
  end
  return list
end

-- The writing calls that a playbook takes to converge.
local function writes(platform, text)
  platform:count_anew()
  world.converge(platform, text)
  return platform:writes()
end

local ONE_UPDATE = { ["cc.update_process_instance"] = 1 }

local tests = {}

function tests.test_cells_are_routed_like_fields()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, locked(FREE_PORT .. ", " .. LOCKED))
  local one = "{ template_row_id: 1, port: 8081 }"
  lu.assertEquals(world.steps(world.plan(platform, "business: demo\n" .. rows(one))),
    { "1 update_process_instance 2" })
  world.converge(platform, "business: demo\n" .. rows(one))
  lu.assertEquals(
    world.problems(platform, "business: demo\n" .. rows "{ template_row_id: 2, port: 8082 }"),
    { "3 bind_info[2].port of nginx is locked by the service template web" })
  lu.assertEquals(world.problems(platform, "business: demo\n"
    .. rows(one .. ", { template_row_id: 2 }, { ip: 1.1.1.1, port: 1, protocol: TCP }")),
    { "3 nginx cannot have the bind row 1.1.1.1:1 TCP: its template web gives it no such row" })
end

function tests.test_a_row_that_the_template_has_no_more_is_refused()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, free(FREE_PORT))
  world.converge(platform, free "")
  lu.assertEquals(listening(platform), { "1 0.0.0.0 80" })
  lu.assertEquals(
    world.problems(platform, free "" .. rows "{ template_row_id: 1, port: 81 }"),
    { "7 nginx cannot have the bind row with template_row_id 1: "
      .. "its template web gives it no such row" })
end

-- It is as wanted until something else is changed.
function tests.test_a_row_that_goes_with_an_update_may_not_be_wanted()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, free(FREE_PORT))
  world.converge(platform, free "")
  local wanted = "bind_info: [{ port: 80, protocol: TCP }]"
  lu.assertEquals(world.steps(world.plan(platform, free "" .. rule(wanted))), {})
  lu.assertEquals(
    world.problems(platform, free "" .. rule("timeout: 5, " .. wanted)),
    { "7 nginx cannot have the bind row *:80 TCP: its template web gives it no such row" })
end

function tests.test_a_locked_cell_may_be_wanted_as_the_template_has_it()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, free(FREE_PORT) .. rows "{ template_row_id: 1, port: 90 }")
  local fixed = free "{ ip: 0.0.0.0, port: 80, protocol: TCP }"
  world.converge(platform, fixed)
  lu.assertEquals(listening(platform), { "1 0.0.0.0 90" })
  lu.assertStrContains(
    world.problems(platform, fixed .. rows "{ template_row_id: 1, port: 81 }")[1],
    "7 bind_info[1].port of nginx is locked by the service template web")
  lu.assertEquals(writes(platform, fixed .. rows "{ template_row_id: 1, port: 80 }"),
    ONE_UPDATE)
  lu.assertEquals(listening(platform), { "1 0.0.0.0 80" })
end

-- Changed by hand, and declared nowhere, so that no sync brings it.
function tests.test_a_row_comes_with_an_update_to_a_module_out_of_line()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, locked(FREE_PORT))
  local its = platform.store:first("proc_template", {})
  local column_now = its.property.bind_info
  local more = { ip = { value = "1", as_default_value = true },
    port = { value = "81", as_default_value = true },
    protocol = { value = "1", as_default_value = true },
    enable = { value = true, as_default_value = true } }
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = its.id,
    process_property = { bind_info = { as_default_value = true,
      value = { column_now.value[1], more } } } })
  lu.assertEquals(writes(platform, alone "bind_info: [{ template_row_id: 2, port: 81 }]"),
    ONE_UPDATE)
  lu.assertEquals(listening(platform), { "1 0.0.0.0 80", "2 127.0.0.1 81" })
end

local CHANGED = { ["cc.update_proc_template"] = 1, ["cc.update_process_instance"] = 1 }

function tests.test_rows_that_no_sync_brings_come_with_the_update_of_their_cells()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, template "user: root")
  local text = free(FREE_PORT .. ", " .. LOCKED) .. rows "{ template_row_id: 1, port: 90 }"
  lu.assertEquals(world.steps(world.plan(platform, text)),
    { "1 update_proc_template 1", "2 update_process_instance 2" })
  lu.assertEquals(writes(platform, text), CHANGED)
  lu.assertEquals(listening(platform), { "1 0.0.0.0 90", "2 127.0.0.1 81" })
end

-- Locked from now on, what is unset may need a sync, which would bring the rows; where instances
-- have it unset as well, the platform does not ask for one.
function tests.test_rows_come_where_a_sync_turns_out_not_to_be_needed()
  local text = template("auto_start: null, " .. column(FREE_PORT .. ", " .. LOCKED))
  for _, wanted in ipairs { "{ template_row_id: 2 }",
    "{ template_row_id: 1 }, { port: 81, protocol: TCP }" } do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, template "user: root")
    local steps = world.steps(world.plan(platform, text .. rows(wanted)))
    lu.assertEquals(steps[2], "2 sync_service_template_to_service_instance 1", wanted)
    lu.assertEquals(writes(platform, text .. rows(wanted)), CHANGED, wanted)
    lu.assertEquals(listening(platform), { "1 0.0.0.0 80", "2 127.0.0.1 81" }, wanted)
  end
end

-- Whoever sends a row sends all its free cells, and an address of the host is known when it is
-- there.
function tests.test_a_row_with_an_address_of_its_host_comes_before_its_cells_change()
  local own = "{ ip: { value: first_inner, as_default_value: false }, "
    .. "port: { value: 80, as_default_value: false }, protocol: TCP }"
  for wanted, expected in pairs {
    ["{ template_row_id: 1, port: 90 }"] = { 2, "1 10.0.0.1 90" },
    ["{ template_row_id: 1, port: 80 }"] = { 1, "1 10.0.0.1 80" },
    ["{ template_row_id: 1, ip: 1.1.1.1, port: 90 }"] = { 1, "1 1.1.1.1 90" },
  } do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, template "user: root")
    world.converge(platform, free(own))
    local plan = world.plan(platform, free(own) .. rows(wanted))
    lu.assertEquals(#plan.steps, expected[1], wanted)
    lu.assertEquals(writes(platform, free(own) .. rows(wanted)),
      { ["cc.update_process_instance"] = expected[1] }, wanted)
    lu.assertEquals(listening(platform), { expected[2] }, wanted)
  end
end

return tests
