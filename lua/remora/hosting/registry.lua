-- Remembers what was registered with the agents, because no platform tells: the definition of each
-- hosted process and the way it went, by platform and place; of what was taken back, too, for who
-- starts it again. Owns one SQLite file; decides nothing.

local json = require "json"
local own_file = require "remora.core.own_file"
local system = require "system"

local registry = {}
registry.__index = registry

local DDL = [[
CREATE TABLE IF NOT EXISTS hosted (
  platform TEXT NOT NULL,
  place TEXT NOT NULL,
  registration TEXT NOT NULL,
  PRIMARY KEY (platform, place)
) STRICT, WITHOUT ROWID;
]]

---@class remora.hosting.Registration
---@field via string the driver that registered it
---@field entry table the definition
---@field ended true? it was taken back since

local MOST_ROWS = 1000 -- read at a time

local FAILURE = "what is registered cannot be remembered"

local function failed(path, refused)
  return own_file.refused(path, FAILURE, refused)
end

---The memory for one platform. Its file is opened when it is first needed, and made by the first
---thing to remember.
---@param path string
---@param platform string what tells this platform from others
---@return table registry
function registry.new(path, platform)
  return setmetatable({ path = path, platform = platform, acted = {} }, registry)
end

---Notes that an operation was done that no agent tells of afterwards. Kept in memory only: a later
---run that asks for it again means it.
---@param place string
function registry:act(place)
  self.acted[place] = true
end

-- The file, made with its directory when missing.
local function opened(self)
  if self.db then return self.db end
  local refused
  self.db, refused = own_file.open(self.path, FAILURE, DDL)
  return self.db, refused
end

---Everything that was registered on this platform.
---@return table<string, remora.hosting.Registration>? registrations by place (hosting/targets.lua);
---  equal ones are one table, for a fleet has few: they are never changed
---@return table|nil former fault, or the registrations that have ended, in the same way
function registry:all()
  local known, former = {}, {}
  if not self.db and not system.stat(self.path) then return known, former end -- makes no file
  local db, unopened = opened(self)
  if not db then return nil, unopened end
  local by_text, last = {}, ""
  repeat
    local rows, refused = db:rows("SELECT place, registration FROM hosted "
      .. "WHERE platform = ? AND place > ? ORDER BY place LIMIT ?", self.platform, last, MOST_ROWS)
    if not rows then return nil, failed(self.path, refused) end
    for _, row in ipairs(rows) do
      local text = row.registration
      by_text[text] = by_text[text] or assert(json.decode(text))
      local list = by_text[text].ended and former or known
      list[row.place], last = by_text[text], row.place
    end
  until #rows < MOST_ROWS
  return known, former
end

---Makes changes one: all of them are kept, or none. The disk is waited for once.
---@param change fun(): boolean?, table?
---@return boolean? done
---@return table? fault
function registry:together(change)
  local db, unopened = opened(self)
  if not db then return nil, unopened end
  local begun, refused = db:exec("BEGIN IMMEDIATE")
  if not begun then return nil, failed(self.path, refused) end
  local done, wrong = change()
  local ended
  ended, refused = db:exec(done and "COMMIT" or "ROLLBACK")
  if not done then return nil, wrong end
  if not ended then return nil, failed(self.path, refused) end
  return true
end

local function write(self, sql, ...)
  local db, unopened = opened(self)
  if not db then return nil, unopened end
  local done, refused = db:run(sql, ...)
  if not done then return nil, failed(self.path, refused) end
  return true
end

---Remembers a registration.
---@param place string
---@param registration remora.hosting.Registration
---@return boolean? done
---@return table? fault
function registry:put(place, registration)
  return write(self, "INSERT INTO hosted (platform, place, registration) VALUES (?, ?, ?) "
    .. "ON CONFLICT DO UPDATE SET registration = excluded.registration",
    self.platform, place, json.encode(registration))
end

---Remembers that a registration has ended.
---@param place string
---@return boolean? done
---@return table? fault
function registry:retire(place)
  return write(self, "UPDATE hosted SET registration = json_set(registration, '$.ended', "
    .. "json('true')) WHERE platform = ? AND place = ?", self.platform, place)
end

---Forgets a registration.
---@param place string
---@return boolean? done
---@return table? fault
function registry:forget(place)
  return write(self, "DELETE FROM hosted WHERE platform = ? AND place = ?", self.platform, place)
end

---Closes the file. Safe to repeat.
function registry:close()
  if self.db then self.db:close() end
end

registry.__close = registry.close

return registry
