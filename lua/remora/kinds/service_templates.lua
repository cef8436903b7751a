-- The kind "service templates": service templates, their process templates, and the sync that makes
-- the instances of their modules follow. Owns the kind's table; the rules are in the files beside
-- it.

local existing = require "remora.kinds.service_templates.existing"
local sync = require "remora.kinds.service_templates.sync"
local templates = require "remora.kinds.service_templates.plan"

local GROUND = {
  call = "cc.list_proc_template",
  args = function(args, ids)
    return { bk_biz_id = args.bk_biz_id, process_template_ids = ids }
  end,
  rows = function(data)
    local rows = {}
    for _, row in ipairs(data.info) do rows[row.id] = row.property end
    return rows
  end,
}

return {
  name = "service_templates",
  section = "service_templates",
  api = "cc",
  schema = require "remora.kinds.service_templates.schema",
  read = require "remora.kinds.service_templates.read",

  plan = function(pb, state, builder)
    templates.plan(pb, state, builder)
    sync.plan(pb, state, builder)
  end,

  simulate = require "remora.kinds.service_templates.simulate",
  existing = existing,

  ground = {
    ["cc.update_proc_template"] = GROUND,
    ["cc.delete_proc_template"] = GROUND,
  },
  touches = {
    ["cc.create_service_template"] = { "service_templates" },
    ["cc.update_service_template"] = { "service_templates", "topology" },
    ["cc.batch_create_proc_template"] = { "proc_templates", "need_sync" },
    ["cc.update_proc_template"] = { "proc_templates", "need_sync" },
    ["cc.delete_proc_template"] = { "proc_templates", "need_sync", "processes" },
    [sync.CALL] = { "need_sync", "processes" },
  },

  perform = { [sync.CALL] = sync.perform },
  settle = { [sync.CALL] = sync.settle },
}
