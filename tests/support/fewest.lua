-- The fewest writing calls that can turn one picture of a fleet into another, from what differs
-- between the two and from what the platform takes in one call. Knows no planner, no step and no
-- certificate.
--
-- What forces more calls than the limits of a batch: a process cannot take a pair of executable
-- and start regex that a sibling still has, and neither a batch nor a sync keeps an order inside.
-- So the one that lets go has to come in a call before, and a ring needs one more update, to open
-- it.

local order = require "remora.core.order"
local parted = require "tests.support.fewest_parted"
local picture = require "tests.support.picture"
local rows = require "tests.support.reference_rows"
local small_calls = require "tests.support.small_calls"

-- Items in one call, from the documents of the calls.
local LIMITS = {
  ["cc.batch_create_proc_template"] = 100, ["cc.delete_proc_template"] = 500,
  ["cc.create_service_instance"] = 100, ["cc.create_process_instance"] = 100,
  ["cc.update_process_instance"] = 100, ["cc.delete_process_instance"] = 500,
}

local fewest = { SYNC = "cc.sync_service_template_to_service_instance" }

local function text_of(func, regex)
  return type(func) == "string" and type(regex) == "string" and func .. "\0" .. regex or nil
end

---How siblings hand executables and start regexes on to each other.
---@param siblings {now: string?, next: string?, takes: string?}[] of those that change: what each
---  has, what it will have, what must be free for that (default: next)
---@return integer rings
---@return integer longest how many of them have to come one after the other
local function handing_on(siblings)
  local holder = {}
  for _, each in ipairs(siblings) do
    if each.now and each.now ~= each.next then holder[each.now] = each end
  end
  local function before(each)
    local key = each.takes or each.next
    if key == each.now then return nil end
    return key and holder[key]
  end
  local rings, longest = 0, 0
  for _, each in ipairs(siblings) do
    local length, other = 1, before(each)
    while other and other ~= each and length <= #siblings do
      length, other = length + 1, before(other)
    end
    -- Met once for each of its members, the ring opens with one step more.
    if other == each then rings, length = rings + 1 / length, length + 1 end
    if not other or other == each then longest = math.max(longest, length) end
  end
  return math.floor(rings + 0.5), longest
end

local counts = {}
counts.__index = counts

function counts:add(call, objects, at_least)
  local limit = LIMITS[call]
  local calls = objects
  if limit then calls = math.ceil(objects / math.min(limit, small_calls.most)) end
  calls = math.max(calls, at_least or 0)
  if calls > 0 then self[call] = (self[call] or 0) + calls end
end

local function template_keys(each)
  local func, regex = each.fields.bk_func_name.value, each.fields.bk_start_param_regex.value
  return text_of(func, regex), text_of(func, regex or "")
end

