-- Reads process instances with their hosts and service instances (list_process_related_info).
-- Owns state.instances_of (module → list), state.unlisted and what it learns of state.hosts.

local catalogue = require "remora.catalogue"
local columns = require "remora.net.columns"
local json = require "json"
local listing = require "remora.observe.listing"
local order = require "remora.core.order"
local packed = require "remora.observe.packed"
local part = require "remora.core.part"
local process_columns = require "remora.observe.process_columns"
local questions = require "remora.observe.process_questions"
local renewal = require "remora.observe.renewal"
local sieve = require "sieve"

local processes = {}

---@class remora.observe.Unlisted what was read of a module, found to be as wanted, and not kept
---@field processes integer
---@field instances integer service instances of which nothing is listed

local ROW = assert(catalogue.get "cc.list_process_related_info")

-- Where a page has its rows, and what tells which pattern a row must match.
local ROWS = { list = { "data", "info" }, beside = "count",
  choose = { { "module", "bk_module_id" }, { "process_template", "id" } } }

---A sieve for pages of processes.
---@param patterns table<integer, table<integer, table>> module → process template → what a row
---  holds that need not be listed
---@return userdata of the module sieve
function processes.sieve(patterns)
  return sieve.new { list = ROWS.list, beside = ROWS.beside, choose = ROWS.choose,
    patterns = patterns }
end

-- A sieve that is made when the first page has come: its patterns need not be known before.
local late = {}
late.__index = late

function late:ready() return self.sieve end

function late:page(body)
  self.sieve = self.sieve or processes.sieve(self.patterns())
  return self.sieve:page(body)
end

function late:take_counts()
  return self.sieve and self.sieve:take_counts() or {}
end

