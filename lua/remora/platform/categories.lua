-- Service categories: the built-in ones every platform starts with, and which category may be used
-- for what. Stores and looks up; the calls themselves are in handlers/category.lua.

local messages = require "remora.platform.messages"

local categories = {}

-- Parents with their children, in the order of their ids on a new platform.
local BUILT_IN = {
  { "Default", "Default" },
  { "数据库", "Mysql", "Redis", "Oracle", "SQLServer", "MongoDB", "Etcd", "Zookeeper" },
  { "消息队列", "Kafka", "RabbitMQ" },
  { "HTTP 服务", "Nginx", "Apache", "Tomcat" },
  { "存储", "Ceph", "NFS" },
}

---The built-in category of modules and templates that name none.
categories.DEFAULT_ID = 2

---Stores a category.
---@param store table
---@param fields {bk_biz_id: integer, name: string, is_built_in: boolean}
---@param parent table|nil category above it
---@return table category
function categories.insert(store, fields, parent)
  local id = store:next_id("category")
  return store:insert("category", {
    id = id, bk_biz_id = fields.bk_biz_id, name = fields.name,
    bk_parent_id = parent and parent.id or 0, bk_root_id = parent and parent.bk_root_id or id,
    bk_supplier_account = "0", is_built_in = fields.is_built_in,
  })
end

---Puts the built-in categories into an empty platform.
---@param store table
function categories.seed(store)
  if store:count("category") > 0 then return end
  for _, names in ipairs(BUILT_IN) do
    local parent
    for i, name in ipairs(names) do
      local made = categories.insert(store,
        { bk_biz_id = 0, name = name, is_built_in = true }, parent)
      if i == 1 then parent = made end
    end
  end
end

---The category a service template of a business may carry.
---@param store table
---@param id integer|nil
---@param business_id integer
---@param foreign_field string named when the category belongs to another business
---@return table|nil category
---@return remora.platform.Refusal|nil refusal
function categories.usable(store, id, business_id, foreign_field)
  local category = store:get("category", id or 0)
  if not category then return nil, messages.refuse(1199006, "service_category_id") end
  if store:count("category", { bk_parent_id = category.id }) > 0 then
    return nil, messages.refuse(1113032)
  end
  if category.bk_biz_id ~= 0 and category.bk_biz_id ~= business_id then
    return nil, messages.refuse(1199006, foreign_field)
  end
  return category
end

---How many templates and modules use a category.
---@param store table
---@param id integer
---@param business_id integer|nil nil: in any business
---@return integer
function categories.usage(store, id, business_id)
  local where = { service_category_id = id, bk_biz_id = business_id }
  return store:count("service_template", where) + store:count("module", where)
end

---A category and all below it.
---@param store table
---@param id integer
---@return integer[] ids
function categories.with_descendants(store, id)
  local ids, at = { id }, 1
  while ids[at] do
    for _, child in ipairs(store:column("category", "id", { bk_parent_id = ids[at] })) do
      ids[#ids + 1] = child
    end
    at = at + 1
  end
  return ids
end

return categories
