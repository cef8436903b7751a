-- What plan and apply share: playbooks and platform in, a plan out. Owns the way there;
-- prints nothing but progress and sends nothing that changes the platform.

local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local kinds = require "remora.kinds"
local planner = require "remora.reconcile.plan"
local playbooks = require "remora.cli.playbooks"
local reader = require "remora.reconcile.reader"

local planning = {}

---@class remora.cli.Planned
---@field pb table
---@field kinds table[]
---@field client table
---@field reader table
---@field platform string how the platform is called in output
---@field embedded boolean
---@field plan remora.reconcile.Plan

---Loads the playbooks, reads the platform and plans. Inside the context's loop.
---@param context remora.Context
---@param pb table
---@return remora.cli.Planned?
---@return table? fault unreachable platform, or all problems of the plan
function planning.make(context, pb)
  local target, refused = context:target()
  if not target then return nil, refused end
  local client
  client, refused = context:client()
  if not client then return nil, refused end
  local embedded = context.running ~= nil
  local planned = {
    pb = pb, kinds = kinds.of(pb), client = client, embedded = embedded,
    -- The port of the embedded platform differs in every run and tells nobody anything.
    platform = embedded and "the embedded platform" or target.url,
    reader = reader.new { client = client, loop = context:loop(), out = context.out,
      width = context.parallelism },
  }
  local state
  state, refused = current.read(planned.reader, pb, planned.kinds)
  if not state then return nil, refused end
  planned.plan = planner.make(pb, state, planned.kinds, { platform = planned.platform })
  if #planned.plan.problems > 0 then return nil, fault.list(planned.plan.problems) end
  return planned
end

---Loads playbooks, then runs a function with the plan inside the context's loop.
---@param context remora.Context
---@param args table
---@param body fun(planned: remora.cli.Planned): integer?, table?
---@return integer? exit code
---@return table? fault
function planning.with(context, args, body)
  local pb, refused = playbooks.load(args)
  if not pb then return nil, refused end
  return context:run(function()
    local planned, failed = planning.make(context, pb)
    if not planned then return nil, failed end
    return body(planned)
  end)
end

return planning
