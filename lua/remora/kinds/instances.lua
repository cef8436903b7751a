-- The kind "instances": the processes of service instances, templated ones within their locks and
-- free ones whole. Owns the kind's table; the rules are in the files beside it.

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

  ground = require "remora.kinds.instances.ground",
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
