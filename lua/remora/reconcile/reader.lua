-- Reads the platform for the kinds: pages, several in flight, each question asked once per run.
-- Owns what is remembered until a write makes it stale; interprets nothing.

local catalogue = require "remora.catalogue"
local json = require "json"

local reader = {}
reader.__index = reader

local WIDTH = 8 -- requests in flight; more gains little on one connection pool

---@param options {client: table, loop: table, width: integer?, out: table?}
---@return table reader
function reader.new(options)
  return setmetatable({
    client = options.client, loop = options.loop, out = options.out,
    width = options.width or WIDTH, calls = 0, rows = 0, memory = {},
  }, reader)
end

---Makes one call.
---@param name string "cc.search_business"
---@param args table
---@return any data
---@return table? fault
function reader:call(name, args)
  self.calls = self.calls + 1
  if self.out then self.out:progress("reading", self.calls, self.calls + 1) end
  return self.client:call(name, args)
end

---Runs a function for each item, several at a time.
---@param list any[]
---@param fn fun(item: any): any, table?
---@return any[]? results in the order of the list
---@return table? fault the first one met in that order
function reader:gather(list, fn)
  local failure
  local results = self.loop:gather(self.width, list, function(item)
    local result, refused = fn(item)
    return { result = result, fault = refused }
  end)
  for i, each in ipairs(results) do
    if each.fault then
      failure = failure or each.fault
    else
      results[i] = each.result
    end
  end
  if failure then return nil, failure end
  return results
end

---Runs several reads at the same time.
---@param reads (fun(): any, table?)[]
---@return any[]? results
---@return table? fault
function reader:together(reads)
  return self:gather(reads, function(read) return read() end)
end

local function with_page(args, start, limit)
  local paged = {}
  for key, value in pairs(args) do paged[key] = value end
  paged.page = { start = start, limit = limit }
  for key, value in pairs(args.page or {}) do paged.page[key] = value end
  return paged
end

---Reads all rows of a list call: the first page tells how many there are, the rest run together.
---@param name string
---@param args table without page, or with page.sort alone
---@return table[]? rows
---@return table? fault
function reader:pages(name, args)
  local page = assert(catalogue.get(name)).page
  local limit, member = page.limit, page.rows or "info"
  local first, refused = self:call(name, with_page(args, 0, limit))
  if not first then return nil, refused end
  local rows = first[member]
  if rows == nil or rows == json.null then rows = {} end
  if #rows < first.count then
    local starts = {}
    for start = limit, first.count - 1, limit do starts[#starts + 1] = start end
    local pages
    pages, refused = self:gather(starts, function(start)
      return self:call(name, with_page(args, start, limit))
    end)
    if not pages then return nil, refused end
    for _, each in ipairs(pages) do
      table.move(each[member], 1, #each[member], #rows + 1, rows)
    end
  end
  self.rows = self.rows + #rows
  return rows
end

---Remembers what a function read until its topic is forgotten.
---@param topic string what the answer is about, such as "topology"
---@param key string tells one question of the topic from another
---@param fn fun(): any, table?
---@return any
---@return table? fault faults are not remembered
function reader:memo(topic, key, fn)
  local answers = self.memory[topic]
  if not answers then
    answers = {}
    self.memory[topic] = answers
  end
  if answers[key] == nil then
    local answer, refused = fn()
    if refused then return nil, refused end
    answers[key] = { answer }
  end
  return answers[key][1]
end

---Makes the next questions about some topics reach the platform again.
---@param topics string[]
function reader:forget(topics)
  for _, topic in ipairs(topics) do self.memory[topic] = nil end
end

return reader
