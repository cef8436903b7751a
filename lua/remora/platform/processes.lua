-- Processes of service instances and their relations to process templates: made, changed and
-- removed as documents, with the platform's unique rules. Which attributes a request may change is
-- decided before (property.lua, attributes.lua).

local json = require "json"
local attributes = require "remora.platform.attributes"
local host_address = require "remora.platform.host_address"
local messages = require "remora.platform.messages"

local processes = {}

local function quoted(value) return json.encode(value) end

-- The database's words for a violated unique index.
local function duplicate(fields, doc)
  local parts = {}
  for i, name in ipairs(fields) do parts[i] = name .. ": " .. quoted(doc[name]) end
  return messages.refuse(1199014, " " .. table.concat(parts, ", ") .. " ")
end

local UNIQUE = {
  { "service_instance_id", "bk_process_name" },
  { "service_instance_id", "bk_func_name", "bk_start_param_regex" },
}

-- A rule holds only where all its texts are texts: null escapes it, "" does not.
local function clash(ctx, doc)
  for _, fields in ipairs(UNIQUE) do
    local where, applies = {}, true
    for _, name in ipairs(fields) do
      where[name] = doc[name]
      applies = applies and doc[name] ~= json.null
    end
    if applies then
      for _, id in ipairs(ctx.store:column("process", "bk_process_id", where)) do
        if id ~= doc.bk_process_id then return duplicate(fields, doc) end
      end
    end
  end
end

---Stores a process and its relation.
---@param ctx remora.platform.Author
---@param instance table service instance
---@param made table all attributes
---@param template_id integer process template it stems from, 0 for none
---@return table|nil process
---@return remora.platform.Refusal|nil refusal 1199014
function processes.insert(ctx, instance, made, template_id)
  local doc = {
    bk_biz_id = instance.bk_biz_id, service_instance_id = instance.id,
    bk_supplier_account = ctx.account,
    create_time = ctx.now, last_time = ctx.now,
    bk_created_at = ctx.now, bk_created_by = ctx.user,
    bk_updated_at = ctx.now, bk_updated_by = json.null,
  }
  for _, attribute in ipairs(attributes.list) do doc[attribute.name] = made[attribute.name] end
  local refusal = clash(ctx, doc)
  if refusal then return nil, refusal end
  ctx.store:insert("process", doc)
  ctx.store:insert("relation", {
    bk_biz_id = instance.bk_biz_id, bk_process_id = doc.bk_process_id,
    service_instance_id = instance.id, process_template_id = template_id,
    bk_host_id = instance.bk_host_id, bk_supplier_account = ctx.account,
  })
  return doc
end

---Creates free processes from the attribute maps of a request. Among several failures a duplicate
---is reported first.
---@param ctx remora.platform.Author
---@param instance table service instance without a template
---@param infos table list of attribute maps
---@return table|nil ids an array
---@return remora.platform.Refusal|nil refusal
function processes.create_free(ctx, instance, infos)
  local ids, first_refusal = json.array {}, nil
  for _, info in ipairs(infos) do
    local made, refusal = attributes.from_map(info)
    if made then
      local doc, duplicated = processes.insert(ctx, instance, made, 0)
      if not doc then return nil, duplicated end
      ids[#ids + 1] = doc.bk_process_id
    else
      first_refusal = first_refusal or refusal
    end
  end
  if first_refusal then return nil, first_refusal end
  return ids
end

---Writes changes over a stored process.
---@param ctx remora.platform.Author
---@param process table stored document, changed in place
---@param changes table attribute → value or json.null
---@return table|nil process
---@return remora.platform.Refusal|nil refusal 1199011 or 1199014
function processes.write(ctx, process, changes)
  local refusal = attributes.check_changes(changes)
  if refusal then return nil, refusal end
  for name, value in pairs(changes) do process[name] = value end
  refusal = clash(ctx, process)
  if refusal then return nil, refusal end
  process.last_time, process.bk_updated_at, process.bk_updated_by = ctx.now, ctx.now, ctx.user
  ctx.store:put("process", process)
  return process
end

local function rows_of(value) return value ~= json.null and value or {} end

-- Writes the addresses that a host has gained into the rows that a template binds to them: by the
-- place of the row, past all checks, as the platform does.
local function rebind(process, column, host, before)
  if column.as_default_value ~= true then return false end
  local rows, changed = rows_of(process.bind_info), false
  for i, row in ipairs(rows_of(column.value)) do
    local kind, locked = row.ip.value, row.ip.as_default_value == true
    local now = host_address.resolve(kind, host)
    if rows[i] and locked and now ~= host_address.resolve(kind, before) then
      rows[i].ip, changed = now, true
    end
  end
  return changed
end

---Lets the processes of a host follow its addresses where their template says so.
---@param ctx remora.platform.Author
---@param host table
---@param before table the host as it was
function processes.follow_host(ctx, host, before)
  local store = ctx.store
  for _, relation in ipairs(store:find("relation", { bk_host_id = host.bk_host_id })) do
    local template = store:get("proc_template", relation.process_template_id)
    local process = template and store:get("process", relation.bk_process_id)
    if process and rebind(process, template.property.bind_info, host, before) then
      store:put("process", process)
    end
  end
end

---The process in its typed form, as calls show it that do not pass the stored document through.
---@param doc table stored process
---@return table
function processes.typed(doc)
  local typed = {
    bk_process_id = doc.bk_process_id, bk_biz_id = doc.bk_biz_id,
    service_instance_id = doc.service_instance_id,
    bk_supplier_account = doc.bk_supplier_account,
    create_time = doc.create_time, last_time = doc.last_time,
  }
  for _, attribute in ipairs(attributes.scalars) do typed[attribute.name] = doc[attribute.name] end
  typed.bind_info = attributes.typed_rows(doc.bind_info)
  return typed
end

---Removes processes and their relations.
---@param ctx remora.platform.Author
---@param ids integer[]
function processes.delete(ctx, ids)
  ctx.store:delete("relation", { bk_process_id = ids })
  ctx.store:delete("process", { bk_process_id = ids })
end

return processes
