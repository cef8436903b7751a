-- The sync that makes the instances of a template's modules follow it: when it is needed, and how
-- it is started and waited for. The platform answers a sync at once and works on behind, without a
-- handle; the status list tells how far it is (list_service_template_sync_status).

local beyond = require "remora.kinds.service_templates.beyond"
local builder = require "remora.reconcile.builder"
local fault = require "remora.core.fault"
local json = require "json"
local reach = require "remora.model.reach"
local topology = require "remora.observe.topology"

local sync = { CALL = "cc.sync_service_template_to_service_instance" }

local STAGE, TITLE = 2, "sync"

local BUSY = 1117008 -- some listed module has an unfinished sync already
local UNFINISHED = { new = true, waiting = true, executing = true }
local FIRST_WAIT, LONGEST_WAIT = 0.1, 5 -- seconds between two looks

-- What the instances are about to get, by process.
local function properties(template)
  local by_name = {}
  for _, each in ipairs(template.processes) do by_name[each.name] = each.property end
  return by_name
end

-- The modules of a template that are to be synchronised: those out of line. The way back from a run
-- leaves alone those that were so before it, and that it did not synchronise.
local function due(state, id, left_alone)
  local modules = {}
  for _, module in ipairs(id and topology.following(state, id) or {}) do
    if state.need_sync[module.id] and not left_alone[module.id] then
      modules[#modules + 1] = module
    end
  end
  return modules
end

local function synchronise(pb, state, b, name, modules)
  local id, ids, labels, hosts = state.template_ids[name], json.array {}, json.array {}, 0
  for i, module in ipairs(modules) do
    ids[i], labels[i] = module.id, topology.place(module)
    hosts = hosts + #(state.hosts_of and state.hosts_of[module.id] or {})
  end
  table.sort(labels)
  local template = state.templates[id]
  local told = beyond.told(pb, state, template, modules)
  b:step {
    stage = STAGE, title = TITLE, call = sync.CALL, group = tostring(id), objects = #modules,
    -- A failed one is not tried again for the modules it left over.
    keys = { builder.key(sync.CALL, id) },
    args = { bk_biz_id = state.business.id, service_template_id = id, bk_module_ids = ids },
    changes = { b:change {
      type = "service template", action = "sync", id = id, label = { name },
      at = pb.at(pb.sections.service_templates, name, "key"),
      rests = { processes = properties(template) },
      removes = told.removes, brings = told.brings, protected = told.protected,
      cascades = told.cascades, losses = told.losses,
      fields = { { name = "modules", new = labels }, { name = "hosts", new = hosts } },
    } },
  }
end

---Plans one sync for every declared template that has modules out of line.
---@param pb table
---@param state table
---@param b table builder
---@param on_hold table<string, true> names of templates that may not be synchronised
function sync.plan(pb, state, b, on_hold)
  for name, want in reach.declared("service_templates", pb, state) do
    local modules = due(state, state.template_ids[name], want.left_alone or {})
    if #modules > 0 and not on_hold[name] then synchronise(pb, state, b, name, modules) end
  end
end

local function failed(step, rows)
  local ids = {}
  for i, row in ipairs(rows) do ids[i] = row.bk_inst_id end
  table.sort(ids)
  return fault.new {
    code = "sync.failed", call = step.call,
    message = "the sync failed in module " .. table.concat(ids, ", "),
    hint = "the platform keeps what it had done; its own message is in its task log. Common: a "
      .. "value that the template takes but an instance does not",
  }
end

local function late(run, step)
  return fault.new {
    code = "sync.timeout", call = step.call,
    message = ("the sync was not finished after %g s"):format(run.sync_timeout),
    hint = "the platform goes on with it; apply again later, or raise --sync-timeout",
  }
end

local function interrupted(step)
  return fault.new {
    code = "interrupted", call = step.call,
    message = "stopped waiting for the sync; the platform goes on with it",
  }
end

-- Sleeps longer and longer until the deadline; gives a fault when there is no more time.
local function waiter(run, step)
  local deadline, wait = run:now() + run.sync_timeout, FIRST_WAIT
  return function()
    if run:interrupted() then return interrupted(step) end
    local left = deadline - run:now()
    if left <= 0 then return late(run, step) end
    run:sleep(math.min(wait, left))
    wait = math.min(wait * 2, LONGEST_WAIT)
    return nil
  end
end

local function wait_until_done(run, step, wait)
  while true do
    local rows, refused = run:call("cc.list_service_template_sync_status", step.args)
    if not rows then return nil, refused end
    local busy, bad = false, {}
    for _, row in ipairs(rows) do
      if UNFINISHED[row.status] then busy = true end
      if row.status == "failure" then bad[#bad + 1] = row end
    end
    if not busy then
      if #bad > 0 then return nil, failed(step, bad) end
      return true
    end
    local gone = wait()
    if gone then return nil, gone end
  end
end

---Waits for the end of a sync that may have been started, however it ends: what it left undone is
---planned again.
---@param run table see reconcile/sending.lua
---@param step {call: string, args: table}
---@return boolean? done
---@return table? fault
function sync.settle(run, step)
  local done, refused = wait_until_done(run, step, waiter(run, step))
  if done or refused.code == "sync.failed" then return true end
  return nil, refused
end

---Starts the sync of a step and waits for its end. A module that is being synchronised already is
---waited for, because the platform refuses the whole call then.
---@param run table see reconcile/sending.lua
---@param step remora.reconcile.Step
---@return boolean? done
---@return table? fault
function sync.perform(run, step)
  local wait = waiter(run, step)
  while true do
    local _, refused = run:call(step.call, step.args)
    if not refused then return wait_until_done(run, step, wait) end
    if refused.code ~= BUSY then return nil, refused end
    local gone = wait()
    if gone then return nil, gone end
  end
end

return sync
