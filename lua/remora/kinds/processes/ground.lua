-- How what the writing calls of the old platform rest on is read again just before them: processes
-- as they are, that there are none of a name, and to which modules they are bound.
--
-- The one listing call takes a single process or none: several are found by paging through all of
-- them, which is fewer calls than one for each.

local ground = require "remora.reconcile.ground"
local json = require "json"

local ACCOUNT = "0"

-- The processes of which a member has one of some values.
local function search(reader, looked, member, values, fields)
  return reader:pages("cc_v3.search_process", {
    bk_supplier_account = ACCOUNT, bk_biz_id = looked.business,
    condition = { [member] = #values == 1 and values[1] or nil },
    fields = fields, page = { sort = "bk_process_id" },
  })
end

local CHANGED = {
  read = function(reader, looked)
    local rows, refused = search(reader, looked, "bk_process_id", looked.ids,
      { "bk_process_id", table.unpack(looked.fields) })
    if not rows then return nil, refused end
    return ground.by(rows, "bk_process_id")
  end,
}

local CREATED = {
  read = function(reader, looked)
    local names, exist, found = {}, {}, {}
    for i, change in ipairs(looked.changes) do names[i] = change.label[1] end
    local rows, refused = search(reader, looked, "bk_process_name", names,
      json.array { "bk_process_name" })
    if not rows then return nil, refused end
    for _, row in ipairs(rows) do exist[row.bk_process_name] = true end
    for i, id in ipairs(looked.ids) do found[id] = { exists = exist[names[i]] == true } end
    return found
  end,
}

-- One call for each process, which tells of all modules.
local BOUND = {
  read = function(reader, looked)
    local ids, bound = {}, {}
    for _, id in ipairs(looked.ids) do
      if not bound[id] then ids[#ids + 1], bound[id] = id, {} end
    end
    local answers, refused = reader:gather(ids, function(id)
      return reader:call("cc_v3.get_process_bind_module", { bk_supplier_account = ACCOUNT,
        bk_biz_id = looked.business, bk_process_id = id })
    end)
    if not answers then return nil, refused end
    for i, id in ipairs(ids) do
      for _, row in ipairs(answers[i]) do bound[id][row.bk_module_name] = row.is_bind == 1 end
    end
    return bound
  end,
}

return {
  ["cc_v3.create_process"] = CREATED,
  ["cc_v3.update_process"] = CHANGED,
  ["cc_v3.batch_update_process"] = CHANGED,
  ["cc_v3.bind_process_module"] = BOUND,
  ["cc_v3.delete_process_module_binding"] = BOUND,
}
