-- The kind "instances": the processes of service instances, templated ones within their locks and
-- free ones whole. Owns the kind's table; the rules are in the files beside it.

return {
  name = "instances",
  section = "instances",
  api = "cc",
  schema = require "remora.kinds.instances.schema",
  read = require "remora.kinds.instances.read",
  plan = require "remora.kinds.instances.plan",
  simulate = require "remora.kinds.instances.simulate",
  existing = (require "remora.kinds.instances.existing"),

  touches = {
    ["cc.create_service_instance"] = { "processes", "need_sync" },
    ["cc.create_process_instance"] = { "processes" },
    ["cc.update_process_instance"] = { "processes" },
    ["cc.delete_process_instance"] = { "processes" },
  },
}
