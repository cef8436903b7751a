-- Reads which service instances carry the labels that rules name (list_service_instance with
-- selectors), and knows which rules met none.

local json = require "json"
local order = require "remora.core.order"

local labels = {}

-- Ids of the service instances that carry some labels.
local function carrying(reader, state, wanted)
  local selectors = json.array {}
  for key, value in pairs(wanted) do
    selectors[#selectors + 1] = { key = key, operator = "=", values = { value } }
  end
  table.sort(selectors, function(a, b) return a.key < b.key end)
  local args = { bk_biz_id = state.business.id, selectors = selectors }
  local rows, refused = reader:memo("processes", json.encode(args), function()
    return reader:pages("cc.list_service_instance", args)
  end)
  if not rows then return nil, refused end
  local ids = {}
  for _, row in ipairs(rows) do ids[row.id] = true end
  return ids
end

---Reads which service instances carry the labels that rules name.
---@param reader table
---@param state table with business
---@param rules {where: table}[]
---@param into table its `labelled` is set: ids of service instances, as a set, by the rule's index;
---  nothing for a rule without labels
---@return boolean? done
---@return table? fault
function labels.read(reader, state, rules, into)
  local asked, labelled = {}, {}
  for i, rule in ipairs(rules) do
    if rule.where.labels then asked[#asked + 1] = i end
  end
  local answers, refused = reader:gather(asked, function(i)
    return carrying(reader, state, rules[i].where.labels)
  end)
  if not answers then return nil, refused end
  for k, i in ipairs(asked) do labelled[i] = answers[k] end
  into.labelled = labelled
  return true
end

-- "{ tier: web }"
local function shown(wanted)
  local words = {}
  for key, value in order.pairs(wanted) do words[#words + 1] = key .. ": " .. value end
  return "{ " .. table.concat(words, ", ") .. " }"
end

local function add_unmet(found, pb, rules, labelled)
  for i, rule in ipairs(rules or {}) do
    if labelled[i] and not next(labelled[i]) then
      found[#found + 1] = { at = pb.at(rule.where, "labels"),
        message = "no service instance has the labels " .. shown(rule.where.labels) }
    end
  end
end

---The labels of rules that nothing in the business carries.
---@param pb table
---@param state table as read
---@return {at: table?, message: string}[]
function labels.unmet(pb, state)
  local found = {}
  add_unmet(found, pb, pb.sections.instances, state.labelled or {})
  add_unmet(found, pb, pb.sections.hosting, state.hosting and state.hosting.labelled or {})
  return found
end

return labels
