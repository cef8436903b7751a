-- The kind "instances": the processes of service instances, templated ones within their locks and
-- free ones whole. Owns the kind's table; the rules are in the files beside it.

local function touched(ids)
  return { topic = "processes", touched = ids }
end

local function its_processes(_, changes)
  local ids = {}
  for i, change in ipairs(changes) do ids[i] = change.id end
  return { touched { processes = ids } }
end

return {
  name = "instances",
  section = "instances",
  read = require "remora.kinds.instances.read",
  plan = require "remora.kinds.instances.plan",
  simulate = require "remora.kinds.instances.simulate",
  existing = require "remora.kinds.instances.existing",
  labels = require "remora.kinds.instances.labels",

  ground = require "remora.kinds.instances.ground",
  touches = {
    ["cc.create_service_instance"] = function(step)
      return { touched { modules = { step.args.bk_module_id } }, "need_sync" }
    end,
    ["cc.create_process_instance"] = function(step)
      return { touched { instances = { step.args.service_instance_id } } }
    end,
    ["cc.update_process_instance"] = its_processes,
    ["cc.update_process_instances_by_ids"] = its_processes,
    ["cc.delete_process_instance"] = its_processes,
  },
}