-- What makes the look of a process: not its id, or all would look unlike.
local function seen_of(fields)
  local seen = {}
  for _, name in ipairs(fields) do
    if name ~= "bk_process_id" then seen[#seen + 1] = name end
  end
  return seen
end

-- Pages through processes. What the sieve takes out, if there is one, is counted; it serves again
-- when some of them are read anew. Where not all is listed, nobody looks for hosts.
local function read_rows(reader, args, filter)
  local fields = seen_of(args.fields)
  local found = packed.new(fields, not filter and {} or nil)
  local wanted = columns.new(ROW, process_columns.of(fields),
    { sieve = filter, whole = not reader.sifts })
  local done, refused = reader:each(ROW.key, args, { columns = wanted }, function(row)
    found:add(row)
  end)
  if not done then return nil, refused end
  return { lists = found:close(), hosts = found.hosts, filter = filter,
    taken = filter and filter:take_counts() or {} }
end

-- An instance in line has one process of each template, so the most frequent one counts instances.
local function count_unlisted(state, module_id, taken)
  local instances = state.instances_of[module_id]
  local total, most, listed = 0, #instances, packed.counts(instances)
  for template_id, count in pairs(taken or {}) do -- nil: it has no process
    total, most = total + count, math.max(most, count + (listed[template_id] or 0))
  end
  return { processes = total, instances = most - #instances }
end

---Hands the processes of some modules to a function, in no order, and keeps none of them.
---@param reader table
---@param state table with business
---@param modules remora.observe.Module[]
---@param fields string[] what to read of each process
---@param options {names: string[]?, regexes: string[]?, sieve: table?, columns: table} names: only
---  processes of these names; regexes: of these start regexes; sieve: takes rows out; columns: what
---  is wanted of the others, by the names under which it comes (remora.net.columns)
---@param take fun(row: table) what was wanted of a row; good until the next one
---@return boolean? done
---@return table? fault
function processes.each(reader, state, modules, fields, options, take)
  local asked = questions.of(state, modules, fields, options.names, options.regexes)
  local _, refused = reader:gather(asked, function(args)
    local wanted = columns.new(ROW, options.columns, { sieve = options.sieve })
    return reader:each(ROW.key, args, { columns = wanted }, take)
  end)
  if refused then return nil, refused end
  return true
end

---The same, each process as it would be kept, in a service instance of its own.
---@param reader table
---@param state table with business
---@param modules remora.observe.Module[]
---@param fields string[]
---@param options {names: string[]?, regexes: string[]?}
---@param take fun(each: remora.observe.Process, instance: remora.observe.Instance)
---@return boolean? done
---@return table? fault
function processes.each_listed(reader, state, modules, fields, options, take)
  local seen = seen_of(fields)
  local values_of = process_columns.shared(seen)
  return processes.each(reader, state, modules, fields, { names = options.names,
    regexes = options.regexes, columns = process_columns.of(seen) }, function(row)
      local each = listing.process(row.id, listing.template_id(row), values_of(row.look))
      take(each, listing.instance(row, each))
    end)
end

-- A text that is the same for the same patterns.
local function named(reader, patterns)
  local parts = {}
  for id, of_module in order.pairs(patterns) do
    parts[#parts + 1] = id .. "=" .. reader:number(of_module)
  end
  return table.concat(parts, " ")
end

---@class remora.observe.Begun reads that are on their way before it is certain that they are needed
local Begun = {}
Begun.__index = Begun

---Drops what is on its way still, so that it is asked for again. Idempotent; also __close.
function Begun:close()
  for _, task in pairs(self.tasks) do task:cancel() end
  self.tasks = {}
end
Begun.__close = Begun.close

---Begins to read the processes of some modules; to be closed.
---@param reader table
---@param state table with business
---@param modules remora.observe.Module[]
---@param fields string[]
---@param names string[]?
---@param patterns fun(): table  as of read; may wait, and is asked when a first page has come
---@return remora.observe.Begun begun for processes.read with the same modules, fields and names
function processes.begin(reader, state, modules, fields, names, patterns)
  local begun = setmetatable({ tasks = {} }, Begun)
  for _, args in ipairs(questions.of(state, modules, fields, names)) do
    local filter = setmetatable({
      patterns = function() return part(patterns(), args.module.bk_module_ids) end,
    }, late)
    begun.tasks[json.encode(args)] = reader:start(read_rows, reader, args, filter)
  end
  return begun
end

---The modules whose processes nobody has read yet.
---@param state table
---@param modules remora.observe.Module[]
---@return remora.observe.Module[]
function processes.unread(state, modules)
  local list = {}
  for _, module in ipairs(modules) do
    if not (state.instances_of and state.instances_of[module.id]) then list[#list + 1] = module end
  end
  return list
end

-- Adds what was read to a state.
local function add(state, read)
  for module_id, list in pairs(read.lists) do state.instances_of[module_id] = list end
  for id, host in pairs(read.hosts or {}) do state.hosts[id] = state.hosts[id] or host end
end

---Reads the processes of some modules.
---@param reader table
---@param state table
---@param modules remora.observe.Module[]
---@param fields string[] what to read of each process
---@param options {names: string[]?, patterns: table<integer, table<integer, table>>?,
---  begun: remora.observe.Begun?}|nil  names: only processes of these names; patterns: module →
---  process template → what a row holds that need not be listed (module sieve), for modules in line
---  with their templates; begun: what is on its way already
---@return boolean? done
---@return table? fault
function processes.read(reader, state, modules, fields, options)
  options = options or {}
  local begun = options.begun and options.begun.tasks or {}
  state.hosts, state.instances_of = state.hosts or {}, state.instances_of or {}
  state.unlisted = state.unlisted or {}
  for _, module in ipairs(modules) do state.instances_of[module.id] = {} end
  local asked = questions.of(state, modules, fields, options.names)
  local _, refused = reader:gather(asked, function(args)
    local key, its = json.encode(args), part(options.patterns or {}, args.module.bk_module_ids)
    local read, failed = reader:memo("processes", key .. named(reader, its), function()
      if begun[key] then return begun[key]:wait() end
      return read_rows(reader, args, next(its) and processes.sieve(its) or nil)
    end, function(earlier, touched)
      return renewal.of(reader, earlier, touched, args, function(some)
        return read_rows(reader, some, earlier.filter)
      end)
    end)
    if not read then return nil, failed end
    add(state, read)
    for id in pairs(its) do state.unlisted[id] = count_unlisted(state, id, read.taken[id]) end
    return true
  end)
  if refused then return nil, refused end
  return true
end

return processes
