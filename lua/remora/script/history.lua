-- The lines typed in earlier sessions: one file, readable by its user only. Lines that seem to
-- hold a secret are not kept.

local caller = require "remora.catalogue.caller"
local system = require "system"
local user_file = require "remora.core.user_file"

local history = {}
history.__index = history

local KEPT = 1000 -- lines; the file is cut when it has twice as many

---Where the file is.
---@param env fun(name: string): string|nil
---@return string|nil path nil without a home directory
function history.path(env)
  return user_file(env, "XDG_STATE_HOME", ".local/state", "history")
end

---@param path string|nil nil: nothing is kept
---@return table history with `lines`, the oldest first
function history.open(path)
  local self = setmetatable({ lines = {} }, history)
  local text = path and system.read_file(path)
  for line in (text or ""):gmatch("[^\n]+") do self.lines[#self.lines + 1] = line end
  local surplus = #self.lines - KEPT
  if surplus > 0 then self.lines = table.move(self.lines, surplus + 1, #self.lines, 1, {}) end
  if not path then return self end
  local kept = text
  if not text then
    system.mkdir(path:match("^(.*)/"))
    kept = system.write_file(path, "", 384) -- 0600
  elseif surplus > KEPT then
    kept = system.write_file(path, table.concat(self.lines, "\n") .. "\n", 384)
  end
  -- A session without history is better than none.
  self.file = kept and io.open(path, "a") or nil
  return self
end

---Keeps a line.
---@param line string
---@return boolean kept false for blank lines, secrets and the line before once more
function history:add(line)
  if not line:find("%S") or line == self.lines[#self.lines] then return false end
  for _, word in ipairs(caller.secrets) do
    if line:find(word, 1, true) then return false end
  end
  self.lines[#self.lines + 1] = line
  if self.file then
    self.file:write(line, "\n")
    self.file:flush()
  end
  return true
end

function history:close()
  if self.file then self.file:close() end
  self.file = nil
end

history.__close = history.close

return history
