-- Documents in SQLite: one table per collection of collections.lua, with the key, the indexed
-- columns and the document itself as canonical JSON text. It never knows what a document means;
-- what may be stored, and in which order things are checked, is the handlers' business.

local json = require "json"
local fault = require "remora.core.fault"
local own_file = require "remora.core.own_file"
local tables = require "remora.platform.tables"

local quoted = tables.quoted

local Store = {}
Store.__index = Store

local function shape_of(collection)
  return tables.shapes[collection] or error("no collection named " .. tostring(collection), 3)
end

local FAILURE = "the platform's data cannot be kept"

-- A storage failure (disk full, locked, damaged) ends the request, not the process: it is raised
-- here as a fault and turned into a refusal where the transaction ends.
local function broken(self, failure) return own_file.refused(self.path, FAILURE, failure) end

local function must(self, value, failure)
  if failure then error(broken(self, failure), 0) end
  return value
end

local MOST_TOTALS = 1000 -- remembered at a time

-- Pages of a fleet are read again and again: keep them in memory rather than ask the kernel.
local CACHE = "PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824; "

---Opens the platform's data, creating what is missing.
---@param path string file path, or ":memory:"
---@return table|nil store
---@return table|nil fault `sqlite.*` when the file cannot be opened or is not ours
local function open(path)
  local db, refused = own_file.open(path, FAILURE, CACHE .. tables.ddl())
  if not db then return nil, refused end
  return setmetatable({ db = db, path = path, drawn = {}, inside = false, counts = {},
    remembered = 0 }, Store)
end

---Closes the data file. Safe to repeat.
function Store:close() self.db:close() end

local function brief_of(fields, doc)
  local brief = {}
  for name, zero in pairs(fields) do
    local value = doc[name]
    if value == nil or value == json.null then value = zero end
    brief[name] = value
  end
  return brief
end

