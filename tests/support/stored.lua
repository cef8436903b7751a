-- Every document that a platform has stored, as text: for finding what was touched, and what was
-- not. Owns which collections are the fleet's and which the platform's own bookkeeping.

local collections = require "remora.platform.collections"
local json = require "json"

-- What a platform notes for itself: tasks, events, the clock of its agents.
local OWN = { sync_task = true, event = true, agent = true }

local function key_of(name, doc)
  local key = collections[name].key
  return key and tostring(doc[key]) or json.encode(doc)
end

---@param platform {store: table}
---@return table<string, string> documents by "collection key"
return function(platform)
  local documents = {}
  for name in pairs(collections) do
    for _, doc in ipairs(OWN[name] and {} or platform.store:find(name)) do
      documents[name .. " " .. key_of(name, doc)] = json.encode(doc)
    end
  end
  return documents
end
