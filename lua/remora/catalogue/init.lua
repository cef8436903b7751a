-- The catalogue: one row per platform call, and the ways to find one. The rows are the single
-- source for the client, the argument check, the embedded platform's routes and the reference.
-- Loads data only; never talks to anything.

local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"

local catalogue = {}

---@class remora.Field  one argument; the first two members are its name and type
---@field [1] string name
---@field [2] string integer, number, string, boolean, array, object, any, or "string|integer"
---@field required boolean?
---@field nullable boolean? JSON null is a value of its own
---@field default any what the platform takes when it is absent; fills the path when it is there
---@field items string|remora.Field[]|nil type, or fields, of an array's members
---@field fields remora.Field[]|nil members of an object; nil: any
---@field values string? type of the members of an object whose keys are free
---@field open boolean? other keys are allowed beside `fields`
---@field echoed table<string, boolean>? members that what was read has and the platform alone
---  writes: taken from who sends back what was read, and not sent
---@field raw boolean? the platform reads it as a free map first: wrong types below are not a
---  broken body to it, they are refused where they are looked at
---@field in_query boolean? travels in the query string on the backend route
---@field legacy boolean? taken and not used any more
---@field spelled string? how the platform's source spells the name, where it differs
---@field min number? as are max, min_items, max_items, max_bytes, max_runes, enum: what the
---  platform accepts. Shown in the reference; checking values is left to the platform
---@field doc string?
---@field differs string? why it is not what the platform's documents say

---@class remora.Row  one call; what a family file leaves out is filled in below
---@field key string system and name, such as "cc.search_set"
---@field name string
---@field system string cc, cc_v3, job or gse
---@field doc string one line
---@field verb string
---@field path string on the backend, with {name} for arguments that travel in it
---@field path_fields string[] the names in `path`, in order
---@field other_paths string[]? further backend paths under which it is served
---@field esb string|nil below /api/c/compapi/v2/; nil where the bus does not have it
---@field esb_wrap string? member that carries the free attributes on the bus
---@field gateway string|false path on the API gateway, false where there is none
---@field gateway_verb string?
---@field aliases string[]
---@field internal boolean not published on the real bus, nor on the gateway unless the row says so
---@field deprecated boolean
---@field writes boolean
---@field repeatable boolean sending it again does no harm
---@field polled boolean? asked again and again until the task it tells of has ended
---@field raw boolean the whole body is read as a free map, see remora.Field
---@field open boolean other arguments are allowed beside `takes`
---@field batch {field: string, limit: integer?, of_ids: boolean, id: string?}? the list argument
---  and how long it may be; the rows say the limit as max_items of the field, or here where the
---  platform itself sets none; of_ids: its items are ids; id: the member of an item that is the id
---  of its object
---@field page {limit: integer?, rule: string, rows: string}? largest page; whether a limit is a
---  must (strict), optional (loose) or not looked at (none); member of data that holds the rows
---@field named string[]? the rows are not in a list, but the members of an object, each under its
---  name; the way to it in data
---@field takes remora.Field[]
---@field gives string shape of data
---@field differs table<string, string>? documented field, and why it is not here as documented

-- Family file, its system, and the system's name on the bus if it is there at all.
local FAMILIES = {
  { file = "cc_process", system = "cc", bus = "cc" },
  { file = "cc_template", system = "cc", bus = "cc" },
  { file = "cc_category", system = "cc", bus = "cc" },
  { file = "cc_instance", system = "cc", bus = "cc" },
  { file = "cc_sync", system = "cc", bus = "cc" },
  { file = "cc_topology", system = "cc", bus = "cc" },
  { file = "cc_host", system = "cc", bus = "cc" },
  { file = "cc_v3", system = "cc_v3" },
  { file = "job", system = "job", bus = "jobv3" },
  { file = "gse", system = "gse", bus = "gse" },
}

local rows = {}
local by_key = {}  -- "cc.search_set"
local by_name = {} -- "search_set" and aliases; the first system wins

local function named(row, argument)
  for _, field in ipairs(row.takes) do
    if field[1] == argument then return field end
  end
  return nil
end

local function complete_batch(batch, list)
  batch.limit = batch.limit or list.max_items
  batch.of_ids = list.items == "integer"
end

local function complete(row, family)
  row.system = family.system
  row.key = family.system .. "." .. row.name
  row.aliases = row.aliases or {}
  if family.bus then row.esb = row.esb or family.bus .. "/" .. row.name end
  row.internal = row.internal or false
  row.deprecated = row.deprecated or false
  if row.gateway == nil then row.gateway = not row.internal and row.path end
  if row.gateway then row.gateway_verb = row.gateway_verb or row.verb end
  row.writes = row.writes or false
  if row.repeatable == nil then row.repeatable = not row.writes end
  row.raw = row.raw or false
  row.open = row.open or false
  row.path_fields = {}
  for name in row.path:gmatch("{([%w_]+)}") do table.insert(row.path_fields, name) end
  if row.page then row.page.rows = row.page.rows or "info" end
  if row.batch then complete_batch(row.batch, named(row, row.batch.field)) end
end

local function register(index, name, row)
  if not index[name] then index[name] = row end
end

for _, family in ipairs(FAMILIES) do
  for _, row in ipairs(require("remora.catalogue." .. family.file)) do
    complete(row, family)
    rows[#rows + 1] = row
    by_key[row.key] = row
  end
end
for _, row in ipairs(rows) do register(by_name, row.name, row) end
for _, row in ipairs(rows) do
  for _, alias in ipairs(row.aliases) do
    register(by_key, row.system .. "." .. alias, row)
    register(by_name, alias, row)
  end
end

---Every row, ordered by family.
---@return remora.Row[]
function catalogue.rows()
  return rows
end

---The row of a call.
---@param name string with its system ("cc.search_set") or without: cc wins, then job
---@return remora.Row|nil
---@return table|nil fault with the nearest name
function catalogue.get(name)
  local row = by_key[name] or by_name[name]
  if row then return row end
  return nil, fault.new {
    code = "catalogue.unknown_call",
    message = ("there is no call named %s"):format(name),
    hint = phrase.did_you_mean(name, name:find(".", 1, true) and by_key or by_name)
      or "remora calls lists them all",
  }
end

---How many items a call takes at once.
---@param call string a known one
---@param argument string? one of its lists; nil: that of its batch
---@return integer? limit nil: any number
function catalogue.limit(call, argument)
  local row = assert(catalogue.get(call))
  if argument then return named(row, argument).max_items end
  return row.batch and row.batch.limit
end

return catalogue
