-- How what the writing calls on service templates rest on is read again just before them: process
-- templates whole, the category of a service template, and what a sync would bring to instances.

local catalogue = require "remora.catalogue"
local ground = require "remora.reconcile.ground"
local sync = require "remora.kinds.service_templates.sync"

local LIST = "cc.list_proc_template"

local PROCESS_TEMPLATES = {
  limit = catalogue.limit(LIST),
  read = function(reader, looked)
    local data, refused = reader:call(LIST,
      { bk_biz_id = looked.business, process_template_ids = looked.ids })
    if not data then return nil, refused end
    local rows = {}
    for _, row in ipairs(data.info) do rows[row.id] = row.property end
    return rows
  end,
}

local SERVICE_TEMPLATES = {
  read = function(reader, looked)
    local rows, refused = reader:pages("cc.list_service_template",
      { bk_biz_id = looked.business, service_template_ids = looked.ids })
    if not rows then return nil, refused end
    return ground.by(rows, "id")
  end,
}

-- One call for each template, which goes to all instances of all its modules.
local SYNCED = {
  topics = { "proc_templates" },
  read = function(reader, looked)
    local answers, refused = reader:gather(looked.ids, function(id)
      return reader:call(LIST, { bk_biz_id = looked.business, service_template_id = id })
    end)
    if not answers then return nil, refused end
    local rows = {}
    for i, id in ipairs(looked.ids) do
      local processes = {}
      for _, row in ipairs(answers[i].info) do
        processes[row.bk_process_name] = row.property
      end
      rows[id] = { processes = processes }
    end
    return rows
  end,
}

return {
  ["cc.update_service_template"] = SERVICE_TEMPLATES,
  ["cc.update_proc_template"] = PROCESS_TEMPLATES,
  ["cc.delete_proc_template"] = PROCESS_TEMPLATES,
  [sync.CALL] = SYNCED,
}
