-- remora status: processes as the CMDB has them, and what their agents say of them. Changes
-- nothing.

local business = require "remora.cli.business"
local exit = require "remora.cli.exit"
local planning = require "remora.cli.planning"
local safety = require "remora.cli.safety"
local status = require "remora.hosting.status"
local where = require "remora.cli.where"

local command = { name = "status" }

local VERSION = 1 -- of what is printed with --json

---@param parser table argparse command
function command.define(parser)
  parser:description("Show which processes there are, whether their agents keep them, and whether "
    .. "they run. The agents are asked. Without WHERE: all of the business.")
  where.define(parser, "*")
  safety.define_selection(parser)
  planning.define(parser)
end

---@param context remora.Context
---@param args {where: string[], business: string?, via: string?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function command.run(context, args)
  if not args.business then return nil, business.unnamed(context) end
  if #args.where == 0 then args.where = { "module=*" } end
  local pb, refused = where.playbook(args, { name = "status" })
  if not pb then return nil, refused end
  return planning.of(context, args, pb, function(planned)
    local rows = status.rows(pb, planned.after())
    if args.json then
      context.out:result { version = VERSION, platform = planned.platform,
        business = planned.plan.business, processes = rows, tally = status.tally(rows) }
    else
      context.out:result(status.text(rows, context.out.style))
    end
    return exit.done
  end)
end

return command