-- How many calls that create come one after the other: who has no start regex needs the empty one
-- free for a moment, so it goes before a sibling takes that, and whoever takes what the sibling
-- lets go comes after it.
local function creating_in_turn(created, siblings)
  local function is_taken(key, seen)
    for _, each in ipairs(created) do
      if each.takes == key then return true end
    end
    for _, each in ipairs(siblings) do
      if each.takes == key and each.now and each.now ~= key and not seen[each] then
        seen[each] = true
        if is_taken(each.now, seen) then return true end
      end
    end
    return false
  end
  for _, new in ipairs(created) do
    for _, each in ipairs(new.next == nil and siblings or {}) do
      if each.next == new.takes and each.now and each.now ~= each.next
        and is_taken(each.now, { [each] = true }) then
        return 2
      end
    end
  end
  return math.min(#created, 1)
end

-- One call for each process template that changes: the call names one. Of one whose start regex has
-- to wait for a sync, the rest goes in a call before where that sync is to find it.
local function count_templates(made, before, after)
  local deleted = 0
  for name, new in order.pairs(after.templates) do
    local old, created, siblings = before.templates[name], {}, {}
    if not old then
      made:add("cc.create_service_template", 1)
    elseif old.category ~= new.category then
      made:add("cc.update_service_template", 1)
    end
    for process_name, its in pairs(new.processes) do
      local was = old and old.processes[process_name]
      local next, takes = template_keys(its)
      if not was then
        created[#created + 1] = { next = next, takes = takes }
      elseif not picture.same(was, its) then
        siblings[#siblings + 1] = { now = (template_keys(was)), next = next, takes = takes }
      end
    end
    for process_name in pairs(old and old.processes or {}) do
      if not new.processes[process_name] then deleted = deleted + 1 end
    end
    made:add("cc.batch_create_proc_template", #created, creating_in_turn(created, siblings))
    made:add("cc.update_proc_template", #siblings + (handing_on(siblings))
      + (old and parted.count(name, before, after) or 0))
  end
  made:add("cc.delete_proc_template", deleted)
end

local function of_module(drawn, module)
  local by_host = {}
  for _, each in ipairs(picture.of_module(drawn, module)) do by_host[each.host] = each end
  return by_host
end

local function process_keys(each)
  return text_of(each.fields.bk_func_name, each.fields.bk_start_param_regex)
end

local function row_of(list, key, id)
  for _, row in ipairs(list) do
    if row[key] == id then return row end
  end
  return nil
end

-- What only a sync can do to a process: the locked values, and which rows there are. Where the
-- whole column is free, rows of the template need not be there.
local function synchronised(its, was, is)
  for field, cell in pairs(its.fields) do
    if cell.locked and was.fields[field] ~= is.fields[field] then return true end
  end
  if not its.rows_locked then return false end
  if #was.rows ~= #is.rows then return true end
  for i, row in ipairs(is.rows) do
    local of = row_of(its.rows, "row_id", row.template_row_id)
    if was.rows[i].template_row_id ~= row.template_row_id then return true end
    for _, cell in ipairs(picture.CELLS) do
      if of and of[cell].locked and was.rows[i][cell] ~= row[cell] then return true end
    end
  end
  return false
end

-- The process as it was, be it under another name.
local function former(was, process)
  for _, each in pairs(was and was.processes or {}) do
    if each.id == process.id then return each end
  end
  return nil
end

-- How many syncs a service instance needs: one for all, and one for each of the processes that hand
-- a start regex on in a row.
local function syncs_of_instance(template, was, is)
  if not was or not is then return 1 end
  local siblings, needed = {}, 0
  for name, process in pairs(is.processes) do
    local old, its = former(was, process), template.processes[name]
    if not old then
      needed = 1
    elseif synchronised(its, old, process) then
      needed = 1
      local now, next = process_keys(old), process_keys(process)
      if now ~= next then siblings[#siblings + 1] = { now = now, next = next } end
    end
  end
  for name in pairs(was.processes) do
    if not is.processes[name] then needed = 1 end
  end
  local _, longest = handing_on(siblings)
  return math.max(needed, longest)
end

-- How many syncs the service instances of a module need, one after the other.
local function syncs_of_module(template, before, after, module)
  local was, is, syncs = of_module(before, module.id), of_module(after, module.id), 0
  for _, host in ipairs(module.hosts) do
    if was[host] or is[host] then
      syncs = math.max(syncs, syncs_of_instance(template, was[host], is[host]))
    end
  end
  return syncs
end

local function count_syncs(made, section, before, after)
  for name in order.pairs(section) do
    local syncs = 0
    for _, module in ipairs(picture.following(before, name)) do
      syncs = math.max(syncs, syncs_of_module(after.templates[name], before, after, module))
    end
    made:add(fewest.SYNC, syncs)
  end
end

-- What a process of a template has before anybody changes it in its instance: what it had, or where
-- it is synchronised what its template makes of that.
local function base_of(its, was, host, is_synchronised)
  local base = { fields = {}, rows = was and was.rows }
  for field, cell in pairs(its.fields) do
    if was then base.fields[field] = was.fields[field] else base.fields[field] = cell.value end
  end
  if is_synchronised then base.rows = rows.rebuilt(its, base.rows or {}, host) end
  return base
end

-- Whether some row has to come before its other cells can be set: it comes with an address of its
-- host, which an update would have to name.
local function comes_first(its, base, is, host)
  for i, row in ipairs(rows.rebuilt(its, base.rows, host)) do
    local ip = its.rows[i].ip
    local names = rows.is_of_host(ip.value) and not ip.locked and row.ip == is.rows[i].ip
      and not row_of(base.rows, "template_row_id", row.template_row_id)
    if names and not picture.same(row, is.rows[i]) then return true end
  end
  return false
end

-- How often a process has to be changed in its instance.
local function updates_of(its, base, is, host)
  local differs = not picture.same(base.rows, is.rows)
  for field, cell in pairs(its.fields) do
    differs = differs or not cell.locked and is.fields[field] ~= base.fields[field]
  end
  return not differs and 0 or comes_first(its, base, is, host) and 2 or 1
end

-- All updates of a service instance, and how many in a row.
local function count_templated(template, was, is, host, is_synchronised)
  local updates, longest = 0, 0
  for name, process in pairs(is.processes) do
    local old, its = former(was, process), template.processes[name]
    local count = its and updates_of(its, base_of(its, old, host, is_synchronised), process, host)
      or 0
    updates, longest = updates + count, math.max(longest, count)
  end
  return updates, longest
end

-- What free processes force: updates in all, how many batches of them in a row, deletions,
-- creations.
local function count_free(was, is)
  local siblings, deleted, created, staying = {}, {}, {}, 0
  for name, process in order.pairs(is and is.processes or {}) do
    local old = was.processes[name]
    if not old then
      created[#created + 1] = process
    else
      staying = staying + 1
      if not picture.same(old, process) then
        siblings[#siblings + 1] = { now = process_keys(old), next = process_keys(process) }
      end
    end
  end
  for name, old in order.pairs(was.processes) do
    if not (is and is.processes[name]) then deleted[process_keys(old) or name] = old end
  end
  local rings, longest = handing_on(siblings)
  local updates = #siblings + rings
  -- The last process takes its service instance along. So what comes in comes in before the others
  -- leave, and one of these that has what is wanted has to let go of it first.
  for _, process in ipairs(staying == 0 and created or {}) do
    if deleted[process_keys(process) or ""] then updates, longest = updates + 1, 1 end
  end
  local gone = 0
  for _ in pairs(deleted) do gone = gone + 1 end
  return updates, longest, gone, #created
end

local function count_instances(made, section, before, after)
  local updates, in_a_row, deleted, new = 0, 0, 0, {}
  for key, is in order.pairs(after.instances) do
    local module, was = after.modules[is.module], before.instances[key]
    local template = module.template and after.templates[module.template]
    if template and (was or section[module.template]) then
      local is_synchronised = section[module.template]
        and syncs_of_module(template, before, after, module) > 0
      local its_updates, longest =
        count_templated(template, was, is, after.hosts[is.host], is_synchronised)
      updates, in_a_row = updates + its_updates, math.max(in_a_row, longest)
    elseif not was then
      new[module.id] = (new[module.id] or 0) + 1
    else
      local its_updates, longest, gone, created = count_free(was, is)
      updates, in_a_row = updates + its_updates, math.max(in_a_row, longest)
      deleted = deleted + gone
      made:add("cc.create_process_instance", created)
    end
  end
  for key, was in order.pairs(before.instances) do
    if not after.instances[key] and not after.modules[was.module].template then
      for _ in pairs(was.processes) do deleted = deleted + 1 end
    end
  end
  for _, count in pairs(new) do made:add("cc.create_service_instance", count) end
  made:add("cc.update_process_instance", updates, in_a_row)
  made:add("cc.delete_process_instance", deleted)
end

---@param pb table playbook in normal form
---@param before tests.Picture
---@param after tests.Picture as drawn from the platform
---@return table<string, integer> calls by name
function fewest.calls(pb, before, after)
  local section, made = pb.sections.service_templates or {}, setmetatable({}, counts)
  count_templates(made, before, after)
  count_syncs(made, section, before, after)
  count_instances(made, section, before, after)
  return setmetatable(made, nil)
end

return fewest
