-- Whatever read the platform refuses, reading ends with that refusal: nothing is planned from half
-- of what is there.

local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local kinds = require "remora.kinds"
local lu = require "luaunit"
local playbook = require "tests.support.playbook"
local pull = require "remora.pull"
local fleet = require "tests.support.fleet"
local world = require "tests.support.world"

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
hosting:
  - { where: { module: cron, labels: { role: db } }, state: hosted, owner: ops }
]]

-- What is there: a process on one of two hosts, which was handed to the agents from here.
local HOSTED = [[
playbook: test
business: demo
instances:
  - where: { module: cron, hosts: [10.0.3.1] }
    processes:
      crond: { bk_func_name: crond, user: root, work_path: /opt, pid_file: /run/c, start_cmd: ./c }
hosting:
  - { where: { module: cron }, state: hosted, owner: ops }
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

-- Reads, with one call refused, by its number; gives the fault of the reading and the calls that
-- were made.
local function read(how, refused)
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, HOSTED)
  local calls = {}
  platform.before_call = function(name)
    calls[#calls + 1] = name
    return #calls == refused and fault.new { code = 1199048, call = name, message = "no" } or nil
  end
  local found, failure = how(platform:reader())
  return not found and failure or nil, calls
end

local function check(how)
  local failure, calls = read(how)
  lu.assertNil(failure)
  lu.assertTrue(#calls > 5)
  for i, name in ipairs(calls) do
    failure = read(how, i)
    lu.assertEquals(failure and failure.code, 1199048, ("call %d, %s"):format(i, name))
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