local function column_values(shape, doc)
  local values = {}
  for i, column in ipairs(shape.columns) do
    local value = doc[column]
    values[i] = value == nil and json.null or value
  end
  if shape.brief then values[#values + 1] = json.encode(brief_of(shape.brief, doc)) end
  values[#values + 1] = json.encode(doc)
  return values
end

-- Runs a statement that writes; what was counted before no longer holds.
local function write(self, sql, ...)
  self.counts = {}
  return must(self, self.db:run(sql, ...))
end

---Draws the next number of a collection's counter. Numbers drawn in a transaction that is rolled
---back stay used up, as on the real platform.
---@param collection string
---@return integer
function Store:next_id(collection)
  shape_of(collection)
  local id = must(self, self.db:value("INSERT INTO counter (name, value) VALUES (?, 1) "
    .. "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value", collection))
  self.drawn[collection] = id
  return id
end

---Makes every counter begin anew, for an empty platform: what an attempt to fill it had drawn is
---not to shift the well-known ids.
function Store:restart() write(self, "DELETE FROM counter") end

---Stores a new document; draws its id when the key field is absent.
---@param collection string
---@param doc table the document, stored as it is; receives its id
---@return table doc
function Store:insert(collection, doc)
  local shape = shape_of(collection)
  if shape.key and doc[shape.key] == nil then doc[shape.key] = self:next_id(collection) end
  write(self, shape.insert, table.unpack(column_values(shape, doc)))
  return doc
end

---Replaces the stored document that has this document's id.
---@return integer changed 0 when there is none
function Store:put(collection, doc)
  local shape = shape_of(collection)
  assert(shape.key, "put needs a collection with a key")
  local values = column_values(shape, doc)
  values[#values + 1] = doc[shape.key]
  return write(self, shape.replace, table.unpack(values))
end

---Sets fields of every matching document.
---@param where table {column = value | list}
---@param fields table
---@return integer changed
function Store:patch(collection, where, fields)
  local shape = shape_of(collection)
  local condition, values = tables.where(shape, where)
  local rows = must(self, self.db:rows(
    "SELECT rowid AS place, doc FROM " .. shape.table .. condition, table.unpack(values)))
  for _, row in ipairs(rows) do
    local doc = assert(json.decode(row.doc))
    for name, value in pairs(fields) do doc[name] = value end
    local changed = column_values(shape, doc)
    changed[#changed + 1] = row.place
    write(self, shape.update, table.unpack(changed))
  end
  return #rows
end

---One document by its id.
---@return table|nil doc
function Store:get(collection, id)
  local shape = shape_of(collection)
  local text = must(self, self.db:value(("SELECT doc FROM %s WHERE %s = ?"):format(
    shape.table, quoted(shape.key)), id))
  return text and assert(json.decode(text)) or nil
end

---The first matching document.
---@return table|nil doc
function Store:first(collection, where, sort)
  return self:find(collection, where, { sort = sort, limit = 1 })[1]
end

---Matching documents, in insertion order unless sorted.
---@param where table|nil {column = value | list of values}
---@param options table|nil {sort = "a,-b", start =, limit = (0 or nil: all)}
---@return table docs an array
function Store:find(collection, where, options)
  local sql, values = tables.select(shape_of(collection), where, options or {})
  local docs = {}
  for i, row in ipairs(must(self, self.db:rows(sql, table.unpack(values)))) do
    docs[i] = assert(json.decode(row.value))
  end
  return json.array(docs)
end

---Like find, without decoding: the stored texts spliced into one JSON list.
---@return table raw a json.raw value
function Store:list(collection, where, options)
  local sql, values = tables.select(shape_of(collection), where, options or {})
  sql = "SELECT '[' || coalesce(group_concat(value, ','), '') || ']' FROM (" .. sql .. ")"
  return json.raw(must(self, self.db:value(sql, table.unpack(values))))
end

---One column of the documents that find would give.
---@param name string
---@return table values an array
function Store:column(collection, name, where, options)
  local sql, values = tables.select(shape_of(collection), where, options or {}, quoted(name))
  local rows, list = must(self, self.db:rows(sql, table.unpack(values))), json.array {}
  for i, row in ipairs(rows) do list[i] = row.value end
  return list
end

---The same with each value once, where it comes first.
---@param name string
---@return table values an array
function Store:distinct(collection, name, where)
  local seen, list = {}, json.array {}
  for _, value in ipairs(self:column(collection, name, where)) do
    if not seen[value] then seen[value], list[#list + 1] = true, value end
  end
  return list
end

---The result of a counting query, remembered until something is written: whoever reads a fleet
---page by page asks for the same total every time.
---@param sql string
---@param ... any parameters, none of them null
---@return integer
function Store:total(sql, ...)
  -- Changes with other processes' writes.
  local version = must(self, self.db:value("PRAGMA data_version"))
  if version ~= self.version then self.version, self.counts = version, {} end
  local key = json.encode(json.array { sql, ... })
  local count = self.counts[key]
  if count then return count end
  count = must(self, self.db:value(sql, ...))
  if self.remembered >= MOST_TOTALS then self.counts, self.remembered = {}, 0 end
  self.counts[key], self.remembered = count, self.remembered + 1
  return count
end

---How many documents match.
---@return integer
function Store:count(collection, where)
  local shape = shape_of(collection)
  local condition, values = tables.where(shape, where)
  return self:total("SELECT count(*) FROM " .. shape.table .. condition, table.unpack(values))
end

---Removes the matching documents.
---@return integer removed
function Store:delete(collection, where)
  local shape = shape_of(collection)
  local condition, values = tables.where(shape, where)
  return write(self, "DELETE FROM " .. shape.table .. condition, table.unpack(values))
end

---Runs statements that define something for this connection, such as triggers.
---@param sql string
function Store:define(sql) must(self, self.db:exec(sql)) end

---Rows of a query of the caller's own (joins), with the same treatment of failures.
---@return table rows list of {column = value}
function Store:query(sql, ...) return must(self, self.db:rows(sql, ...)) end

---The single value of a query of the caller's own.
function Store:value(sql, ...) return must(self, self.db:value(sql, ...)) end

-- Keeps numbers used up that were drawn in a transaction that is rolled back. On a full disk this
-- fails as well; then they are drawn again, which does no harm.
local function reserve(self, drawn)
  for collection, id in pairs(drawn) do
    self.db:run("INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) "
      .. "DO UPDATE SET value = max(value, excluded.value)", collection, id)
  end
end

local function with_traceback(problem)
  if type(problem) == "table" then return problem end
  return debug.traceback(problem, 2)
end

local function within(self, begin, fn, ...)
  if self.inside then return fn(...) end
  local _, refused = self.db:exec(begin)
  if refused then return nil, broken(self, refused) end
  self.inside, self.drawn = true, {}
  local results = table.pack(xpcall(fn, with_traceback, ...))
  self.inside = false
  local kept = results[1] and not (results[2] == nil and results[3] ~= nil)
  if kept then
    local _, failure = self.db:exec("COMMIT")
    if not failure then return table.unpack(results, 2, results.n) end
    results = { false, broken(self, failure), n = 2 }
  end
  self.counts = {}
  if self.db:in_transaction() then self.db:exec("ROLLBACK") end
  reserve(self, self.drawn)
  if results[1] then return table.unpack(results, 2, results.n) end
  if fault.is(results[2]) then return nil, results[2] end
  error(results[2], 0)
end

---Runs fn inside one transaction: kept when it answers, rolled back when it answers nil and a
---refusal, or raises. A transaction inside a transaction is part of the outer one. fn must not
---yield: the connection is shared.
---@param fn function
---@return any results fn's, or nil and a fault when the storage failed
function Store:transaction(fn, ...) return within(self, "BEGIN IMMEDIATE", fn, ...) end

---Runs fn, which only reads, on one unchanging view of the data.
---@param fn function
---@return any results fn's, or nil and a fault when the storage failed
function Store:snapshot(fn, ...) return within(self, "BEGIN", fn, ...) end

return { open = open }
