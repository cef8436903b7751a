-- How what the writing calls on service instances rest on is read again just before them: processes
-- as they are, and that a host has no service instance yet. Of what is new otherwise the platform
-- itself refuses another one; only without a template it takes any number for one host.

local catalogue = require "remora.catalogue"
local columns = require "remora.net.columns"
local process = require "remora.model.process"
local process_columns = require "remora.observe.process_columns"
local values = require "remora.model.values"

local PROCESSES = "cc.list_process_detail_by_ids"
local SERVICE_INSTANCES = "cc.list_service_instance_detail"

local CHANGED = {
  limit = catalogue.limit(PROCESSES),
  fields = process.FIELDS,
  read = function(reader, looked)
    local found, values_of = {}, process_columns.shared(looked.fields)
    local done, refused = columns.read(reader, PROCESSES, {
      bk_biz_id = looked.business, bk_process_ids = looked.ids,
      fields = { "bk_process_id", table.unpack(looked.fields) },
    }, { id = "bk_process_id", look = looked.fields }, function(row)
      found[row.id] = values_of(row.look)
    end)
    if not done then return nil, refused end
    return found
  end,
}

-- The only module of some changes; the listing call takes one or none.
local function single_module(changes)
  local module = changes[1].place.module
  for _, change in ipairs(changes) do
    if change.place.module ~= module then return nil end
  end
  return module
end

local function at(module, host, name)
  return ("%d %d %s"):format(module, host, name or "")
end

local CREATED = {
  limit = assert(catalogue.get(SERVICE_INSTANCES)).page.limit, -- hosts that have one by now
  read = function(reader, looked)
    local hosts, there, found = {}, {}, {}
    for i, change in ipairs(looked.changes) do hosts[i] = change.place.host end
    local rows, refused = reader:pages(SERVICE_INSTANCES, { bk_biz_id = looked.business,
      bk_module_id = single_module(looked.changes), bk_host_list = hosts, page = { sort = "id" } })
    if not rows then return nil, refused end
    for _, row in ipairs(rows) do
      -- One without processes no plan speaks of.
      if not values.unset(row.process_instances) then
        there[at(row.bk_module_id, row.bk_host_id)] = true
        there[at(row.bk_module_id, row.bk_host_id, row.name)] = true
      end
    end
    for i, change in ipairs(looked.changes) do
      local place = change.place
      local exists = there[at(place.module, place.host, place.instance)] == true
      found[looked.ids[i]] = { exists = exists }
    end
    return found
  end,
}

return {
  ["cc.update_process_instance"] = CHANGED,
  ["cc.update_process_instances_by_ids"] = CHANGED,
  ["cc.delete_process_instance"] = CHANGED,
  ["cc.create_service_instance"] = CREATED,
}
