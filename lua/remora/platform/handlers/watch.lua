-- resource_watch: the events of one kind of thing, after a cursor, since a time, or the newest.
-- Owns its checks and how long it waits; the events themselves are remora.platform.events'.

local json = require "json"
local cursor = require "remora.platform.cursor"
local events = require "remora.platform.events"
local listing = require "remora.platform.listing"
local messages = require "remora.platform.messages"
local pause = require "remora.platform.pause"

local CURSOR_UNKNOWN, INVALID = 1103007, 1199998
local MOST_EVENTS = 200
local LONGEST, BETWEEN = 20, 0.25 -- seconds: a call in all, from one look to the next
local INVALID_AFTER = 0.5         -- seconds before what cannot be right is refused

local KINDS = { create = "insert", update = "update", delete = "delete" }
local NAMES = { insert = "create", update = "update", delete = "delete" }

local NEEDS_FIELDS = { host = true, biz = true, set = true, module = true }
local HAS_PARTS = {
  object_instance = true, mainline_instance = true, inst_asst = true, kube_workload = true,
}

local function invalid(...)
  return messages.refuse_text(INVALID, (...):format(select(2, ...)))
end

local function cursor_flaw(args)
  if args.bk_cursor == cursor.NONE then return nil end
  local place = cursor.read(args.bk_cursor)
  if not place then return invalid("bk_cursor is no cursor") end
  if place.number ~= cursor.RESOURCES[args.bk_resource] then
    return invalid("bk_cursor belongs to another resource than %s", args.bk_resource)
  end
  return nil
end

local function flaw(ctx, args)
  local resource, from = args.bk_resource, args.bk_start_from or 0
  if not cursor.RESOURCES[resource] then return invalid("%s cannot be watched", resource or "") end
  for _, name in ipairs(args.bk_event_types or {}) do
    if not KINDS[name] then return invalid("there is no event type %s", name) end
  end
  if NEEDS_FIELDS[resource] and #(args.bk_fields or {}) == 0 then
    return invalid("bk_fields is needed to watch %s", resource)
  end
  local part = (args.bk_filter or {}).bk_sub_resource or ""
  if part ~= "" and not HAS_PARTS[resource] then
    return invalid("%s has no bk_sub_resource", resource)
  end
  if (args.bk_cursor or "") ~= "" then
    if from ~= 0 then return invalid("bk_cursor and bk_start_from exclude each other") end
    return cursor_flaw(args)
  end
  if from ~= 0 and (from > ctx.time or from < ctx.time - events.KEPT) then
    return messages.refuse(1199006, "bk_start_from")
  end
  return nil
end

-- The events that are asked for, and the last one that was looked at.
local function wanted(list, args)
  local kinds, shown = {}, json.array {}
  for _, name in ipairs(args.bk_event_types or {}) do kinds[KINDS[name]] = true end
  for _, event in ipairs(list) do
    if next(kinds) == nil or kinds[event.kind] then
      shown[#shown + 1] = {
        bk_cursor = cursor.of(event), bk_resource = event.resource,
        bk_event_type = NAMES[event.kind], bk_detail = listing.project(event.doc, args.bk_fields),
      }
    end
  end
  return shown, list[#list]
end

-- The answer without an event holds the cursor to go on with.
local function nothing(args, last)
  return { bk_watched = false, bk_events = json.array { {
    bk_cursor = last or cursor.NONE, bk_resource = args.bk_resource, bk_event_type = "",
    bk_detail = json.null,
  } } }
end

local function answer(shown, args, last)
  if #shown == 0 then return nothing(args, last) end
  return { bk_watched = true, bk_events = shown }
end

-- Every look goes on where the one before ended: what is not asked for is passed over once.
local function watch_cursor(ctx, args)
  local resource = args.bk_resource
  local place = ctx.seen
  if not place then
    local start = args.bk_cursor == cursor.NONE and 0 or cursor.read(args.bk_cursor).id
    if start ~= 0 and not events.has(ctx.store, resource, start) then
      return nil, messages.refuse(CURSOR_UNKNOWN)
    end
    place = { id = start, cursor = args.bk_cursor }
  end
  local list
  repeat
    list = events.after(ctx.store, resource, place.id, MOST_EVENTS)
    local shown, last = wanted(list, args)
    if last then place = { id = last.id, cursor = cursor.of(last) } end
    if #shown > 0 then return answer(shown, args) end
  until #list < MOST_EVENTS
  ctx.seen = place
  if ctx.waited < LONGEST then return pause.new(BETWEEN) end
  return nothing(args, place.cursor)
end

local function watch_since(ctx, args)
  local start = events.before(ctx.store, args.bk_start_from)
  local shown, last = wanted(events.after(ctx.store, args.bk_resource, start, MOST_EVENTS), args)
  last = last or events.last(ctx.store, args.bk_resource)
  return answer(shown, args, last and cursor.of(last))
end

local function watch_newest(ctx, args)
  local last = events.last(ctx.store, args.bk_resource)
  return answer(wanted({ last }, args), args, last and cursor.of(last))
end

local handlers = {}

function handlers.resource_watch(ctx, args)
  local refusal = flaw(ctx, args)
  if refusal then
    if ctx.waited < INVALID_AFTER then return pause.new(INVALID_AFTER) end
    return nil, refusal
  end
  if (args.bk_cursor or "") ~= "" then return watch_cursor(ctx, args) end
  if (args.bk_start_from or 0) ~= 0 then return watch_since(ctx, args) end
  return watch_newest(ctx, args)
end

return handlers
