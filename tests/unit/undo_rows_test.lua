-- What undo says that it does not bring back of bind rows: every update of a templated process
-- rebuilds them, whatever it is for.

local luaunit = require "luaunit"
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
    luaunit.assertEquals(lost, row[3])
  end
end

return tests
