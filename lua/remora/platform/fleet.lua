-- Makes the topology's documents and puts hosts into modules, for the calls and for seeding alike.
-- Owns their fields and defaults, as recorded; checks nothing that a caller may get wrong.

local json = require "json"

local fleet = {}

local null = json.null

-- The set and modules that every business has from the start: the platform tells them by `default`.
local IDLE_SET = { bk_set_name = "空闲机池", default = 1 }
local IDLE_MODULES = {
  { bk_module_name = "空闲机", default = 1 },
  { bk_module_name = "故障机", default = 2 },
  { bk_module_name = "待回收", default = 3 },
}

local IDLE = 1 -- `default` of the module where the hosts of a business wait

-- The attributes of each model, with what they are when nobody says otherwise.
local BUSINESS = {
  bk_biz_name = "",
  bk_biz_developer = null, bk_biz_maintainer = null, bk_biz_productor = null, bk_biz_tester = null,
  default = 0, language = "1", life_cycle = "2", operator = null, time_zone = "Asia/Shanghai",
}
local SET = {
  bk_set_name = "",
  bk_capacity = null, bk_service_status = "1", bk_set_desc = "", bk_set_env = "3", default = 0,
  description = "", set_template_id = 0, set_template_version = null,
}
local MODULE = {
  bk_module_name = "", service_category_id = 2, -- the leaf "Default"
  bk_bak_operator = null, bk_module_type = "1", default = 0, host_apply_enabled = false,
  operator = null, service_template_id = 0, set_template_id = 0,
}
local HOST = {
  bk_cloud_id = 0, bk_host_innerip = "",
  bk_addressing = "static", bk_agent_id = "", bk_asset_id = "", bk_bak_operator = null,
  bk_cloud_host_identifier = false, bk_cloud_host_status = null, bk_cloud_inst_id = "",
  bk_cloud_vendor = null, bk_comment = "", bk_cpu = null, bk_cpu_architecture = "x86",
  bk_cpu_module = "", bk_disk = null, bk_host_innerip_v6 = "", bk_host_name = "",
  bk_host_outerip = "", bk_host_outerip_v6 = "", bk_isp_name = null, bk_mac = "", bk_mem = null,
  bk_os_bit = "", bk_os_name = "", bk_os_type = null, bk_os_version = "", bk_outer_mac = "",
  bk_province_name = null, bk_service_term = null, bk_sla = null, bk_sn = "", bk_state = null,
  bk_state_name = null, import_from = "3", operator = null,
}

-- An instance: the model's attributes as given, the rest of what is given dropped, and stamped as
-- the server stamps what it makes.
local function made(ctx, model, given, fixed)
  local doc = {}
  for field, default in pairs(model) do
    local value = given[field]
    if value == nil then value = default end
    doc[field] = value
  end
  for field, value in pairs(fixed) do doc[field] = value end
  doc.bk_supplier_account = "0"
  doc.create_time, doc.last_time = ctx.now, ctx.now
  doc.bk_created_at, doc.bk_updated_at = ctx.now, ctx.now
  doc.bk_created_by, doc.bk_updated_by = ctx.user, null
  return doc
end

---Makes a business with its idle set and modules.
---@param ctx remora.platform.Author
---@param attributes table bk_biz_name is needed; what is no attribute of the model is dropped, here
---  as below
---@return table business
function fleet.create_business(ctx, attributes)
  local business = ctx.store:insert("biz", made(ctx, BUSINESS, attributes, { default = 0 }))
  local set = fleet.create_set(ctx, business.bk_biz_id, IDLE_SET)
  for _, module in ipairs(IDLE_MODULES) do fleet.create_module(ctx, set, module) end
  return business
end

---Makes a set.
---@param ctx remora.platform.Author
---@param business_id integer
---@param attributes table bk_set_name is needed
---@return table set
function fleet.create_set(ctx, business_id, attributes)
  local fixed = { bk_biz_id = business_id, bk_parent_id = business_id }
  return ctx.store:insert("set", made(ctx, SET, attributes, fixed))
end

---Makes a module in a set.
---@param ctx remora.platform.Author
---@param set table its set
---@param attributes table bk_module_name is needed; a service template must agree with the category
---@return table module
function fleet.create_module(ctx, set, attributes)
  local fixed = {
    bk_biz_id = set.bk_biz_id, bk_set_id = set.bk_set_id, bk_parent_id = set.bk_set_id,
  }
  return ctx.store:insert("module", made(ctx, MODULE, attributes, fixed))
end

---Makes a host that belongs to no business yet.
---@param ctx remora.platform.Author
---@param attributes table bk_host_innerip is needed
---@return table host
function fleet.create_host(ctx, attributes)
  return ctx.store:insert("host", made(ctx, HOST, attributes, {}))
end

---Makes a cloud area.
---@param ctx remora.platform.Author
---@param name string
---@param id integer|nil only for the built-in area 0
---@return table cloud
function fleet.create_cloud(ctx, name, id)
  return ctx.store:insert("cloud", {
    bk_cloud_id = id, bk_cloud_name = name, bk_cloud_vendor = null, bk_status = "1",
    bk_supplier_account = "0", bk_creator = ctx.user, bk_last_editor = ctx.user,
    create_time = ctx.now, last_time = ctx.now,
  })
end

---The idle module of a business.
---@param store table
---@param business_id integer
---@return table|nil module
function fleet.idle_module(store, business_id)
  return store:first("module", { bk_biz_id = business_id, default = IDLE })
end

---Puts a host into a module; nothing happens when it is there already.
---@param store table
---@param host_id integer
---@param module table
---@return boolean added
function fleet.join(store, host_id, module)
  local place = { bk_module_id = module.bk_module_id, bk_host_id = host_id }
  if store:count("host_module", place) > 0 then return false end
  store:insert("host_module", {
    bk_biz_id = module.bk_biz_id, bk_set_id = module.bk_set_id,
    bk_module_id = module.bk_module_id, bk_host_id = host_id, bk_supplier_account = "0",
  })
  return true
end

return fleet
