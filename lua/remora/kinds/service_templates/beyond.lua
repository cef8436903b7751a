-- What a sync does beyond what the playbook changes, in modules that were out of line before: what
-- it deletes, makes and changes there whatever the playbook says, and what of that no way back
-- brings back. Pure; found out by survey.lua.

local order = require "remora.core.order"
local process = require "remora.model.process"
local protection = require "remora.model.protection"
local topology = require "remora.observe.topology"
local values = require "remora.model.values"

local beyond = {}

-- The process templates that there will be, by id.
local function by_id(template)
  local kept = {}
  for _, now in ipairs(template.processes) do kept[now.id] = now end
  return kept
end

-- Whether a process template is still there, and which of its fields are as they were.
local function unchanged(kept, was)
  local now = kept[was.id]
  return now and function(field)
    return values.equal(now.property[field], was.property[field])
  end
end

-- Processes that a sync of a module makes and changes because of what was there before; notes the
-- fields in which those that stay differ, whatever the playbook changes of them.
local function come_and_change(state, kept, module, its, overwritten)
  local made, changed, hosts = 0, 0, #state.hosts_of[module.id]
  for id, was in pairs(its.living) do
    if unchanged(kept, was) then made = made + math.max(0, hosts - (its.present[id] or 0)) end
  end
  for _, alike in ipairs(its.differing) do
    local stays, counts = unchanged(kept, its.living[alike.template_id]), false
    for _, field in ipairs(stays and alike.fields or {}) do
      counts, overwritten[field] = counts or stays(field), true
    end
    if counts then changed = changed + alike.count end
  end
  return made, changed
end

local function sentence(one, many, count)
  if count == 0 then return nil end
  return count == 1 and one or many:format(count)
end

local function words(total)
  local list = {}
  list[#list + 1] = sentence("deletes 1 process that has no process template any more",
    "deletes %d processes that have no process template any more", total.loose)
  list[#list + 1] = total.instances > 0
    and "no process is left: the sync deletes the service instances too" or nil
  if total.loose > 0 then list[#list + 1] = process.STAYS_HOSTED end
  list[#list + 1] = sentence("makes 1 process that was missing before",
    "makes %d processes that were missing before", total.made)
  list[#list + 1] = sentence("changes 1 process that differed from its template before",
    "changes %d processes that differed from their templates before", total.changed)
  if total.overwritten.proc_num then list[#list + 1] = process.COPIES_STAY_HOSTED end
  return list
end

-- What undoing the change of the template does not bring back: it was in the instances only, and
-- the sync has overwritten it.
local function losses(total)
  local list, fields = {}, order.keys(total.overwritten)
  if total.loose > 0 then
    list[#list + 1] = "processes that had no process template any more are gone for good"
  end
  if total.made > 0 then
    list[#list + 1] = "processes of the template that were missing stay"
  end
  if #fields > 0 then
    list[#list + 1] = ("what instances had in %s, unlike their template, is lost"):format(
      table.concat(fields, ", "))
  end
  return #list > 0 and list or nil
end

---What a change that stands for a sync says of it: what it removes, what forbids that, what else it
---brings about, what of that stays so.
---@param pb table
---@param state table
---@param template remora.observe.Template
---@param modules remora.observe.Module[] that are synchronised
---@return {removes: remora.reconcile.Portion[]?, brings: remora.reconcile.Portion[]?,
---  protected: table?, cascades: string[], losses: string[]?}
function beyond.told(pb, state, template, modules)
  local removes, brings, kept = {}, {}, by_id(template)
  local total = { loose = 0, instances = 0, made = 0, changed = 0, overwritten = {} }
  for _, module in ipairs(modules) do
    local its, place = state.surveyed[module.id], topology.place(module)
    if its then
      local made, changed = come_and_change(state, kept, module, its, total.overwritten)
      total.made, total.changed = total.made + made, total.changed + changed
      for name, count in order.pairs(its.loose) do
        total.loose = total.loose + count
        removes[#removes + 1] = { what = "process", within = place, of = name, count = count }
      end
      brings[#brings + 1] = { what = "process", within = place, count = made + changed }
    end
    if its and its.emptied > 0 and #template.processes == 0 then
      total.instances = total.instances + its.emptied
      removes[#removes + 1] = { what = "service instance", within = place, of = template.name,
        count = its.emptied }
    end
  end
  local takes_away = total.loose + total.instances > 0
  return {
    cascades = words(total), losses = losses(total),
    removes = takes_away and removes or nil,
    brings = total.made + total.changed > 0 and brings or nil,
    protected = takes_away
      and protection.of_followers(pb, state, template.name, modules) or nil,
  }
end

return beyond
