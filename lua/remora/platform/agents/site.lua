-- This machine as the place where agents work: one thing at a time is done with a process, commands
-- run beside the server, and what becomes of processes is written down. Decides nothing.

local entries = require "remora.platform.agents.entries"
local command = require "remora.platform.agents.command"
local finder = require "remora.platform.agents.finder"

local COLLECTION = finder.COLLECTION
local TURN = 0.02 -- seconds between two looks whether it is one's turn

---@class remora.platform.Site
---@field store table
---@field loop remora.Loop
---@field directory string of the files that get what commands write
---@field log fun(text: string)
---@field busy table<string, true> by identity
---@field staying table[] commands that had not ended when they were no more waited for
local Site = {}
Site.__index = Site

local site = {}

---@param options {store: table, loop: remora.Loop, directory: string, log: fun(text: string)}
---@return remora.platform.Site
function site.new(options)
  return setmetatable({
    store = options.store, loop = options.loop, directory = options.directory, log = options.log,
    busy = {}, staying = {},
  }, Site)
end

---Runs a function when nothing else is done with a process.
---@param identity string
---@param fn fun(): ...
---@return ... what it returned
function Site:alone(identity, fn)
  while self.busy[identity] do self.loop:sleep(TURN) end
  self.busy[identity] = true
  local _ <close> = setmetatable({}, { __close = function() self.busy[identity] = nil end })
  return fn()
end

---Runs what may fail without the server: what went wrong is told.
---@param fn fun()
---@return boolean fine
function Site:guard(fn)
  local fine, problem = xpcall(fn, function(problem)
    return type(problem) == "table" and problem.message or debug.traceback(problem, 2)
  end)
  if not fine then self.log("agent: " .. problem) end
  return fine
end

---Starts such a thing as a task.
---@param fn fun()
function Site:spawn(fn)
  self.loop:spawn(function() self:guard(fn) end)
end

-- What a transaction gave; storage that fails is raised, as inside of one.
local function must(value, failure)
  if failure then error(failure, 0) end
  return value
end

---The process of a target; nothing is written.
---@param target remora.platform.Target its host is known
---@return table entry
---@return boolean known
function Site:entry(target)
  local entry, known = entries.of(self.store, COLLECTION, target)
  if not known then
    entries.define(entry, target)
    entry.pid_path = finder.pid_path(entry.process)
  end
  return entry, known
end

---The process of a target, with the definition that comes along if the operation brings one.
---@param op_type integer
---@param target remora.platform.Target its host is known
---@param always boolean|nil the definition counts, whoever brings it
---@return table entry stored
function Site:enter(op_type, target, always)
  return must(self.store:transaction(function()
    local entry, known = entries.of(self.store, COLLECTION, target)
    if always or entries.redefines(op_type, entry.process) then
      entries.define(entry, target)
      entry.pid_path = finder.pid_path(entry.process)
    end
    if known then self.store:put(COLLECTION, entry) else self.store:insert(COLLECTION, entry) end
    return entry
  end))
end

---Writes down what became of a process. It is read anew: other things may have become of it.
---@param entry table stored; gets the process as it is then
---@param fields table<string, any> of the process
function Site:change(entry, fields)
  entry.process = must(self.store:transaction(function()
    local stored = self.store:get(COLLECTION, entry.id)
    for name, value in pairs(fields) do stored.process[name] = value end
    self.store:put(COLLECTION, stored)
    return stored.process
  end))
end

---Looks for the process, and writes down what is new of it.
---@param entry table stored
---@return remora.platform.Running|nil running
function Site:look(entry)
  local running, process = finder.find(self.store, entry), entry.process
  local pid, started = running and running.pid or -1, running and running.started or 0
  if process.pid ~= pid or process.started ~= started or process.running ~= (running ~= nil) then
    self:change(entry, { running = running ~= nil, pid = pid, started = started })
  end
  return running
end

---Starts a command for a process.
---@param entry table stored
---@param name string such as start_cmd
---@param text string
---@return table|nil command
---@return string|nil reason
function Site:run(entry, name, text)
  local process = entry.process
  return command.start {
    name = name, text = text, user = process.user, directory = process.setup_path,
    output = ("%s/%d.%s.log"):format(self.directory, entry.id, name),
  }
end

---Keeps a command that nobody waits for, so that it is buried when it ends.
---@param running table command
function Site:let_stay(running)
  self.staying[#self.staying + 1] = running
end

---Buries those that have ended.
function Site:bury()
  for i = #self.staying, 1, -1 do
    if self.staying[i]:ended() then table.remove(self.staying, i) end
  end
end

return site
