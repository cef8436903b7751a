-- remora watch as a process, beside a platform in the loop of the test. Owns waiting for what it
-- says; judges nothing.

local cli = require "tests.support.cli"
local json = require "json"
local system = require "system"

local SIGTERM = 15
local PATIENCE = 60 -- seconds; only a test that fails takes so long
local NAP = 0.01

---@class tests.Watched
---@field events table[] what it wrote to stdout, as far as it was waited for
---@field said string what it wrote to stderr
local Watched = {}
Watched.__index = Watched

---Starts one that looks often.
---@param loop remora.Loop
---@param request table as of tests.support.cli, its list more arguments
---@return tests.Watched watched to-be-closed
local function start(loop, request)
  local line = { cwd = request.cwd, env = request.env, hangup = "default", "watch", "--json",
    "--interval", "0.05", "--drift-interval", "0.05" }
  table.move(request, 1, #request, #line + 1, line)
  return setmetatable({ loop = loop, process = cli.start(line), events = {}, said = "", heard = 0 },
    Watched)
end

-- Lets the loop go on until something is there; nil: it never was.
function Watched:wait(look)
  local deadline = system.monotonic() + PATIENCE
  while system.monotonic() < deadline do
    local found = look()
    if found ~= nil then return found end
    self.loop:sleep(NAP)
  end
  return nil
end

-- Whether a line is of an event, or has a member, of that name.
local function is(event, name)
  return event.event == name or event[name] ~= nil
end

---Waits for an event on stdout, or for a line with such a member; those before it are gone past.
---@param name string
---@return table event
function Watched:event(name)
  return self:wait(function()
    local line = self.process:read_line(0)
    if type(line) ~= "string" then return nil end
    local event = assert(json.decode(line), line)
    self.events[#self.events + 1] = event
    return is(event, name) and event or nil
  end) or error(("no event %s; it said %s%s"):format(name, self.said,
    self.process:read_stderr()), 2)
end

---Waits for words on stderr, behind those that were waited for before.
---@param words string
function Watched:says(words)
  local found = self:wait(function()
    self.said = self.said .. self.process:read_stderr()
    local _, last = self.said:find(words, self.heard + 1, true)
    return last
  end)
  self.heard = found or error(("it never said %s, but %s"):format(words, self.said), 2)
end

---How often it has said something by now.
---@param words string
---@return integer
function Watched:times(words)
  self.said = self.said .. self.process:read_stderr()
  local count, from = 0, 1
  while true do
    local _, last = self.said:find(words, from, true)
    if not last then return count end
    count, from = count + 1, last + 1
  end
end

---Sends a signal and waits for the end.
---@param signal integer
---@return integer? code
---@return integer? signal that ended it
function Watched:stop(signal)
  self.process:kill(signal)
  local code, by
  self:wait(function()
    code, by = self.process:wait(0)
    return type(by) ~= "table" or nil
  end)
  self.said = self.said .. self.process:read_stderr()
  for line in self.process:read_stdout():gmatch "[^\n]+" do
    self.events[#self.events + 1] = assert(json.decode(line), line)
  end
  return code, by
end

---How many lines so far are of an event, or have a member.
---@param name string
---@return integer
function Watched:count(name)
  local count = 0
  for _, event in ipairs(self.events) do
    if is(event, name) then count = count + 1 end
  end
  return count
end

-- Not by force: what it has started must not write any more when its directory is removed.
Watched.__close = function(self)
  self:stop(SIGTERM)
  self.process:close()
end

return start
