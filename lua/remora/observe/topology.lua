-- Reads the tree of a business (search_biz_inst_topo) into flat lists of sets and modules.
-- Owns state.sets, state.modules, state.module_by_id and state.followers; idle and other built-in
-- modules are left out.

local order = require "remora.core.order"
local values = require "remora.model.values"

local topology = {}

---@class remora.observe.Module
---@field id integer
---@field name string
---@field set_id integer
---@field set_name string
---@field template_id integer service template; 0: none

-- Levels that an operator put between business and set have no meaning here.
local function walk(node, set, state)
  if node.default ~= nil and node.default ~= 0 then return end
  if node.bk_obj_id == "set" then
    set = { id = node.bk_inst_id, name = node.bk_inst_name }
    state.sets[#state.sets + 1] = set
  elseif node.bk_obj_id == "module" then
    local template_id = node.service_template_id
    local module = {
      id = node.bk_inst_id, name = node.bk_inst_name, set_id = set.id, set_name = set.name,
      template_id = values.unset(template_id) and 0 or template_id,
    }
    state.modules[#state.modules + 1] = module
    state.module_by_id[module.id] = module
  end
  if values.unset(node.child) then return end
  for _, child in ipairs(node.child) do walk(child, set, state) end
end

---Reads the tree of the business, once per state.
---@param reader table
---@param state table with business
---@return boolean? done
---@return table? fault
function topology.read(reader, state)
  local tree, refused = reader:memo("topology", "tree", function()
    return reader:call("cc.search_biz_inst_topo", { bk_biz_id = state.business.id })
  end)
  if not tree then return nil, refused end
  if state.modules then return true end
  state.sets, state.modules, state.module_by_id = {}, {}, {}
  for _, root in ipairs(tree) do walk(root, nil, state) end
  table.sort(state.sets, order.by_id)
  table.sort(state.modules, order.by_id)
  return true
end

---What a module is called: plans name it so, and limits count what is in it under that name.
---@param module remora.observe.Module
---@return string "prod-1/web"
function topology.place(module)
  return module.set_name .. "/" .. module.name
end

local function by_template(modules)
  local lists = {}
  for _, module in ipairs(modules) do
    lists[module.template_id] = lists[module.template_id] or {}
    table.insert(lists[module.template_id], module)
  end
  return lists
end

-- Whom a template has that no module follows.
local NOBODY = {}

---The modules that follow a service template, by id. Asked for every template, so they are sorted
---out once.
---@param state table
---@param template_id integer|string
---@return remora.observe.Module[] shared, not to be changed
function topology.following(state, template_id)
  state.followers = state.followers or by_template(state.modules)
  return state.followers[template_id] or NOBODY
end

return topology
