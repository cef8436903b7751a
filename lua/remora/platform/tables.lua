-- The SQL behind the collections: tables and indexes, statements, conditions and orders. It builds
-- texts and parameter lists; store.lua runs them.

local json = require "json"
local order = require "remora.core.order"
local collections = require "remora.platform.collections"

local tables = {}

local function quoted(name) return '"' .. name .. '"' end
tables.quoted = quoted

local function index_ddl(collection, columns, unique)
  local parts = {}
  for i, column in ipairs(columns) do parts[i] = quoted(column) end
  return ("CREATE %sINDEX IF NOT EXISTS %s ON %s (%s);"):format(
    unique and "UNIQUE " or "", quoted(collection .. "_" .. table.concat(columns, "_")),
    quoted(collection), table.concat(parts, ", "))
end

local function collection_ddl(name, spec)
  local columns = {}
  if spec.key then
    columns[1] = quoted(spec.key) .. " INTEGER PRIMARY KEY"
  end
  for column, kind in order.pairs(spec.columns) do
    columns[#columns + 1] = quoted(column) .. " " .. kind
  end
  if spec.brief then columns[#columns + 1] = "brief TEXT NOT NULL" end
  columns[#columns + 1] = "doc TEXT NOT NULL"
  local ddl = { ("CREATE TABLE IF NOT EXISTS %s (%s) STRICT;"):format(
    quoted(name), table.concat(columns, ", ")) }
  for _, index in ipairs(spec.indexes) do ddl[#ddl + 1] = index_ddl(name, index) end
  for _, index in ipairs(spec.unique or {}) do ddl[#ddl + 1] = index_ddl(name, index, true) end
  return table.concat(ddl, "\n")
end

-- What each collection needs at every call, worked out once.
tables.shapes = {}
for name, spec in pairs(collections) do
  local columns = order.keys(spec.columns)
  if spec.key then table.insert(columns, 1, spec.key) end
  local names, marks, sets = {}, {}, {}
  local function add(column)
    names[#names + 1], marks[#marks + 1] = quoted(column), "?"
    sets[#sets + 1] = ("%s = ?"):format(quoted(column))
  end
  for _, column in ipairs(columns) do add(column) end
  if spec.brief then add "brief" end
  add "doc"
  tables.shapes[name] = {
    key = spec.key, columns = columns, is_column = {},
    table = quoted(name),
    brief = spec.brief,
    insert = ("INSERT INTO %s (%s) VALUES (%s)"):format(quoted(name),
      table.concat(names, ", "), table.concat(marks, ", ")),
    update = ("UPDATE %s SET %s WHERE rowid = ?"):format(quoted(name), table.concat(sets, ", ")),
    replace = spec.key and ("UPDATE %s SET %s WHERE %s = ?"):format(
      quoted(name), table.concat(sets, ", "), quoted(spec.key)),
  }
  for _, column in ipairs(columns) do tables.shapes[name].is_column[column] = true end
end

---Everything a new data file needs, and an existing one lacks.
---@return string sql
function tables.ddl()
  local parts = { "CREATE TABLE IF NOT EXISTS counter "
    .. "(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;" }
  for name, spec in order.pairs(collections) do parts[#parts + 1] = collection_ddl(name, spec) end
  return table.concat(parts, "\n")
end

---Turns {column = value | list} into SQL and its parameters. Lists travel as one JSON parameter,
---so that the statement text (and with it the statement cache) does not depend on their length.
---@param shape table
---@param where table|nil {column = value | list}
---@return string sql empty when everything matches
---@return table values
function tables.where(shape, where)
  local parts, values = {}, {}
  for name, value in order.pairs(where or {}) do
    if not shape.is_column[name] then
      error(("%s has no column %s"):format(shape.table, name), 3)
    end
    if type(value) == "table" then
      parts[#parts + 1] = quoted(name) .. " IN (SELECT value FROM json_each(?))"
      values[#values + 1] = json.encode(json.array(value))
    else
      parts[#parts + 1] = quoted(name) .. " = ?"
      values[#values + 1] = value
    end
  end
  return #parts > 0 and " WHERE " .. table.concat(parts, " AND ") or "", values
end

---The platform's sort text, "a,-b" or "a:1,b:-1", in SQL. Words that are not field names are
---ignored.
---@param sort string|nil
---@param expression_of fun(name: string): string|nil what stands for a field; nil: it is ignored
---@param last string the expression that settles what is left open
---@return string sql
function tables.order_by(sort, expression_of, last)
  local parts = {}
  for word in (sort or ""):gmatch("[^,%s]+") do
    local minus, name, direction = word:match("^([+-]?)([%a_][%w_.]*):?(-?1?)$")
    local expression = name and expression_of(name)
    if expression then
      parts[#parts + 1] = expression .. ((minus == "-" or direction == "-1") and " DESC" or "")
    end
  end
  parts[#parts + 1] = last
  return " ORDER BY " .. table.concat(parts, ", ")
end

-- The order of a collection; other document fields than columns are extracted from the JSON.
local function ordered(shape, sort)
  return tables.order_by(sort, function(name)
    return shape.is_column[name] and quoted(name) or ("doc ->> '$.%s'"):format(name)
  end, "rowid")
end

---The query for documents.
---@param shape table
---@param where table|nil
---@param options {sort: string|nil, start: integer|nil, limit: integer|nil} limit 0 or nil: all
---@param what string|nil an expression in place of the document
---@return string sql with one column, `value`
---@return table values
function tables.select(shape, where, options, what)
  local condition, values = tables.where(shape, where)
  local sql = ("SELECT %s AS value FROM %s%s%s"):format(
    what or "doc", shape.table, condition, ordered(shape, options.sort))
  local limit = options.limit
  if limit == nil or limit == 0 then limit = -1 end
  values[#values + 1] = limit
  values[#values + 1] = options.start or 0
  return sql .. " LIMIT ? OFFSET ?", values
end

return tables
