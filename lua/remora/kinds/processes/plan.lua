-- Plans the processes of the old platform: what is created and changed, and which bindings to
-- module names come and go. Never deletes a process. Pure.

local fault = require "remora.core.fault"
local fields_of = require "remora.playbook.fields"
local json = require "json"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local reach = require "remora.model.reach"
local values = require "remora.model.values"

local STAGE, TITLE = 1, "processes"
local BINDINGS = { bind = "cc_v3.bind_process_module",
  unbind = "cc_v3.delete_process_module_binding" }

-- Members of the normal form that are no attributes of the process.
local OTHER = { modules = true, prune = true, gone = true, never_made = true }

-- The platform drops these from a batch update without a word.
local SINGLE_ONLY = { bk_func_id = true }

-- Attributes that hold an id, with what the ids mean. They mean the same to this day.
local READABLE = { bind_ip = fields_of.template_ips, protocol = fields_of.protocols }

local function shown(field, value)
  return READABLE[field] and fields_of.readable(READABLE[field], value) or value
end

---@param want table normal form of one process
---@return table attributes
local function attributes(want)
  local list = {}
  for field, value in pairs(want) do
    if not OTHER[field] then list[field] = value end
  end
  return list
end

local function args_of(state, id, more)
  return values.copy({ bk_biz_id = state.business.id, bk_process_id = id }, more)
end

-- What is not to be made where it is gone; to be taken from a module is nothing it could miss.
local function miss(b, name, want)
  if not next(attributes(want)) and #(want.modules or {}) == 0 then return end
  b:problem(fault.new { code = "plan.gone",
    message = ("there is no process %s any more"):format(name) })
end

-- The platform would take it without a word, and nothing could find the process later.
local function without_func_name(name, at)
  return fault.new {
    code = "plan.func_name", at = at,
    message = ("the process %s is new and has no bk_func_name"):format(name),
    hint = "name the executable: bk_func_name",
  }
end

local function create(b, state, name, want, at)
  local given, fields = attributes(want), {}
  for field, value in order.pairs(given) do
    fields[#fields + 1] = { name = field, new = shown(field, value) }
  end
  if values.unset(given.bk_func_name) then b:problem(without_func_name(name, at)) end
  given.bk_process_name = name
  b:step {
    stage = STAGE, title = TITLE, call = "cc_v3.create_process", group = name,
    args = args_of(state, nil, given),
    changes = { b:change { type = "process", action = "create", id = "process " .. name,
      label = { name }, fields = fields, rests = { exists = false }, at = at } },
  }
end

-- What is different: as fields for people, as attributes to send, and what these replace.
local function compare(process, want)
  local fields, sent, replaced = {}, {}, {}
  for field, value in order.pairs(attributes(want)) do
    if not values.equal(process.values[field], value) then
      fields[#fields + 1] =
        { name = field, old = shown(field, process.values[field]), new = shown(field, value) }
      sent[field], replaced[field] = value, values.sent(process.values[field])
    end
  end
  return fields, sent, replaced
end

-- Processes that change alike share one call.
local function update(b, state, alike)
  for key, group in order.pairs(alike) do
    local single = #group.ids == 1
    local id = single and group.ids[1] or table.concat(group.ids, ",")
    b:step {
      stage = STAGE, title = TITLE, group = key, objects = #group.ids, changes = group.changes,
      call = single and "cc_v3.update_process" or "cc_v3.batch_update_process",
      args = args_of(state, id, group.sent),
    }
  end
end

local function collect(alike, process, sent, change)
  local key = json.encode(sent)
  for field in pairs(SINGLE_ONLY) do
    if sent[field] ~= nil then key = key .. " " .. process.id end
  end
  alike[key] = alike[key] or { sent = sent, ids = {}, changes = {} }
  table.insert(alike[key].ids, process.id)
  table.insert(alike[key].changes, change)
end

-- Binds a process to the modules of a name, or takes that back.
---@param binding {action: "bind"|"unbind", id: integer, name: string, module: string, at: table?}
local function bind(b, state, binding)
  local name, module, goes = binding.name, binding.module, binding.action == "unbind"
  b:step {
    stage = STAGE, title = TITLE, call = BINDINGS[binding.action], group = name .. "\0" .. module,
    args = args_of(state, binding.id, { bk_module_name = module }),
    changes = { b:change { type = "binding", action = binding.action, id = binding.id,
      label = { name, module }, rests = { [module] = goes }, at = binding.at,
      removes = goes and { { what = "binding", within = name, count = 1 } } or nil } },
  }
end

local function bindings(b, pb, state, name, want)
  local process, wanted = state.v3.by_name[name], {}
  for i, module in ipairs(want.modules or {}) do
    wanted[module] = true
    local at = pb.at(want.modules, i)
    if not state.v3.module_names[module] then
      b:problem(fault.new {
        code = "playbook.unknown_module", message = ('there is no module "%s"'):format(module),
        at = at, hint = phrase.did_you_mean(module, state.v3.module_names),
      })
    elseif process and not process.bound[module] then
      bind(b, state, { action = "bind", id = process.id, name = name, module = module, at = at })
    end
  end
  if not (process and want.modules) then return end
  for module, is_bound in order.pairs(process.bound) do
    local goes = want.prune or want.gone and want.gone[module]
    if is_bound and goes and not wanted[module] then
      bind(b, state, { action = "unbind", id = process.id, name = name, module = module,
        at = pb.at(want, "prune") })
    end
  end
end

---@param pb table
---@param state table
---@param b table builder
return function(pb, state, b)
  local alike = {}
  for name, want in reach.declared("processes", pb, state) do
    local process, at = state.v3.by_name[name], pb.at(pb.sections.processes, name)
    if not process and want.never_made then
      miss(b, name, want)
    elseif not process then
      create(b, state, name, want, at)
    else
      local fields, sent, replaced = compare(process, want)
      local wanted = #fields > 0
        and not b:excludes { type = "process", action = "update", label = { name } }
      if wanted then
        collect(alike, process, sent, b:change { type = "process", action = "update",
          id = process.id, label = { name }, fields = fields, before = process.values,
          rests = replaced, at = at })
      end
    end
    bindings(b, pb, state, name, want)
  end
  update(b, state, alike)
end
