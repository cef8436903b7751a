-- The kind "instances": the processes of service instances, templated ones within their locks and
-- free ones whole. Owns the kind's table; the rules are in the files beside it.

local catalogue = require "remora.catalogue"
local process = require "remora.model.process"
local process_columns = require "remora.observe.process_columns"

local READ_AGAIN = "cc.list_process_detail_by_ids"

local GROUND = {
  limit = catalogue.limit(READ_AGAIN),
  fields = process.FIELDS,
  read = function(reader, looked)
    local found, values = {}, process_columns.shared(looked.fields)
    local done, refused = reader:columns(READ_AGAIN, {
      bk_biz_id = looked.business, bk_process_ids = looked.ids,
      fields = { "bk_process_id", table.unpack(looked.fields) },
    }, { id = "bk_process_id", look = looked.fields }, function(row)
      found[row.id] = values(row.look)
    end)
    if not done then return nil, refused end
    return found
  end,
}

local function touched(ids)
  return { topic = "processes", touched = ids }
end

return {
  name = "instances",
  section = "instances",
  read = require "remora.kinds.instances.read",
  plan = require "remora.kinds.instances.plan",
  simulate = require "remora.kinds.instances.simulate",
  existing = require "remora.kinds.instances.existing",

  ground = {
    ["cc.update_process_instance"] = GROUND,
    ["cc.update_process_instances_by_ids"] = GROUND,
    ["cc.delete_process_instance"] = GROUND,
  },
  touches = {
    ["cc.create_service_instance"] = function(args)
      return { touched { modules = { args.bk_module_id } }, "need_sync" }
    end,
    ["cc.create_process_instance"] = function(args)
      return { touched { instances = { args.service_instance_id } } }
    end,
    ["cc.update_process_instance"] = function(args)
      local ids = {}
      for i, item in ipairs(args.processes) do ids[i] = item.bk_process_id end
      return { touched { processes = ids } }
    end,
    ["cc.update_process_instances_by_ids"] = function(args)
      return { touched { processes = args.process_ids } }
    end,
    ["cc.delete_process_instance"] = function(args)
      return { touched { processes = args.process_instance_ids } }
    end,
  },
}
