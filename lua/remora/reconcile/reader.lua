-- Reads the platform for the kinds: pages, several in flight, each question asked once per run.
-- Owns what is remembered until a write makes it stale; interprets nothing.

local fault = require "remora.core.fault"
local order = require "remora.core.order"
local reading = require "remora.reconcile.reads"
local system = require "system"

---@class remora.Reader
---@field sifts boolean rows that are as wanted need not be decoded
---@field looks_back boolean? what the way back from a plan may rest on is read, too
---@field reads table counts the calls (remora.reconcile.reads)
local reader = {}
reader.__index = reader

local WIDTH = 8 -- requests in flight; more gains little on one connection pool
local AHEAD = 2 -- times as many pages are asked for, so that one always waits in line to leave

---@param options {client: table, loop: table, width: integer?, out: table?, registry: table?,
---  sifts: boolean?, looks_back: boolean?, agent_timeout: number?}  registry: what was registered
---  with the agents (remora.hosting.registry); sifts: false decodes every row; agent_timeout:
---  seconds that agents may take for their answers, nil: as long as is usual
---@return table reader
function reader.new(options)
  return setmetatable({
    client = options.client, loop = options.loop, out = options.out, registry = options.registry,
    width = options.width or WIDTH, memory = {}, reads = reading.new(),
    numbers = setmetatable({}, { __mode = "k" }), last_number = 0,
    sifts = options.sifts ~= false, looks_back = options.looks_back,
    agent_timeout = options.agent_timeout,
  }, reader)
end

---Runs a read while nothing is being changed, so that Ctrl-C may drop it at once.
---@param read fun(self: remora.Reader, ...): any, table?
---@return any what the read returns; nil after Ctrl-C, whatever of it came through
---@return table? fault
function reader:only_read(read, ...)
  self.loop:drop_after(1)
  local result, failure = read(self, ...)
  self.loop:drop_after(2)
  if not self:interrupted() then return result, failure end
  return nil, fault.new { code = "net.interrupted",
    message = "stopped reading; nothing was changed" }
end

---Makes one call.
---@param name string "cc.search_business"
---@param args table
---@param account table? as of remora.net.client
---@return any data
---@return table? fault
function reader:call(name, args, account)
  self.reads:add(name, args)
  return self.client:call(name, args, account)
end

---Whether calls go to the backend itself, which has some that no other route has.
---@return boolean
function reader:is_direct()
  local target = self.client.target
  return target ~= nil and target.route == "backend"
end

---Seconds on a clock that only goes forward.
---@return number
function reader.now()
  return system.monotonic()
end

---Waits, while other reads go on.
---@param seconds number
function reader:sleep(seconds)
  self.loop:sleep(seconds)
end

---Whether somebody pressed Ctrl-C.
---@return boolean
function reader:interrupted()
  return self.loop:interrupted() > 0
end

local function gather(self, width, list, fn)
  local results, faults = self.loop:gather(width, list, fn)
  if faults then return nil, faults[order.keys(faults)[1]] end
  return results
end

---Runs a function for each item, several at a time.
---@param list any[]
---@param fn fun(item: any): any, table?
---@return any[]? results in the order of the list
---@return table? fault the first one in that order
function reader:gather(list, fn)
  return gather(self, self.width, list, fn)
end

---Begins a read.
---@param read fun(...): any, table?
---@return remora.Task task whose `wait` gives what the read returns
function reader:start(read, ...)
  return self.loop:spawn(read, ...)
end

---Runs several reads at the same time, as they may wait for one another.
---@param reads (fun(): any, table?)[]
---@return any[]? results
---@return table? fault the first one in the order of the reads
function reader:together(reads)
  return gather(self, #reads, reads, function(read) return read() end)
end

---Hands all rows of a list call to a function, in their order, and keeps none of them.
---@param name string
---@param args table without page, or with page.sort alone
---@param options {columns: remora.Columns?} what is wanted of a row, which then is good until the
---  next one
---@param take fun(row: table)
---@return boolean? done
---@return table? fault
function reader:each(name, args, options, take)
  local pages <close> = self.client:pages(name, args, { width = AHEAD * self.width,
    columns = options.columns,
    turned = function(done, count)
      if self.out and count then self.out:progress("reading", done, count) end
    end })
  local _ <close> = self.reads:counting(name, args, pages)
  pages:each(take)
  if pages.fault then return nil, pages.fault end
  return true
end

---Reads all rows of a list call.
---@param name string
---@param args table as of each
---@return table[]? rows
---@return table? fault
function reader:pages(name, args)
  local rows = {}
  local function take(row) rows[#rows + 1] = row end
  local done, refused = self:each(name, args, {}, take)
  if not done then return nil, refused end
  return rows
end

-- The question as it can be answered now: what was touched since is asked for again.
local function current(self, question, fn, renew)
  if question and not question.touched then return question end
  if not question or not renew then return { task = self:start(fn) } end
  return { task = self:start(function()
    local answer, refused = question.task:wait()
    if refused then return nil, refused end
    return renew(answer, question.touched)
  end) }
end

---Asks a question once: remembers what a function read until its topic is forgotten. Who asks while
---the answer is on its way waits for the same one.
---@param topic string what the answer is about, such as "topology"
---@param key string tells one question of the topic from another
---@param fn fun(): any, table?
---@param renew (fun(answer: any, touched: table<string, table<any, true>>): any, table?)? gives the
---  answer anew, knowing the earlier one and what was touched since; nil: fn does
---@return any
---@return table? fault faults are not remembered
function reader:memo(topic, key, fn, renew)
  local questions = self.memory[topic] or {}
  self.memory[topic] = questions
  local question = current(self, questions[key], fn, renew)
  questions[key] = question
  local answer, refused = question.task:wait()
  if refused == nil then return answer end
  if questions[key] == question then questions[key] = nil end
  return nil, refused
end

---A number for a table, for the key of a question: the same each time, and no other table's.
---@param about table
---@return integer
function reader:number(about)
  if not self.numbers[about] then
    self.last_number = self.last_number + 1
    self.numbers[about] = self.last_number
  end
  return self.numbers[about]
end

---Whether something of a topic was read before, so that little of it may have to be read again.
---@param topic string
---@return boolean
function reader:remembers(topic)
  return self.memory[topic] ~= nil
end

-- Notes for every question of a topic what may have changed.
local function touch(questions, touched)
  for _, question in pairs(questions or {}) do
    question.touched = question.touched or {}
    for sort, ids in pairs(touched) do
      local all = question.touched[sort] or {}
      question.touched[sort] = all
      for _, id in ipairs(ids) do all[id] = true end
    end
  end
end

---@class remora.Touch a topic of which a write changed only some, by sort and id
---@field topic string
---@field touched table<string, any[]>

---Makes the next questions about some topics reach the platform again, as far as they are touched.
---@param topics (string|remora.Touch)[]
function reader:forget(topics)
  for _, each in ipairs(topics) do
    if type(each) == "table" then
      touch(self.memory[each.topic], each.touched)
    else
      self.memory[each] = nil
    end
  end
end

return reader
