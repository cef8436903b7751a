-- The kind "processes" of the old platform (cc_v3): processes of a business and the module names
-- they are bound to. Owns the kind's table; the rules are in the files beside it.

return {
  name = "processes",
  section = "processes",
  read = require "remora.kinds.processes.read",
  plan = require "remora.kinds.processes.plan",
  simulate = require "remora.kinds.processes.simulate",
  existing = require "remora.kinds.processes.existing",
  labels = require "remora.kinds.processes.labels",

  ground = require "remora.kinds.processes.ground",
  touches = {
    ["cc_v3.create_process"] = { "v3_processes" },
    ["cc_v3.update_process"] = { "v3_processes" },
    ["cc_v3.batch_update_process"] = { "v3_processes" },
    ["cc_v3.bind_process_module"] = { "v3_bindings" },
    ["cc_v3.delete_process_module_binding"] = { "v3_bindings" },
  },
}
