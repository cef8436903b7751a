-- Plans and applies playbook texts on a platform of tests.support.fleet, and finds what is stored.
-- Owns no expectation.

local applying = require "remora.reconcile.apply"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local kinds = require "remora.kinds"
local out = require "remora.core.out"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local system = require "system"

local world = {}

local function loaded(text)
  local pb, refused = playbook.load(text)
  assert(pb, refused and fault.render(refused))
  return pb
end

local function plan_of(platform, pb, reader, selection)
  local state, refused =
    current.read(reader or platform:reader(), pb, kinds.of(pb), selection)
  if not state then return nil, refused end
  return (planner.make(pb, state, kinds.of(pb), { platform = "test", selection = selection }))
end

---Plans a playbook.
---@param platform table tests.support.fleet
---@param text string YAML
---@return table plan its problems are the test's affair
function world.plan(platform, text)
  local plan, refused = plan_of(platform, loaded(text))
  assert(plan, refused and fault.render(refused))
  return plan
end

---The steps of a plan, each as "stage call objects".
---@param plan table
---@return string[]
function world.steps(plan)
  local steps = {}
  for i, step in ipairs(plan.steps) do
    steps[i] = ("%d %s %d"):format(step.stage, step.call:gsub("^cc%.", ""), step.objects)
  end
  return steps
end

---The problems of a plan or of a failed read, each as "line message".
---@param platform table
---@param text string
---@return string[]
function world.problems(platform, text)
  local plan, refused = plan_of(platform, loaded(text))
  local problems = {}
  for i, each in ipairs(plan and plan.problems or refused.faults or { refused }) do
    problems[i] = ("%s %s"):format(each.at and each.at.line or "-", each.message)
  end
  return problems
end

---Plans and carries out a playbook.
---@param platform table
---@param text string
---@param options table|nil over those of remora.reconcile.apply
---@return table result remora.reconcile.Applied
function world.apply(platform, text, options)
  local pb, reader = loaded(text), options and options.reader or platform:reader()
  local plan, refused = plan_of(platform, pb, reader, options and options.selection)
  assert(plan, refused and fault.render(refused))
  assert(#plan.problems == 0, plan.problems[1] and fault.render(plan.problems[1]))
  local settings = {
    pb = pb, kinds = kinds.of(pb), reader = reader, client = platform,
    registry = platform.registry, loop = platform.loop, out = out.new { quiet = true },
    parallelism = 4, sync_timeout = 5, platform = "test", clock = system.monotonic,
  }
  for name, value in pairs(options or {}) do settings[name] = value end
  return applying.new(settings):carry_out(plan)
end

---Carries out a playbook that must leave nothing to do.
---@param platform table
---@param text string
function world.converge(platform, text)
  local result = world.apply(platform, text)
  local failure = result.failures[1]
  assert(not failure, failure and fault.render(failure.fault))
  assert(not result.fault, result.fault and fault.render(result.fault))
  assert(#result.left == 0 and #result.stuck == 0 and #result.problems == 0)
  assert(#world.plan(platform, text).steps == 0, "the next plan is not empty")
end

---What the name of a category means, given as a leaf or as parent/child.
---@param platform table
---@return fun(name: string): integer id
function world.category(platform)
  local list = platform:must("cc.list_service_category", { bk_biz_id = 1 }).info
  return function(name)
    local parent, leaf = name:match("^(.*)/([^/]*)$")
    for _, row in ipairs(list) do
      local above = parent and platform.store:get("category", row.bk_parent_id)
      if row.name == (leaf or name) and row.bk_parent_id ~= 0
        and (not parent or above.name == parent) then
        return row.id
      end
    end
    error("no category " .. name)
  end
end

---Every process of the business with what it belongs to.
---@param platform table
---@return table[] rows of list_process_related_info
function world.rows(platform)
  return platform:must("cc.list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 1000 } }).info
end

---Where a process is: "set/module/ip/name".
---@param row table of world.rows
---@return string
function world.label(row)
  return ("%s/%s/%s/%s"):format(row.set.bk_set_name, row.module.bk_module_name,
    row.host.bk_host_innerip, row.process.bk_process_name)
end

---The same by label.
---@param platform table
---@return table<string, table> rows
function world.processes(platform)
  local by_label = {}
  for _, row in ipairs(world.rows(platform)) do by_label[world.label(row)] = row end
  return by_label
end

return world
