-- Pages, fields and totals of the topology's list calls: what the callers' `page` and `fields`
-- members mean, applied to documents of the store. It knows no collection by name.

local json = require "json"
local filter = require "remora.platform.filter"

local listing = {}

---A document cut down to the fields asked for.
---@param doc table
---@param fields string[]|nil nil or empty: all of them
---@param always string|nil a field that is added in any case
---@return table
function listing.project(doc, fields, always)
  if not fields or #fields == 0 then return doc end
  local cut = {}
  for _, field in ipairs(fields) do cut[field] = doc[field] end
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

-- A page's window, whatever was sent: the calls that check pages do it before.
local function window(page)
  local start, limit = page and page.start or 0, page and page.limit or 0
  if start < 0 then start = 0 end
  if limit <= 0 then limit = math.maxinteger - start end
  return start, limit
end

---One page of a collection.
---@param store table
---@param collection string
---@param where table {column = value | list}
---@param options {test: function|nil, page: table|nil, fields: table|nil, always: string|nil}
---  test: a predicate of remora.platform.filter
---@return {count: integer, info: table} data count is the total before paging
function listing.page(store, collection, where, options)
  local page = options.page or {}
  local start, limit = window(page)
  if not options.test or options.test == filter.everything then
    local docs = store:find(collection, where, { sort = page.sort, start = start, limit = limit })
    return {
      count = store:count(collection, where),
      info = listing.projected(docs, options.fields, options.always),
    }
  end
  local docs = filter.select(store:find(collection, where, { sort = page.sort }), options.test)
  local kept = json.array {}
  for i = start + 1, math.min(start + limit, #docs) do kept[#kept + 1] = docs[i] end
  return { count = #docs, info = listing.projected(kept, options.fields, options.always) }
end

---Whether a page obeys the strict rule: a limit is a must.
---@param page table|nil {start, limit}
---@param most integer largest limit
---@return string|nil problem the member that is wrong, "page.start" or "page.limit"
function listing.strict(page, most)
  local start, limit = page and page.start or 0, page and page.limit or 0
  if start < 0 then return "page.start" end
  if limit < 1 or limit > most then return "page.limit" end
  return nil
end

return listing
