-- Writes of processes: create free ones, update, patch by ids, delete. A free process is replaced
-- whole by an update; of a templated one only what its template leaves open changes.

local json = require "json"
local attributes = require "remora.platform.attributes"
local instances = require "remora.platform.instances"
local messages = require "remora.platform.messages"
local processes = require "remora.platform.processes"
local property = require "remora.platform.property"

local refuse = messages.refuse

local MOST_CREATED, MOST_UPDATED, MOST_PATCHED, MOST_DELETED = 100, 100, 1000, 500

local handlers = {}

function handlers.create_process_instance(ctx, args)
  local items, infos = args.processes or {}, {}
  if #items == 0 then return nil, refuse(1199011, "not set processes") end
  if #items > MOST_CREATED then
    return nil, refuse(1199035, "create process instances", MOST_CREATED)
  end
  local instance = ctx.store:get("service_instance", args.service_instance_id or 0)
  if not instance then return nil, refuse(1199019) end
  if instance.bk_biz_id ~= args.bk_biz_id then return nil, refuse(1199006, "bk_biz_id") end
  if instance.service_template_id ~= 0 then return nil, refuse(1108035) end
  for i, item in ipairs(items) do infos[i] = item.process_info or {} end
  return processes.create_free(ctx, instance, infos)
end

-- Relations of the processes meant, by process id. The audit that runs first finds none of them
-- before anything looks at the other members.
local function audited_relations(ctx, business_id, items)
  local ids = {}
  for i, item in ipairs(items) do
    ids[i] = item.bk_process_id
    if type(ids[i]) ~= "number" then return nil, refuse(1199006, "bk_process_id") end
  end
  if (business_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  local found, by_id = ctx.store:find("relation",
    { bk_process_id = ids, bk_biz_id = business_id }), {}
  if #found == 0 then return nil, refuse(1199010, "service_instance_ids") end
  for _, relation in ipairs(found) do by_id[relation.bk_process_id] = relation end
  return by_id
end

-- Decoded processes of a request in order, each with its id; a repeated id replaces the earlier.
local function decoded(items, relations)
  local sent, ids, unknown, place = {}, json.array {}, {}, {}
  for _, item in ipairs(items) do
    local process = attributes.decode(item)
    local id = item.bk_process_id
    if not process or math.type(id) ~= "integer" then return nil, nil, refuse(1199000) end
    if id == 0 then return nil, nil, refuse(1199006, "bk_process_id") end
    if not place[id] then
      ids[#ids + 1], place[id] = id, #ids + 1
      if not relations[id] then unknown[#unknown + 1] = ("%d"):format(id) end
    end
    sent[place[id]] = process
  end
  if #unknown > 0 then
    local words = ("[bk_process_id: %s]"):format(table.concat(unknown, ","))
    return nil, nil, refuse(1199011, words)
  end
  return sent, ids
end

-- Reads each document once, however many processes need it.
local function reader(ctx, collection)
  local known = {}
  return function(id)
    if known[id] == nil then known[id] = ctx.store:get(collection, id) or false end
    return known[id]
  end
end

local function replacement(sent)
  local changes = {}
  for _, attribute in ipairs(attributes.list) do
    local value = sent[attribute.name]
    changes[attribute.name] = value == nil and json.null or value
  end
  return changes
end

local function update(ctx, business_id, items)
  local relations, refusal = audited_relations(ctx, business_id, items)
  if not relations then return nil, refusal end
  local sent, ids
  sent, ids, refusal = decoded(items, relations)
  if not sent then return nil, refusal end
  local template_of, host_of = reader(ctx, "proc_template"), reader(ctx, "host")
  for i, id in ipairs(ids) do
    local relation, process = relations[id], ctx.store:get("process", id)
    local changes = replacement(sent[i])
    if relation.process_template_id ~= 0 then
      local template = template_of(relation.process_template_id)
      if not template then return nil, refuse(1199019) end
      changes, refusal = property.patch(template.property, sent[i], host_of(relation.bk_host_id))
      if not changes then return nil, refusal end
    end
    -- A process deleted through another business leaves its relation behind; nothing is written.
    if process then
      process, refusal = processes.write(ctx, process, changes)
      if not process then return nil, refusal end
    end
  end
  return ids
end

function handlers.update_process_instance(ctx, args)
  local items = args.processes or {}
  for i, item in ipairs(items) do
    if item == json.null then items[i] = {} end
    if not json.is_object(items[i]) then return nil, refuse(1199000) end
  end
  if #items == 0 then return json.array {} end
  if #items > MOST_UPDATED then
    return nil, refuse(1199035, "update process instances", MOST_UPDATED)
  end
  return update(ctx, args.bk_biz_id, items)
end

local function fault_of_patch(args)
  local ids, data = args.process_ids or {}, args.update_data or {}
  if (args.bk_biz_id or 0) <= 0 then return refuse(1199006, "bk_biz_id") end
  if #ids == 0 then return refuse(1199006, "process_ids") end
  if #ids > MOST_PATCHED then return refuse(1199081, MOST_PATCHED) end
  if next(data) == nil then return refuse(1199006, "update_data") end
  if data.bk_process_id ~= nil then return refuse(1199006, "update_data.bk_process_id") end
end

function handlers.update_process_instances_by_ids(ctx, args)
  local refusal = fault_of_patch(args)
  if refusal then return nil, refusal end
  local stored = ctx.store:find("process", { bk_process_id = args.process_ids })
  for _, process in ipairs(stored) do
    for name, value in pairs(args.update_data) do process[name] = value end
  end
  if #stored == 0 then return nil, refuse(1199010, "service_instance_ids") end
  return update(ctx, args.bk_biz_id, stored)
end

function handlers.delete_process_instance(ctx, args)
  local ids = args.process_instance_ids or {}
  if #ids == 0 then return nil, refuse(1199010, "bk_process_id") end
  if #ids > MOST_DELETED then
    return nil, refuse(1199035, "delete process instance", MOST_DELETED)
  end
  if (args.bk_biz_id or 0) == 0 then return nil, refuse(1199006, "bk_biz_id") end
  local relations = ctx.store:find("relation",
    { bk_process_id = ids, bk_biz_id = args.bk_biz_id })
  local templated, touched = {}, {}
  for _, relation in ipairs(relations) do
    if relation.process_template_id ~= 0 then
      templated[#templated + 1] = ("%d"):format(relation.bk_process_id)
    end
    touched[relation.service_instance_id] = true
  end
  if #templated > 0 then return nil, refuse(1113022, table.concat(templated, ",")) end
  -- The relations of other businesses stay, the processes do not.
  ctx.store:delete("relation", { bk_process_id = ids, bk_biz_id = args.bk_biz_id })
  ctx.store:delete("process", { bk_process_id = ids })
  for id in pairs(touched) do
    if ctx.store:count("relation", { service_instance_id = id }) == 0 then
      instances.delete(ctx, { id })
    end
  end
end

return handlers
