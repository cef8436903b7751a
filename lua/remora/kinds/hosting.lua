-- The kind "hosting": which processes the agents keep alive, and with which definition. Owns the kind's
-- table; the rules are in remora.hosting.

local perform = require "remora.hosting.perform"
local plan = require "remora.hosting.plan"

return {
  name = "hosting",
  section = "hosting",
  api = "cc",
  schema = require "remora.kinds.hosting.schema",
  read = require "remora.hosting.read",
  plan = plan.plan,
  simulate = plan.simulate,

  -- What a hosted process is told, beside its name and address.
  process_fields = {
    "bk_process_id", "bk_process_name", "work_path", "pid_file", "start_cmd", "stop_cmd",
    "restart_cmd", "reload_cmd", "face_stop_cmd", "user", "timeout", "proc_num",
  },

  touches = {},

  perform = { ["job.manage_proc"] = perform, ["job.operate_process"] = perform },
}
