-- Remembers what was registered with the agents, because no platform tells: the definition of each hosted
-- process, by platform and place. Owns one SQLite file; decides nothing.

local fault = require "remora.core.fault"
local json = require "json"
local sqlite = require "sqlite"

local registry = {}
registry.__index = registry

local DDL = [[
CREATE TABLE IF NOT EXISTS hosted (
  platform TEXT NOT NULL,
  place TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (platform, place)
) STRICT, WITHOUT ROWID;
]]

local function failed(path, refused)
  return fault.new {
    code = refused.code, message = ("%s: %s"):format(path, refused.message),
    hint = "remora keeps there what it registered; check the directory, its owner and the free space",
  }
end

---Opens the memory for one platform.
---@param path string file; made when missing
---@param platform string what tells this platform from others: its URL, or the embedded one's data file
---@return table? registry
---@return table? fault
function registry.open(path, platform)
  local db, refused = sqlite.open(path)
  if not db then return nil, failed(path, refused) end
  local _, wrong = db:exec(DDL)
  if wrong then
    db:close()
    return nil, failed(path, wrong)
  end
  return setmetatable({ db = db, path = path, platform = platform }, registry)
end

---Everything that was registered on this platform.
---@return table<string, table>? definitions by place (see hosting/targets.lua)
---@return table? fault
function registry:all()
  local rows, refused = self.db:rows(
    "SELECT place, definition FROM hosted WHERE platform = ?", self.platform)
  if not rows then return nil, failed(self.path, refused) end
  local known = {}
  for _, row in ipairs(rows) do known[row.place] = assert(json.decode(row.definition)) end
  return known
end

---Remembers a registration.
---@param place string
---@param definition table
---@return boolean? done
---@return table? fault
function registry:put(place, definition)
  local done, refused = self.db:run(
    "INSERT INTO hosted (platform, place, definition) VALUES (?, ?, ?) "
      .. "ON CONFLICT DO UPDATE SET definition = excluded.definition",
    self.platform, place, json.encode(definition))
  if not done then return nil, failed(self.path, refused) end
  return true
end

---Forgets a registration.
---@param place string
---@return boolean? done
---@return table? fault
function registry:forget(place)
  local done, refused = self.db:run(
    "DELETE FROM hosted WHERE platform = ? AND place = ?", self.platform, place)
  if not done then return nil, failed(self.path, refused) end
  return true
end

---Closes the file. Safe to repeat.
function registry:close()
  self.db:close()
end

registry.__close = registry.close

return registry
