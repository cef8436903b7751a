-- How what the writing calls of the old platform rest on is read again just before them: processes
-- as they are, that there are none of a name, and to which modules they are bound.
--
-- The one listing call takes a single process or none: several are found by paging through all of
-- them, which is fewer calls than one for each.

local ground = require "remora.reconcile.ground"
local json = require "json"
local v3 = require "remora.observe.v3"

-- The processes of which a member has one of some values.
local function search(reader, looked, member, values, fields)
  return v3.processes(reader, looked.business,
    { condition = { [member] = #values == 1 and values[1] or nil }, fields = fields })
end

local CHANGED = {
  read = function(reader, looked)
    local rows, refused = search(reader, looked, "bk_process_id", looked.ids,
      json.array { "bk_process_id", table.unpack(looked.fields) })
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
    local ids, seen, bound = {}, {}, {}
    for _, id in ipairs(looked.ids) do
      if not seen[id] then ids[#ids + 1], seen[id] = id, true end
    end
    local answers, refused = reader:gather(ids, function(id)
      return v3.bindings(reader, looked.business, id)
    end)
    if not answers then return nil, refused end
    for i, id in ipairs(ids) do bound[id] = answers[i] end
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
