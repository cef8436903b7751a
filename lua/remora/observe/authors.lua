-- Finds out who changed objects and when: from the objects themselves, and for processes from the
-- events of the last hours (resource_watch), which tell the change of one attribute from another's.
-- Never needed: a platform that does not say leaves the answers out.

local catalogue = require "remora.catalogue"
local portions = require "remora.core.portions"
local values = require "remora.model.values"

local authors = {}

-- How each type of object is read by ids, and says who changed it last.
local TYPES = {
  process = {
    call = "cc.list_process_detail_by_ids",
    fields = { "bk_process_id", "bk_created_by", "bk_updated_at", "bk_updated_by", "last_time" },
    id = "bk_process_id", by = { "bk_updated_by", "bk_created_by" },
    at = { "bk_updated_at", "last_time" },
  },
  ["process template"] = {
    call = "cc.list_proc_template", rows = "info",
    id = "id", by = { "modifier", "creator" }, at = { "last_time" },
  },
}

local EVENTS_PER_CALL, MOST_CALLS = 200, 25
local KEPT = 3 * 3600 -- seconds the platform keeps events at least

local function first_set(row, names)
  for _, name in ipairs(names) do
    if not values.unset(row[name]) and row[name] ~= "" then return row[name] end
  end
  return nil
end

local function ask(reader, business_id, kind, ids)
  local found, batch = {}, assert(catalogue.get(kind.call)).batch
  for _, part in ipairs(portions(ids, batch.limit)) do
    local data = reader:call(kind.call, {
      bk_biz_id = business_id, fields = kind.fields, [batch.field] = part,
    })
    for _, row in ipairs(data and (kind.rows and data[kind.rows] or data) or {}) do
      found[row[kind.id]] = { by = first_set(row, kind.by), at = first_set(row, kind.at) }
    end
  end
  return found
end

-- Updates of processes since a time, oldest first, by process.
local function events(reader, since)
  local args = { bk_resource = "process", bk_event_types = { "update" }, bk_start_from = since }
  local by_id = {}
  for _ = 1, MOST_CALLS do
    local data = reader:call("cc.resource_watch", args)
    local list = data and data.bk_watched and data.bk_events or {}
    for _, event in ipairs(list) do
      local detail = event.bk_detail
      if type(detail) == "table" and detail.bk_process_id then
        by_id[detail.bk_process_id] = by_id[detail.bk_process_id] or {}
        table.insert(by_id[detail.bk_process_id], detail)
      end
    end
    if #list < EVENTS_PER_CALL then break end
    args = { bk_resource = "process", bk_event_types = { "update" },
      bk_cursor = list[#list].bk_cursor }
  end
  return by_id
end

-- The event in which a field got the value it still has. complete: there is none before the list.
local function event_of(list, field, complete)
  local found
  for i = #list, 1, -1 do
    if not values.equal(list[i][field.name], field.now) then return found end
    found = list[i]
  end
  return complete and found or nil
end

local function ids_of(differences, type)
  local ids, seen = {}, {}
  for _, each in ipairs(differences) do
    if each.type == type and math.type(each.id) == "integer" and not seen[each.id] then
      seen[each.id] = true
      ids[#ids + 1] = each.id
    end
  end
  return ids
end

local function say(each, author)
  if author then each.by, each.changed_at = author.by, author.at end
end

---Says of differences who made them and when: `by` and `changed_at` (as the platform writes times),
---of the object, and of a field where that is known better.
---@param reader table
---@param business_id integer
---@param differences remora.reconcile.Difference[] those of the platform; with integer ids
---@param since number unix seconds of the last apply
---@param now number unix seconds
function authors.read(reader, business_id, differences, since, now)
  for type, kind in pairs(TYPES) do
    local ids = ids_of(differences, type)
    local found = #ids > 0 and ask(reader, business_id, kind, ids) or {}
    for _, each in ipairs(differences) do
      if each.type == type then say(each, found[each.id]) end
    end
  end
  if #ids_of(differences, "process") == 0 then return end
  local complete = since > now - KEPT
  local by_id = events(reader, math.floor(complete and since or now - KEPT))
  for _, each in ipairs(differences) do
    for _, field in ipairs(each.type == "process" and by_id[each.id] and each.fields or {}) do
      local event = event_of(by_id[each.id], field, complete)
      if event then
        field.by = first_set(event, TYPES.process.by)
        field.changed_at = first_set(event, TYPES.process.at)
      end
    end
  end
end

return authors
