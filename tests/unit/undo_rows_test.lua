-- What undo says that it does not bring back of bind rows: every update of a templated process
-- rebuilds them, whatever it is for.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local inverse = require "remora.undo.inverse"
local playbook = require "tests.support.playbook"
local undoing = require "tests.support.undoing"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets: { prod: { modules: { web: { service_template: web, hosts: [10.0.0.1] } } } }
]]

local LABEL = "process prod/web/10.0.0.1/main"
local STAY = { label = LABEL, reason = "bind rows of the template that were missing stay",
  left = true }
local LOST = { label = LABEL, reason = "what it had in bind_info, unlike its template, is lost",
  left = true }

-- A column that is free as a whole, which no sync brings to instances.
local function template(rows)
  return "business: demo\nservice_templates:\n  web:\n    processes:\n"
    .. "      main: { bk_func_name: main, bind_info: { as_default_value: false, value: ["
    .. rows .. "] } }\n"
end

local function rule(fields)
  return "business: demo\ninstances: [{ where: { module: web }, processes: { main: { " .. fields
    .. " } } }]\n"
end

local FREE = "{ ip: 0.0.0.0, port: { value: 80, as_default_value: false }, protocol: TCP }"
local LOCKED = "{ ip: 0.0.0.0, port: 80, protocol: TCP }"
local OWN_PORT = rule "bind_info: [{ template_row_id: 1, port: 90 }]"

-- Playbooks that are applied before, and what is lost of what the last one did.
local ROWS = {
  as_their_template = { { template(FREE), OWN_PORT }, "timeout: 5", {} },
  missing = { { template "", template(FREE) }, "timeout: 5", { STAY } },
  missing_and_wanted = { { template "", template(FREE) },
    "bind_info: [{ template_row_id: 1, port: 90 }]", { STAY } },
  gone_and_wanted = { { template(FREE .. ", " .. FREE:gsub("80", "81")), template(FREE) },
    "bind_info: [{ template_row_id: 1, port: 90 }]", {} }, -- whoever asks for it will be told
  gone_from_the_template = { { template(FREE), template "" }, "timeout: 5", { LOST } },
  locked_since = { { template(FREE), OWN_PORT, template(LOCKED) }, "timeout: 5", { LOST } },
}

local tests = {}

for name, row in pairs(ROWS) do
  tests["test_rows_that_were_" .. name] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    for _, text in ipairs(row[1]) do world.converge(platform, text) end
    local pb = playbook.load(rule(row[2]))
    local plan, reader = undoing.plan(platform, pb)
    local _, lost = inverse.of({ name = "undo", business = 1 },
      undoing.carry_out(platform, reader, pb, plan))
    lu.assertEquals(lost, row[3])
  end
end

-- The column is locked, so that a sync brings rows to the instances, and the rule of the same
-- playbook changes them there.
local function both(rows, own)
  return "business: demo\nservice_templates:\n  web:\n    processes:\n"
    .. "      main: { bk_func_name: main, bind_info: [" .. rows .. "] }\n"
    .. (own and "instances: [{ where: { module: web }, processes: { main: { bind_info: ["
      .. own .. "] } } }]\n" or "")
end

local FREE_ON_ANOTHER = FREE:gsub("0%.0%.0%.0", "127.0.0.1")

-- What one run does to the template, and then to the row of the instance as that has left it.
local ONE_RUN = {
  frees_a_cell_and_locks_others_anew = { LOCKED, FREE_ON_ANOTHER,
    "{ template_row_id: 1, port: 90 }" },
  adds_a_row = { LOCKED, LOCKED .. ", " .. FREE:gsub("80", "81"),
    "{ template_row_id: 2, port: 91 }" },
}

local function rows_of(platform)
  local texts = {}
  for i, row in ipairs(world.processes(platform)["prod/web/10.0.0.1/main"].process.bind_info) do
    texts[i] = ("%s:%s"):format(row.ip, row.port)
  end
  return texts
end

-- What the template has taken back by then is none of what the instance has to have again.
for name, row in pairs(ONE_RUN) do
  tests["test_undoing_a_run_that_" .. name] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, both(row[1]))
    local pb = playbook.load(both(row[2], row[3]))
    local plan, reader = undoing.plan(platform, pb)
    local undo = inverse.of({ name = "undo", business = 1 },
      undoing.carry_out(platform, reader, pb, plan))
    lu.assertNotEquals(rows_of(platform), { "0.0.0.0:80" })
    plan, reader = undoing.plan(platform, undo)
    lu.assertEquals(plan.problems, {})
    undoing.carry_out(platform, reader, undo, plan)
    lu.assertEquals(rows_of(platform), { "0.0.0.0:80" })
  end
end

return tests
