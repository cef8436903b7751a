-- The kind "processes" of the old platform (cc_v3): processes of a business and the module names
-- they are bound to. Owns what is read, planned and simulated; deletes nothing but bindings.

local fault = require "remora.core.fault"
local fields_of = require "remora.playbook.fields"
local json = require "json"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local reach = require "remora.model.reach"
local values = require "remora.model.values"

local STAGE, TITLE = 1, "processes"
local BIND, UNBIND = "cc_v3.bind_process_module", "cc_v3.delete_process_module_binding"
local CREATE, UPDATE = "cc_v3.create_process", "cc_v3.update_process"
local UPDATE_MANY = "cc_v3.batch_update_process"

local ACCOUNT = "0"
local NO_PROCESS = 0 -- an id nobody has: the platform then lists all module names, none bound

-- Members of the normal form that are no attributes of the process.
local OTHER = { modules = true, prune = true, gone = true }

-- The platform drops these from a batch update without a word.
local SINGLE_ONLY = { bk_func_id = true }

-- Attributes that hold an id, with what the ids mean. They mean the same to this day.
local READABLE = { bind_ip = fields_of.template_ips, protocol = fields_of.protocols }

local function shown(field, value)
  return READABLE[field] and fields_of.readable(READABLE[field], value) or value
end

local function bound_names(rows)
  local bound = {}
  for _, row in ipairs(rows) do bound[row.bk_module_name] = row.is_bind == 1 end
  return bound
end

-- Which module names there are, and to which of them a process is bound.
local function read_bindings(reader, state, id)
  local rows, refused = reader:memo("v3_bindings", tostring(id), function()
    return reader:call("cc_v3.get_process_bind_module",
      { bk_supplier_account = ACCOUNT, bk_biz_id = state.business.id, bk_process_id = id })
  end)
  if not rows then return nil, refused end
  return bound_names(rows)
end

local function read(reader, pb, state)
  local rows, refused = reader:memo("v3_processes", "all", function()
    return reader:pages("cc_v3.search_process", {
      bk_supplier_account = ACCOUNT, bk_biz_id = state.business.id,
      condition = {}, fields = json.array {}, page = { sort = "bk_process_id" },
    })
  end)
  if not rows then return nil, refused end
  state.v3 = { by_name = {}, module_names = {} }
  for _, row in ipairs(rows) do
    state.v3.by_name[row.bk_process_name] = { id = row.bk_process_id, values = row }
  end
  local names = {}
  for name, want in reach.declared("processes", pb, state) do
    if want.modules then names[#names + 1] = name end
  end
  local bindings
  bindings, refused = reader:gather(names, function(name)
    local process = state.v3.by_name[name]
    return read_bindings(reader, state, process and process.id or NO_PROCESS)
  end)
  if not bindings then return nil, refused end
  for i, name in ipairs(names) do
    if state.v3.by_name[name] then state.v3.by_name[name].bound = bindings[i] end
    for module in pairs(bindings[i]) do state.v3.module_names[module] = true end
  end
  return true
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
  local args = { bk_supplier_account = ACCOUNT, bk_biz_id = state.business.id, bk_process_id = id }
  for name, value in pairs(more or {}) do args[name] = value end
  return args
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
    stage = STAGE, title = TITLE, call = CREATE, group = name, args = args_of(state, nil, given),
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
      stage = STAGE, title = TITLE, call = single and UPDATE or UPDATE_MANY, group = key,
      objects = #group.ids, args = args_of(state, id, group.sent), changes = group.changes,
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

local function bind(b, state, process, name, module, call, at)
  b:step {
    stage = STAGE, title = TITLE, call = call, group = name .. "\0" .. module,
    args = args_of(state, process.id, { bk_module_name = module }),
    changes = { b:change { type = "binding", action = call == BIND and "bind" or "unbind",
      id = process.id, label = { name, module }, rests = { [module] = call == UNBIND }, at = at,
      removes = call == UNBIND and { { what = "binding", within = name, count = 1 } } or nil } },
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
      bind(b, state, process, name, module, BIND, at)
    end
  end
  if not (process and want.modules) then return end
  for module, is_bound in order.pairs(process.bound) do
    local goes = want.prune or want.gone and want.gone[module]
    if is_bound and goes and not wanted[module] then
      bind(b, state, process, name, module, UNBIND, pb.at(want, "prune"))
    end
  end
end

local function plan(pb, state, b)
  local alike = {}
  for name, want in reach.declared("processes", pb, state) do
    local process, at = state.v3.by_name[name], pb.at(pb.sections.processes, name)
    if not process then
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

local function existing(pb, state)
  local list = {}
  for name in reach.declared("processes", pb, state) do
    local count, process = 0, state.v3.by_name[name]
    for _, is_bound in pairs(process and process.bound or {}) do
      count = count + (is_bound and 1 or 0)
    end
    list[#list + 1] = { what = "binding", within = name, count = count }
    list[#list + 1] = { what = "process", within = name, count = process and 1 or 0 }
  end
  return list
end

local effects = {}

effects[CREATE] = function(v3, args)
  local process = { id = "process " .. args.bk_process_name, values = args, bound = {} }
  v3.by_name[args.bk_process_name] = process
end

local function merge(v3, ids, args)
  for name, process in pairs(v3.by_name) do
    if ids[tostring(process.id)] then
      local merged = values.copy(process)
      merged.values = values.copy(process.values)
      for field, value in pairs(args) do
        if field ~= "bk_process_id" then merged.values[field] = value end
      end
      v3.by_name[name] = merged
    end
  end
end

effects[UPDATE] = function(v3, args) merge(v3, { [tostring(args.bk_process_id)] = true }, args) end

effects[UPDATE_MANY] = function(v3, args)
  local ids = {}
  for id in args.bk_process_id:gmatch("[^,]+") do ids[id] = true end
  merge(v3, ids, args)
end

local function rebind(v3, args, is_bound)
  for name, process in pairs(v3.by_name) do
    if process.id == args.bk_process_id then
      local changed = values.copy(process)
      changed.bound = values.copy(process.bound)
      changed.bound[args.bk_module_name] = is_bound
      v3.by_name[name] = changed
    end
  end
end

effects[BIND] = function(v3, args) rebind(v3, args, true) end
effects[UNBIND] = function(v3, args) rebind(v3, args, false) end

local function simulate(state, steps)
  local after = values.copy(state)
  after.v3 = values.copy(state.v3)
  after.v3.by_name = values.copy(state.v3.by_name)
  for _, step in ipairs(steps) do effects[step.call](after.v3, step.args) end
  return after
end

return {
  name = "processes",
  section = "processes",
  read = read,
  plan = plan,
  simulate = simulate,
  existing = existing,

  ground = require "remora.kinds.processes.ground",
  touches = {
    [CREATE] = { "v3_processes" }, [UPDATE] = { "v3_processes" },
    [UPDATE_MANY] = { "v3_processes" },
    [BIND] = { "v3_bindings" }, [UNBIND] = { "v3_bindings" },
  },
}
