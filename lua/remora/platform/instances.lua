-- Service instances: made from a module and a host, named, filled with processes, removed. The
-- host transfer, the create call and the sync all come here.

local json = require "json"
local attributes = require "remora.platform.attributes"
local messages = require "remora.platform.messages"
local processes = require "remora.platform.processes"
local property = require "remora.platform.property"

local instances = {}

---Process templates of a service template.
---@param ctx remora.platform.Author
---@param service_template_id integer
---@param sort string|nil "id" unless given
---@return table[] templates
function instances.templates(ctx, service_template_id, sort)
  return ctx.store:find("proc_template", { service_template_id = service_template_id },
    { sort = sort or "id" })
end

local function address_text(value)
  if json.is_array(value) then return table.concat(value, ",") end
  return type(value) == "string" and value or ""
end

-- The port of the first row that has one; a template's cells are {value, as_default_value}.
local function first_port(rows)
  if type(rows) ~= "table" then return nil end
  for _, row in ipairs(rows) do
    local port = type(row) == "table" and row.port
    if type(port) == "table" then port = port.value end
    if type(port) == "string" and port ~= "" then return port end
  end
end

-- <ip>_<first process>_<its first port>; what is missing is left out.
local function default_name(host, process_name, rows)
  local ip = address_text(host.bk_host_innerip)
  if ip == "" then ip = address_text(host.bk_host_innerip_v6) end
  local parts = {}
  for _, part in ipairs { ip, process_name or "", first_port(rows) or "" } do
    if part ~= "" then parts[#parts + 1] = part end
  end
  return table.concat(parts, "_")
end

local function insert(ctx, module, host, name)
  return ctx.store:insert("service_instance", {
    bk_biz_id = module.bk_biz_id, name = name, labels = json.null,
    service_template_id = module.service_template_id or 0,
    bk_host_id = host.bk_host_id, bk_module_id = module.bk_module_id,
    creator = ctx.user, modifier = ctx.user, create_time = ctx.now, last_time = ctx.now,
    bk_supplier_account = ctx.account,
  })
end

local function template_name(host, template)
  return default_name(host, template.bk_process_name, template.property.bind_info.value)
end

---Makes the process of one process template.
---@param ctx remora.platform.Author
---@param instance table
---@param template table process template
---@param host table
---@return table|nil process
---@return remora.platform.Refusal|nil refusal
function instances.add_templated(ctx, instance, template, host)
  local made, refusal = property.instantiate(template.property, host)
  if not made then return nil, refusal end
  refusal = attributes.check_changes(made)
  if refusal then return nil, refusal end
  return processes.insert(ctx, instance, made, template.id)
end

-- Lays the request's values over processes just made, by the rules of an update.
local function personalise(ctx, wanted, templates, made, host)
  local by_id = {}
  for _, template in ipairs(templates) do by_id[template.id] = template end
  for _, entry in ipairs(wanted or {}) do
    local template = by_id[entry.process_template_id]
    if template then
      local sent = attributes.decode(entry.process_info or {})
      if not sent then return messages.refuse(1199000) end
      local changes, refusal = property.patch(template.property, sent, host)
      if not changes then return refusal end
      local written
      written, refusal = processes.write(ctx, made[template.id], changes)
      if not written then return refusal end
    end
  end
end

local function create_templated(ctx, module, host, options)
  local templates = options.templates or instances.templates(ctx, module.service_template_id)
  local taken = ctx.store:count("service_instance", {
    bk_module_id = module.bk_module_id, bk_host_id = host.bk_host_id,
    service_template_id = module.service_template_id })
  if taken > 0 then return nil, messages.refuse(1113016, address_text(host.bk_host_innerip)) end
  local name = options.name
  if name == nil or name == "" then name = template_name(host, templates[1]) end
  local instance, made = insert(ctx, module, host, name), {}
  for _, template in ipairs(templates) do
    local process = instances.add_templated(ctx, instance, template, host)
    if not process then return nil, messages.refuse(1108008) end
    made[template.id] = process
  end
  local refusal = personalise(ctx, options.processes, templates, made, host)
  if refusal then return nil, refusal end
  return instance
end

local function create_free(ctx, module, host, options)
  local infos = {}
  for i, entry in ipairs(options.processes or {}) do infos[i] = entry.process_info or {} end
  local name, first = options.name, infos[1] or {}
  if name == nil or name == "" then
    local process_name = type(first.bk_process_name) == "string" and first.bk_process_name or ""
    name = default_name(host, process_name, first.bind_info)
  end
  local instance = insert(ctx, module, host, name)
  local ids, refusal = processes.create_free(ctx, instance, infos)
  if not ids then return nil, refusal end
  return instance
end

---Creates a service instance with its processes.
---@param ctx remora.platform.Author
---@param module table
---@param host table
---@param options {name: string|nil, processes: table[]|nil, templates: table[]|nil}
---  processes: entries {process_template_id, process_info}; templates: those of the module, known
---  beforehand
---@return table|nil instance
---@return remora.platform.Refusal|nil refusal
function instances.create(ctx, module, host, options)
  if #(options.name or "") > 256 then return nil, messages.refuse(1199006, "name") end
  local templated = (module.service_template_id or 0) ~= 0
  return (templated and create_templated or create_free)(ctx, module, host, options)
end

---What putting a host into a module brings along: an instance of the module's template, if that has
---process templates. A process that cannot be made costs the instance its processes, not the
---transfer.
---@param ctx remora.platform.Author
---@param module table
---@param host table
function instances.create_for_host_module(ctx, module, host)
  if (module.service_template_id or 0) == 0 then return end
  local templates = instances.templates(ctx, module.service_template_id, "-id")
  if #templates == 0 then return end
  local instance, made = insert(ctx, module, host, template_name(host, templates[1])), {}
  for _, template in ipairs(templates) do
    local process = instances.add_templated(ctx, instance, template, host)
    if not process then
      processes.delete(ctx, made)
      return
    end
    made[#made + 1] = process.bk_process_id
  end
end

---Removes service instances with everything in them.
---@param ctx remora.platform.Author
---@param ids integer[]
function instances.delete(ctx, ids)
  processes.delete(ctx, ctx.store:column("relation", "bk_process_id",
    { service_instance_id = ids }))
  ctx.store:delete("service_instance", { id = ids })
end

---Removes what a host has in a module that it leaves.
---@param ctx remora.platform.Author
---@param host_id integer
---@param module_id integer
function instances.remove_for_host_module(ctx, host_id, module_id)
  instances.delete(ctx, ctx.store:column("service_instance", "id",
    { bk_host_id = host_id, bk_module_id = module_id }))
end

return instances
