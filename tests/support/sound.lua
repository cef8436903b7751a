-- What must be true when a plan for the present platform has been carried out: every document is as
-- a plain reading of the playbook says, no other was written, what goes and what comes beside it
-- was counted, and no fewer calls could have done it. Owns these comparisons; plans and applies
-- nothing.

local lu = require "luaunit"
local current = require "remora.reconcile.current"
local fewest = require "tests.support.fewest"
local kinds = require "remora.kinds"
local order = require "remora.core.order"
local picture = require "tests.support.picture"
local reference = require "tests.support.reference"
local stored = require "tests.support.stored"
local templates = require "tests.support.reference_templates"
local world = require "tests.support.world"

-- Whether a module is synchronised more than once, where a start regex has to wait for a sync.
local function has_sync_between(plan)
  local met = {}
  for _, change in ipairs(plan.changes) do
    if change.action == "sync" then
      if met[change.id] then return true end
      met[change.id] = true
    end
  end
  return false
end

-- The first of several syncs makes what is missing, with what the template leaves free as it is by
-- then; seen here as if the last one had.
local function as_made_last(after, before)
  for key, instance in pairs(after.instances) do
    local template = not before.instances[key] and after.modules[instance.module].template
    for name, its in pairs(template and after.templates[template].processes or {}) do
      local process, cell = instance.processes[name], its.fields.bk_start_param_regex
      if process and not cell.locked then process.fields.bk_start_param_regex = cell.value end
    end
  end
end

-- Part by part, so that a failure shows the one that differs.
local function check_picture(after, expected, before, context)
  local is, should_be = picture.parts(after, before), picture.parts(expected, before)
  for name, part in order.pairs(should_be) do
    lu.assertEquals(is[name], part, context .. name)
  end
  for name in order.pairs(is) do lu.assertNotNil(should_be[name], context .. name) end
end

-- All service instances by module, whether they were kept packed or not.
local function unpacked(state)
  local lists = {}
  for module_id, list in pairs(state.instances_of or {}) do
    lists[module_id] = table.move(list, 1, #list, 1, {})
  end
  return lists
end

-- In the end a run knows what whoever looks for the first time sees, although it has read only what
-- it touched again.
local function check_knowledge(platform, pb, reader, context)
  local known = assert(reader.loop:run(current.read, reader, pb, kinds.of(pb)))
  local seen = assert(current.read(platform:reader(), pb, kinds.of(pb)))
  lu.assertEquals(unpacked(known), unpacked(seen), context .. "instances_of")
  lu.assertEquals(known.unlisted, seen.unlisted, context .. "unlisted")
end

-- Documents of which the picture is the same have not been written; agents are not in the picture.
local function check_untouched(touched, before, after, context)
  local was, is = picture.documents(before), picture.documents(after)
  for _, name in ipairs(touched) do
    lu.assertFalse(not name:find("^gse_") and picture.same(was[name], is[name]),
      context .. name)
  end
end

-- Nothing goes that the plan did not count.
local function check_removals(plan, before, after, context)
  local living, gone, counted = {}, 0, 0
  for _, instance in pairs(after.instances) do
    for _, each in pairs(instance.processes) do living[each.id] = true end
  end
  for _, instance in pairs(before.instances) do
    for _, each in pairs(instance.processes) do
      if not living[each.id] then gone = gone + 1 end
    end
  end
  for _, change in ipairs(plan.changes) do
    for _, each in ipairs(change.removes or {}) do
      if each.what == "process" then counted = counted + each.count end
    end
  end
  lu.assertTrue(gone <= counted, ("%d processes went, %d were counted: %s"):format(gone,
    counted, context))
end

-- What comes and changes because modules were out of line before is told. Where a start regex has
-- to wait for a sync, that one may set another first; and a sync may turn out not to be needed,
-- where instances kept what their template locks again.
local function check_brings(plan, pb, before, after, writes, context)
  local expected, told, syncs = 0, 0, 0
  for name in pairs(pb.sections.service_templates or {}) do
    if before.templates[name] then expected = expected + templates.beyond(before, after, name) end
  end
  for _, change in ipairs(plan.changes) do
    for _, each in ipairs(change.brings or {}) do told = told + each.count end
    if change.action == "sync" then syncs = syncs + 1 end
  end
  if has_sync_between(plan) or syncs > (writes[fewest.SYNC] or 0) then
    return lu.assertTrue(told >= expected, context)
  end
  lu.assertEquals(told, expected, context)
end

local Sound = {}
Sound.__index = Sound

---Notes how a platform is before a playbook is applied.
---@param platform table tests.support.fleet
---@param pb table in normal form
---@param context string that names the playbook in a failure
---@return table sound with `before`, a tests.Picture
local function sound(platform, pb, context)
  return setmetatable({ platform = platform, pb = pb, context = context,
    before = picture.draw(platform), documents = stored.documents(platform) }, Sound)
end

---Compares with how it is afterwards.
---@param plan remora.reconcile.Plan that was carried out
---@param reader table of the run
---@param writes table<string, integer> calls that the platform counted
---@return tests.Picture after
function Sound:check(plan, reader, writes)
  local platform, pb, before, context = self.platform, self.pb, self.before, self.context
  local after = picture.draw(platform)
  if has_sync_between(plan) then as_made_last(after, before) end
  local expected = reference.after(pb, before, world.category(platform))
  check_picture(after, expected, before, context)
  check_removals(plan, before, after, context)
  check_brings(plan, pb, before, after, writes, context)
  check_untouched(stored.touched(self.documents, stored.documents(platform)), before, after,
    context)
  -- What rules by name want of what others make goes in calls of its own, after it has its name.
  if not expected.is_named_late then
    lu.assertEquals(writes, fewest.calls(pb, before, after), context)
  end
  check_knowledge(platform, pb, reader, context)
  return after
end

return sound
