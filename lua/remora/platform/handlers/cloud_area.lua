-- Cloud areas: search_cloud_area.
-- Areas come from the topology file; there is no call to make one here.

local filter = require "remora.platform.filter"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"

local refuse = messages.refuse

local MOST_ROWS = 1000

local handlers = {}

-- With is_fuzzy a text matches any part of the value.
local function condition_of(args)
  local exact, tests = {}, {}
  for field, value in pairs(args.condition or {}) do
    if args.is_fuzzy and type(value) == "string" then
      tests[#tests + 1] = filter.part(field, value, true)
    else
      exact[field] = value
    end
  end
  local test = filter.condition(exact)
  return test and filter.all { test, table.unpack(tests) }
end

function handlers.search_cloud_area(ctx, args)
  local page = args.page or {}
  local limit = page.limit or 0
  if limit == 0 then limit = MOST_ROWS end
  if limit < 0 or limit > MOST_ROWS then return nil, refuse(1199006, "page.limit") end
  if (page.start or 0) < 0 then return nil, refuse(1199006, "page.start") end
  local condition = condition_of(args)
  if not condition then return nil, refuse(1199006, "condition") end
  return listing.page(ctx.store, "cloud", {}, {
    test = condition, fields = args.fields,
    page = { start = page.start, limit = limit, sort = page.sort or "-create_time" },
  })
end

return handlers
