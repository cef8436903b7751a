-- The kind "service templates": service templates, their process templates, and the sync that makes
-- the instances of their modules follow. Owns the kind's table; the rules are in the files beside
-- it.

local sync = require "remora.kinds.service_templates.sync"
local templates = require "remora.kinds.service_templates.plan"

return {
  name = "service_templates",
  section = "service_templates",
  read = require "remora.kinds.service_templates.read",

  plan = function(pb, state, builder)
    sync.plan(pb, state, builder, templates.plan(pb, state, builder))
  end,

  simulate = require "remora.kinds.service_templates.simulate",
  existing = require "remora.kinds.service_templates.existing",
  labels = require "remora.kinds.service_templates.labels",

  ground = require "remora.kinds.service_templates.ground",
  touches = {
    ["cc.create_service_template"] = { "service_templates" },
    ["cc.update_service_template"] = { "service_templates", "topology" },
    ["cc.batch_create_proc_template"] = { "proc_templates", "need_sync" },
    ["cc.update_proc_template"] = { "proc_templates", "need_sync" },
    ["cc.delete_proc_template"] = { "proc_templates", "need_sync", "processes" },
    [sync.CALL] = { "need_sync", "survey", "processes" },
  },

  perform = { [sync.CALL] = sync.perform },
  settle = { [sync.CALL] = sync.settle },
}
