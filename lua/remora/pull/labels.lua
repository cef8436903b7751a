-- Finds the labels of service instances: a playbook can select by them and cannot set them, so
-- whoever pulls should know which there are.

local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local values = require "remora.model.values"

local labels = {}

local MOST_NAMED = 3 -- service instances, and values, in one line

-- What a platform answers whose bus or gateway does not offer the call.
local NOT_OFFERED = { ["call.no_route"] = true, ["http.not_found"] = true }

-- Who of some modules carries a label, as words; nil: nobody.
local function carriers(reader, state, modules, key)
  local names, count, found = {}, 0, {}
  local done, refused = reader:each("cc.list_service_instance", {
    bk_biz_id = state.business.id, page = { sort = "id" },
    selectors = { { key = key, operator = "exists" } },
  }, {}, function(row)
    local module = modules[row.bk_module_id]
    if not module then return end
    count, found[row.labels[key]] = count + 1, true
    if #names < MOST_NAMED then
      names[#names + 1] = ("%s/%s/%s"):format(module.set_name, module.name, row.name)
    end
  end)
  if not done then return nil, refused end
  if count == 0 then return false end
  return ("The label %s (%s) of %s"):format(key, phrase.named(order.keys(found), MOST_NAMED),
    phrase.named(names, MOST_NAMED, count))
end

---Says at the head of the playbook which labels there are.
---@param reader table
---@param state table with business
---@param modules remora.observe.Module[]
---@param notes remora.pull.Notes
---@return boolean? done
---@return table? fault
function labels.read(reader, state, modules, notes)
  local keys, refused = reader:call("cc.find_service_instance_label_aggregation",
    { bk_biz_id = state.business.id })
  if not keys and NOT_OFFERED[refused.code] then
    notes:head("Labels of service instances, which could not be read: " .. refused.message)
    return true
  elseif not keys then
    return nil, refused
  end
  local by_id = {}
  for _, module in ipairs(modules) do by_id[module.id] = module end
  keys = values.unset(keys) and {} or order.keys(keys)
  local lines, failed = reader:gather(keys, function(key)
    return carriers(reader, state, by_id, key)
  end)
  if not lines then return nil, failed end
  for _, line in ipairs(lines) do
    if line then notes:head(line) end
  end
  return true
end

return labels
