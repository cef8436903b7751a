-- remora plan: shows what would change, and how few calls that takes. Changes nothing.

local exit = require "remora.cli.exit"
local json = require "json"
local lost = require "remora.cli.lost"
local planner = require "remora.reconcile.plan"
local planning = require "remora.cli.planning"
local playbooks = require "remora.cli.playbooks"
local render = require "remora.reconcile.render"
local safety = require "remora.cli.safety"
local saved_plan = require "remora.cli.saved_plan"
local way_back = require "remora.undo.way_back"

local plan = { name = "plan" }

---@param parser table argparse command
function plan.define(parser)
  parser:description("Show what apply would change: per object what is and what will be, what else "
    .. "follows from it, and the calls it takes.")
  playbooks.define(parser)
  safety.define(parser)
  safety.define_selection(parser)
  planning.define(parser)
  parser:option("-o --output", "Write the plan to a file too; remora apply FILE does exactly that, "
    .. "or nothing."):argname("FILE")
  parser:flag("--inverse", "Show the way back too: what remora undo would do after the plan is "
    .. "carried out, and what would not come back.")
  parser:flag("--detailed-exitcode", "Exit with 2 when something would change.")
end

local function as_text(context, planned, made)
  context.out:result(render.text(made, { files = planned.pb.files, style = context.out.style }))
end

local function as_json(context, planned, undone, list)
  local plain = render.plain(planned.plan)
  plain.reads = planned.reader.reads:certificate()
  if undone then plain.inverse = { plan = render.plain(undone), lost = json.array(list) } end
  context.out:result(plain)
end

local function show_whole(context, planned, args)
  local undone, list
  if args.inverse then undone, list = way_back(planned.plan, planned.after()) end
  if args.json then return as_json(context, planned, undone, list) end
  as_text(context, planned, planned.plan)
  context.out:result(context.out.style("dim", render.reads(planned.reader.reads:certificate())))
  if not undone then return end
  as_text(context, planned, undone)
  lost.warn(context.out, list)
end

---Shows a plan, and what forbids carrying it out.
---@param context remora.Context
---@param planned remora.cli.Planned
---@param args {inverse: boolean?, json: boolean?}
function plan.show(context, planned, args)
  show_whole(context, planned, args)
  for _, refusal in ipairs(planned.refusals) do
    context.out:warn("apply would refuse this: %s", refusal.message)
  end
end

---@param context remora.Context
---@param args {playbooks: string[], var: string[]?, vars_file: string[]?, detailed_exitcode:
---  boolean?, output: string?, inverse: boolean?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function plan.run(context, args)
  if args.output then
    local may, taken = saved_plan.may_write(args.output)
    if not may then return nil, taken end
  end
  return planning.with(context, args, function(planned)
    plan.show(context, planned, args)
    if args.output then
      local done, refused = saved_plan.write(args.output, planned, args)
      if not done then return nil, refused end
      context.out:note("to do exactly this: remora apply %s", args.output)
    end
    local pending = args.detailed_exitcode and not planner.empty(planned.plan)
    return pending and exit.pending or exit.done
  end)
end

return plan
