-- One command on this machine: a shell in a session of its own, whose output goes to a file. It is
-- never waited for here, and lives on when nobody holds it.

local process = require "process"
local system = require "system"

local SHELL = "/bin/sh"
local SIGKILL = 9
local LONGEST = 65536 -- bytes of output that are looked at for its last line

local Command = {}
Command.__index = Command

local command = {}

-- Our own settings and secrets are nothing to what we run.
local function environment()
  local taken = {}
  for name in pairs(system.environ()) do
    if name:find "^BK_" or name:find "^REMORA_" then taken[name] = false end
  end
  return taken
end

-- What is run to run it as somebody.
local function arguments(text, user)
  if user == nil or user == "" or user == system.username() then return { SHELL, "-c", text } end
  if system.uid() ~= 0 then
    return nil, ("this platform runs as %s: it can run nothing as %s"):format(system.username(),
      user)
  end
  return { "runuser", "-u", user, "--", SHELL, "-c", text }
end

---Starts a command.
---@param request {name: string, text: string, user: string?, directory: string, output: string}
---  name: as which it is spoken of; output: path of the file that gets what it writes
---@return table|nil command
---@return string|nil reason
function command.start(request)
  local argv, refused = arguments(request.text, request.user)
  if not argv then return nil, refused end
  local directory = request.directory ~= "" and request.directory or "/"
  local place = system.stat(directory)
  if not place or place.type ~= "directory" then
    return nil, ("there is no directory %s"):format(directory)
  end
  local child, failure = process.spawn { argv = argv, env = environment(), cwd = directory,
    stdout = request.output, stderr = request.output, detached = true }
  if not child then return nil, failure.message end
  return setmetatable({ child = child, name = request.name, output = request.output }, Command)
end

---Whether it has ended.
---@return boolean
function Command:ended()
  if self.over then return true end
  local code, signal = self.child:wait(0)
  if not code and type(signal) == "table" then return false end
  self.over, self.code, self.signal = true, code, signal
  return true
end

local function last_line(path)
  local text = system.read_file(path, LONGEST) or ""
  return text:match("([^\n]*%S)%s*$")
end

---Why it did not do what it was to do.
---@return string|nil reason nil: it has ended well
function Command:failure()
  if self.code == 0 then return nil end
  local reason = self.code and ("%s ended with status %d"):format(self.name, self.code)
    or ("%s was ended by signal %d"):format(self.name, self.signal)
  local said = last_line(self.output)
  return said and ("%s: %s"):format(reason, said) or reason
end

---Ends it with all that it has started.
function Command:kill()
  self.child:kill(SIGKILL)
end

return command
