-- Sets: search_set, create_set, find_set_batch.
-- Never touches the modules in them.

local filter = require "remora.platform.filter"
local fleet = require "remora.platform.fleet"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local check_attributes = require "remora.platform.new_attributes"

local refuse = messages.refuse

local MOST_RULES = { AND = 50, OR = 50 } -- other calls count those of an OR only

local handlers = {}

function handlers.search_set(ctx, args)
  if args.condition then args.condition.bk_biz_id = nil end -- that of the path rules
  local test, wrong = filter.search(args, "filter", MOST_RULES)
  if not test then return nil, refuse(1199011, wrong) end
  return listing.page(ctx.store, "set", { bk_biz_id = args.bk_biz_id }, {
    test = test, page = args.page, fields = args.fields, always = "default",
  })
end

function handlers.create_set(ctx, args)
  local store = ctx.store
  local refusal = check_attributes(ctx, args, "bk_set_name")
  if refusal then return nil, refusal end
  if not store:get("biz", args.bk_biz_id) then return nil, refuse(1199006, "bk_biz_id") end
  if args.bk_parent_id ~= nil and args.bk_parent_id ~= args.bk_biz_id then
    return nil, refuse(1199006, "bk_parent_id")
  end
  if args.set_template_id and args.set_template_id ~= 0 then
    return nil, refuse(1199006, "set_template_id") -- there are no set templates here
  end
  local place = { bk_parent_id = args.bk_biz_id, bk_set_name = args.bk_set_name }
  if store:count("set", place) > 0 then return nil, refuse(1199014, "bk_set_name") end
  return fleet.create_set(ctx, args.bk_biz_id, args)
end

function handlers.find_set_batch(ctx, args)
  return listing.batch(ctx, args, "set", "bk_set_id")
end

return handlers
