-- Fields and totals of list calls: what the callers' `page` and `fields` members mean, applied to
-- documents of the store. It knows no collection by name.

local json = require "json"
local filter = require "remora.platform.filter"
local messages = require "remora.platform.messages"
local paging = require "remora.platform.paging"
local part = require "remora.core.part"

local listing = {}

local MOST_IDS = 500 -- of one batch

---A document cut down to the fields asked for.
---@param doc table
---@param fields string[]|nil nil or empty: all of them
---@param always string|nil a field that is added in any case
---@return table
function listing.project(doc, fields, always)
  if not fields or #fields == 0 then return doc end
  local cut = part(doc, fields)
  if always then cut[always] = doc[always] end
  return cut
end

---Documents cut down, as an array.
---@param docs table[]
---@param fields string[]|nil
---@param always string|nil
---@return table array
function listing.projected(docs, fields, always)
  local cut = json.array {}
  for i, doc in ipairs(docs) do cut[i] = listing.project(doc, fields, always) end
  return cut
end

---The documents that a window shows.
---@param store table
---@param collection string
---@param where table {column = value | list}
---@param window table as paging.window gives it
---@param test function|nil a predicate of remora.platform.filter; nil: all of them
---@return table docs an array
---@return integer count the total before paging
function listing.find(store, collection, where, window, test)
  if not test or test == filter.everything then
    return store:find(collection, where, window), store:count(collection, where)
  end
  local docs = filter.select(store:find(collection, where, { sort = window.sort }), test)
  return json.array(paging.cut(docs, window)), #docs
end

---The same as an answer, whose documents are not to be touched: without a test they stay texts.
---@return {count: integer, info: table} data
function listing.whole(store, collection, where, window, test)
  if not test then
    return { count = store:count(collection, where),
      info = store:list(collection, where, window) }
  end
  local docs, count = listing.find(store, collection, where, window, test)
  return { count = count, info = docs }
end

---One page of a collection.
---@param store table
---@param collection string
---@param where table {column = value | list}
---@param options {test: function|nil, page: table|nil, fields: table|nil, always: string|nil}
---  test: a predicate of remora.platform.filter
---@return {count: integer, info: table} data count is the total before paging
function listing.page(store, collection, where, options)
  local docs, count = listing.find(store, collection, where, paging.window(options.page),
    options.test)
  return { count = count, info = listing.projected(docs, options.fields, options.always) }
end

---The documents of a business that a batch call names by `bk_ids`, cut down to its `fields`.
---@param ctx remora.platform.Context
---@param args table
---@param collection string
---@param id string the field that holds the ids
---@return table|nil array
---@return remora.platform.Refusal|nil refusal
function listing.batch(ctx, args, collection, id)
  local ids, fields = args.bk_ids or {}, args.fields or {}
  if #ids < 1 or #ids > MOST_IDS then return nil, messages.refuse(1199089, "bk_ids", MOST_IDS) end
  if #fields == 0 then return nil, messages.refuse(1199006, "fields") end
  local docs = ctx.store:find(collection, { bk_biz_id = args.bk_biz_id, [id] = ids })
  return listing.projected(docs, fields, "default")
end

return listing
