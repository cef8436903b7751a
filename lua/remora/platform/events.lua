-- What happened to the things that can be watched: one row for each document made, changed or
-- removed, written by triggers and so in the transaction of the change, whoever makes it. Old rows
-- go by themselves. It keeps and finds events; who waits for them is the watch handler's business.

local json = require "json"

local events = {}

events.KEPT = 6 * 3600 -- seconds

-- What is watched under which name: resource → collection.
local WATCHED = {
  biz = "biz", set = "set", module = "module", host = "host", plat = "cloud",
  host_relation = "host_module", process = "process", process_instance_relation = "relation",
  service_instance = "service_instance",
}

-- Milliseconds since 1970.
local NOW = "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"

-- Temporary: they live as long as the connection, so a data file never has those of an older
-- version. What does not differ is no event.
local ON_WRITE = [[
CREATE TEMP TRIGGER %s AFTER %s ON "%s" %s BEGIN
  INSERT INTO event (resource, kind, time, doc) VALUES ('%s', '%s', %s, %s.doc);
END;
]]

local KINDS = {
  { "insert", row = "new", when = "" },
  { "update", row = "new", when = "WHEN old.doc <> new.doc" },
  { "delete", row = "old", when = "" },
}

-- A few at a time, from the oldest, so that no write has to wait for many.
local ON_EVENT = [[
CREATE TEMP TRIGGER event_expiry AFTER INSERT ON event WHEN new.id %% 256 = 0 BEGIN
  DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT 512)
    AND time < new.time - %d;
END;
]]

---From now on, keeps what happens through this store.
---@param store table remora.platform.store
function events.record(store)
  local ddl = { ON_EVENT:format(events.KEPT * 1000) }
  for resource, collection in pairs(WATCHED) do
    for _, kind in ipairs(KINDS) do
      ddl[#ddl + 1] = ON_WRITE:format(("event_%s_%s"):format(resource, kind[1]), kind[1],
        collection, kind.when, resource, kind[1], NOW, kind.row)
    end
  end
  store:define(table.concat(ddl))
end

local function decoded(rows)
  for _, row in ipairs(rows) do row.doc = assert(json.decode(row.doc)) end
  return rows
end

---The events of a resource after a place.
---@param store table
---@param resource string
---@param id integer the event before; 0: from the beginning
---@param limit integer
---@return {id: integer, resource: string, kind: string, time: integer, doc: table}[] oldest first
function events.after(store, resource, id, limit)
  return decoded(store:query("SELECT id, resource, kind, time, doc FROM event "
    .. "WHERE resource = ? AND id > ? ORDER BY id LIMIT ?", resource, id, limit))
end

---The last event of a resource.
---@param store table
---@param resource string
---@return table|nil event
function events.last(store, resource)
  return decoded(store:query("SELECT id, resource, kind, time, doc FROM event "
    .. "WHERE resource = ? ORDER BY id DESC LIMIT 1", resource))[1]
end

---Whether an event is still kept.
---@param store table
---@param resource string
---@param id integer
---@return boolean
function events.has(store, resource, id)
  return store:value("SELECT 1 FROM event WHERE id = ? AND resource = ?", id, resource) ~= nil
end

---The number of the last event before a time. Events are numbered as time passes, so it is found
---by halves.
---@param store table
---@param seconds number unix time
---@return integer id 0 when there is none
function events.before(store, seconds)
  local low = (store:value("SELECT min(id) FROM event") or 1) - 1
  local high = store:value("SELECT max(id) FROM event") or 0
  while low < high do
    local middle = (low + high + 1) // 2
    local time = store:value("SELECT time FROM event WHERE id >= ? ORDER BY id LIMIT 1", middle)
    if time < seconds * 1000 then low = middle else high = middle - 1 end
  end
  return low
end

return events
