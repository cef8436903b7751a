-- Process templates as stored documents: created, changed and deleted with their unique rules.
-- What a property may hold is property.lua's business.

local json = require "json"
local any_case = require "remora.platform.any_case"
local messages = require "remora.platform.messages"
local property = require "remora.platform.property"

local refuse = messages.refuse

local proc_templates = {}

-- A null pattern counts as "" on the new side only, so that two nulls do not clash.
local function clash(siblings, template)
  local wanted = template.property
  local func, pattern = wanted.bk_func_name.value, wanted.bk_start_param_regex.value
  if pattern == json.null then pattern = "" end
  for _, other in ipairs(siblings) do
    if other.id ~= template.id and other.bk_process_name == template.bk_process_name then
      return refuse(1113019, template.bk_process_name)
    end
  end
  for _, other in ipairs(siblings) do
    local theirs = other.property
    if other.id ~= template.id and theirs.bk_func_name.value == func
      and theirs.bk_start_param_regex.value == pattern then
      return refuse(1113020, func, pattern)
    end
  end
end

local function siblings_of(ctx, service_template_id)
  return ctx.store:find("proc_template", { service_template_id = service_template_id })
end

local function check_place(ctx, business_id, service_template_id)
  if not ctx.store:get("biz", business_id or 0) then return refuse(1199006, "bk_biz_id") end
  local service_template = ctx.store:get("service_template", service_template_id or 0)
  if not service_template then return refuse(1199006, "service_template_id") end
  if service_template.bk_biz_id ~= business_id then return refuse(1199006, "bk_biz_id") end
end

---Decodes the process templates of a request.
---@param items table[]|nil
---@param member string of an item that holds its property
---@return table|nil specs as of create
---@return remora.platform.Refusal|nil refusal
function proc_templates.decode(items, member)
  local specs = {}
  for i, item in ipairs(items or {}) do
    local slots = item[member] and property.decode(any_case(item[member]))
    if item[member] and not slots then return nil, refuse(1199000) end
    specs[i] = slots or false
  end
  return specs
end

---Creates process templates in one service template.
---@param ctx remora.platform.Author
---@param business_id integer|nil
---@param service_template_id integer|nil
---@param specs table list of decoded slots, false where the request has none
---@return table|nil ids an array
---@return remora.platform.Refusal|nil refusal
function proc_templates.create(ctx, business_id, service_template_id, specs)
  local ids, siblings = json.array {}, nil
  for i, slots in ipairs(specs) do
    if not slots then return nil, refuse(1199006, "property") end
    local whole = property.complete(slots)
    local refusal = property.check(whole) or check_place(ctx, business_id, service_template_id)
    if refusal then return nil, refusal end
    siblings = siblings or siblings_of(ctx, service_template_id)
    local template = {
      bk_process_name = whole.bk_process_name.value, bk_biz_id = business_id,
      service_template_id = service_template_id, property = whole,
      creator = ctx.user, modifier = ctx.user, create_time = ctx.now, last_time = ctx.now,
      bk_supplier_account = ctx.account,
    }
    refusal = clash(siblings, template)
    if refusal then return nil, refusal end
    siblings[#siblings + 1] = ctx.store:insert("proc_template", template)
    ids[i] = template.id
  end
  return ids
end

---Merges slots into a stored process template.
---@param ctx remora.platform.Author
---@param template table stored document
---@param slots table decoded
---@return table|nil template
---@return remora.platform.Refusal|nil refusal
function proc_templates.update(ctx, template, slots)
  local merged = property.merge(template.property, slots)
  local refusal = property.check(merged)
  if refusal then return nil, refusal end
  template.property, template.bk_process_name = merged, merged.bk_process_name.value
  template.modifier, template.last_time = ctx.user, ctx.now
  refusal = clash(siblings_of(ctx, template.service_template_id), template)
  if refusal then return nil, refusal end
  ctx.store:put("proc_template", template)
  return template
end

---Deletes process templates. Their processes live on, free, until the next sync.
---@param ctx remora.platform.Author
---@param ids integer[]
function proc_templates.delete(ctx, ids)
  ctx.store:patch("relation", { process_template_id = ids }, { process_template_id = 0 })
  ctx.store:delete("proc_template", { id = ids })
end

return proc_templates
