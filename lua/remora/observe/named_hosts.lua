-- Reads the hosts that the rules of a playbook name, of all kinds together: no host is asked for
-- twice. Owns state.modules_on (host → set of modules), of hosts that say alone where a rule holds.

local hosts = require "remora.observe.hosts"
local order = require "remora.core.order"
local scope = require "remora.model.scope"

local named_hosts = {}

local function rules_of(pb)
  local list = {}
  for _, section in ipairs { pb.sections.instances or {}, pb.sections.hosting or {} } do
    table.move(section, 1, #section, #list + 1, list)
  end
  return list
end

local function names_of(pb)
  local v4, v6, ids = {}, {}, {}
  for _, rule in ipairs(rules_of(pb)) do
    for _, ip in ipairs(rule.where.hosts or {}) do
      local list = ip:find(":", 1, true) and v6 or v4
      list[ip] = true
    end
    for _, id in ipairs(rule.where.host_ids or {}) do ids[id] = true end
  end
  return order.keys(v4), order.keys(v6), order.keys(ids)
end

local function read_modules(reader, pb, state)
  local ids, rules = {}, rules_of(pb)
  local within = scope.new(rules, state, pb.at)
  for _, rule in ipairs(rules) do
    local its = scope.is_of_hosts(rule.where) and within:hosts(rule.where) or {}
    for id in pairs(its) do ids[id] = true end
  end
  local refused
  state.modules_on, refused = hosts.relations(reader, state, order.keys(ids))
  return state.modules_on ~= nil, refused
end

---Reads the hosts, and where rules name nothing else, which modules they are in.
---@param reader table
---@param pb table
---@param state table with business
---@return boolean? done
---@return table? fault
function named_hosts.read(reader, pb, state)
  local v4, v6, ids = names_of(pb)
  local done, refused = reader:together {
    function() return hosts.read_where(reader, state, "bk_host_innerip", v4) end,
    function() return hosts.read_where(reader, state, "bk_host_innerip_v6", v6) end,
    function() return hosts.read_where(reader, state, "bk_host_id", ids) end,
  }
  if not done then return nil, refused end
  return read_modules(reader, pb, state)
end

return named_hosts
