-- What of a business rules and declarations reach, with and without a selection.

local fault = require "remora.core.fault"
local lu = require "luaunit"
local reach = require "remora.model.reach"
local scope = require "remora.model.scope"
local selection = require "remora.reconcile.selection"

local PROD, TOOLS = { id = 1, name = "prod" }, { id = 2, name = "tools" }

local function module(id, name, set, template_id)
  return { id = id, name = name, set_id = set.id, set_name = set.name, template_id = template_id }
end

local MODULES = { module(11, "web", PROD, 5), module(12, "db", PROD, 6),
  module(21, "web", TOOLS, 5), module(22, "cron", TOOLS, 0) }

local function state_of(...)
  local targets = { ... }
  return { sets = { PROD, TOOLS }, modules = MODULES, template_ids = { web = 5, db = 6 },
    hosts = { [7] = { id = 7, ip = "10.0.0.7", inner = "10.0.0.7" } },
    selection = selection.new(targets, {}) }
end

local function playbook(sections)
  return { sections = sections, at = function() return nil end }
end

local function ids_of(modules)
  local ids = {}
  for i, each in ipairs(modules) do ids[i] = each.id end
  return ids
end

local tests = {}

function tests.test_modules_of_rules_come_once_and_by_id()
  local rules = { { where = { module = { "cron" } } }, { where = { set = { "prod" } } },
    { where = { module = { "web" } } } }
  local function modules(...) return ids_of(reach.modules(rules, playbook {}, state_of(...))) end
  lu.assertEquals(modules(), { 11, 12, 21, 22 })
  lu.assertEquals(modules("prod/*"), { 11, 12 })
end

function tests.test_followers_are_those_of_declared_templates_and_of_rules()
  local pb = playbook { service_templates = { db = {}, new = {} },
    instances = { { where = { set = { "tools" } } } } }
  lu.assertEquals(ids_of(reach.followers(pb, state_of())), { 12, 21 })
  lu.assertEquals(ids_of(reach.followers(pb, state_of("db"))), { 12 })
end

function tests.test_what_is_declared_comes_in_order_and_as_selected()
  local declared = { web = { 1 }, db = { 2 }, app = { 3 } }
  local function walk(pb, ...)
    local list = {}
    for name, want in reach.declared("service_templates", pb, state_of(...)) do
      list[#list + 1] = name .. want[1]
    end
    return list
  end
  local pb = playbook { service_templates = declared }
  lu.assertEquals(walk(pb), { "app3", "db2", "web1" })
  lu.assertEquals(walk(pb, "web/nginx", "app"), { "app3", "web1" })
  lu.assertEquals(walk(playbook {}), {})
end

function tests.test_only_a_declared_template_can_be_left_out()
  local pb = playbook { service_templates = { web = {} } }
  lu.assertStrContains(reach.left_out("web", pb, state_of("db")), "--target web")
  lu.assertNil(reach.left_out("web", pb, state_of("web")))
  lu.assertNil(reach.left_out("web", pb, state_of()))
  lu.assertNil(reach.left_out("db", pb, state_of("web")))
  lu.assertNil(reach.left_out("web", playbook {}, state_of("db")))
end

-- Modules and hosts that are not there are told of together, and make it incomplete; so does a
-- selection, behind which there may be more.
function tests.test_a_rule_is_complete_when_all_that_it_names_was_looked_at()
  local function resolve(where, ...)
    return reach.resolve(scope.new({ { where = where } }, state_of(...), fault.nowhere), where)
  end
  local where = { module = { "web" }, hosts = { "10.0.0.7" } }
  local found, problems = resolve(where)
  lu.assertEquals(found.modules, { [11] = true, [21] = true })
  lu.assertEquals(found.hosts, { [7] = true })
  lu.assertTrue(found.complete)
  lu.assertEquals(problems, {})
  lu.assertFalse((resolve(where, "prod/*")).complete)
  found, problems = resolve { module = { "nope" }, hosts = { "10.0.0.8" } }
  lu.assertFalse(found.complete)
  lu.assertEquals(#problems, 2)
end

-- Of a rule: the hosts, labelled instances and names that it is for, of an instance its host, id
-- and name.
function tests.test_a_rule_speaks_of_an_instance_that_is_all_it_asks_for()
  local rows = {
    { {}, true }, { { hosts = { [7] = true } }, true }, { { hosts = { [8] = true } }, false },
    { { labelled = { [1] = true } }, true }, { { labelled = {} }, false },
    { { accepts = function(its) return its.name == "a" end }, true },
    { { accepts = function(its) return its.name == "b" end }, false },
    { { hosts = { [7] = true }, labelled = {}, accepts = function() return true end }, false },
  }
  for i, row in ipairs(rows) do
    lu.assertEquals(reach.speaks_of(row[1], { host_id = 7, id = 1, name = "a" }), row[2], i)
  end
end

return tests
