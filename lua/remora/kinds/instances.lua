-- The kind "instances": the processes of service instances, templated ones within their locks and
-- free ones whole. Owns the kind's table; the rules are in the files beside it.

local process = require "remora.model.process"

local GROUND = {
  call = "cc.list_process_detail_by_ids",
  fields = process.FIELDS,
  args = function(args, ids, fields)
    fields[#fields + 1] = "bk_process_id"
    return { bk_biz_id = args.bk_biz_id, bk_process_ids = ids, fields = fields }
  end,
  rows = function(data)
    local rows = {}
    for _, row in ipairs(data) do rows[row.bk_process_id] = row end
    return rows
  end,
}

return {
  name = "instances",
  section = "instances",
  api = "cc",
  schema = require "remora.kinds.instances.schema",
  read = require "remora.kinds.instances.read",
  plan = require "remora.kinds.instances.plan",
  simulate = require "remora.kinds.instances.simulate",
  existing = (require "remora.kinds.instances.existing"),

  ground = {
    ["cc.update_process_instance"] = GROUND,
    ["cc.delete_process_instance"] = GROUND,
  },
  touches = {
    ["cc.create_service_instance"] = { "processes", "need_sync" },
    ["cc.create_process_instance"] = { "processes" },
    ["cc.update_process_instance"] = { "processes" },
    ["cc.delete_process_instance"] = { "processes" },
  },
}
