-- Whatever read the platform refuses, reading ends with that refusal: nothing is planned from half
-- of what is there.

local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local kinds = require "remora.kinds"
local luaunit = require "luaunit"
local order = require "remora.core.order"
local playbook = require "tests.support.playbook"
local pull = require "remora.pull"
local fleet = require "tests.support.fleet"

local PLAYBOOK = [[
playbook: test
business: demo
service_templates:
  web: { category: Default/Default, processes: { nginx: { bk_func_name: nginx } } }
instances:
  - where: { module: cron, hosts: [10.0.3.1] }
    processes: { crond: { bk_func_name: crond } }
  - where: { module: app, labels: { role: db } }
    processes: {}
]]

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {}, app: {} }
    sets:
      one:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[1-3]"] }
          app: { service_template: app, hosts: ["10.0.2.[1-2]"] }
          cron: { hosts: ["10.0.3.[1-2]"] }
]]

-- Reads, with one call refused; gives the fault of the reading and the calls that were made.
local function read(how, refused)
  local platform <close> = fleet.new(TOPOLOGY)
  local calls = {}
  platform.before_call = function(name)
    calls[name] = true
    return name == refused and fault.new { code = 1199048, call = name, message = "no" } or nil
  end
  local found, failure = how(platform:reader())
  return not found and failure or nil, order.keys(calls)
end

local function check(how)
  local failure, calls = read(how)
  luaunit.assertNil(failure)
  luaunit.assertTrue(#calls > 5)
  for _, name in ipairs(calls) do
    failure = read(how, name)
    luaunit.assertEquals(failure and failure.code, 1199048, name)
  end
end

local tests = {}

function tests.test_planning_reads_everything_or_says_why_not()
  local pb = playbook.load(PLAYBOOK)
  check(function(reader) return current.read(reader, pb, kinds.of(pb)) end)
end

function tests.test_pulling_too()
  check(function(reader) return pull.read(reader, { business = "demo" }) end)
end

return tests
