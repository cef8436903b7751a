-- Differences as text for people: what was changed on the platform first, then what the playbook
-- changed, then what follows. Reads differences, never finds them.

local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"
local values = require "remora.model.values"
local words = require "remora.reconcile.words"

local drift_text = {}

local PARTS = {
  { "platform", "changed on the platform since" },
  { "run", "changed by runs from here since" },
  { "both", "changed on both sides since" },
  { "playbook", "changed in the playbook since" },
  { "following", "not changed, but follows from other changes" },
  { "unknown", "different, and never applied from here" },
  { "unseen", "not known how it is" },
}

-- What happened to an object as a whole, seen from the side that moved.
local HAPPENED = {
  platform = { create = "is gone", delete = "is new there", register = "is not hosted any more",
    unregister = "is hosted", start = "does not run", stop = "runs", bind = "is not bound any more",
    unbind = "is bound", sync = "has modules out of line with it" },
  playbook = { create = "is new", delete = "is not wanted any more", register = "is to be hosted",
    unregister = "is not to be hosted any more", start = "is to run", stop = "is to be stopped",
    bind = "is to be bound", unbind = "is not to be bound any more",
    sync = "is to bring its modules in line" },
  unknown = { create = "is missing", delete = "is not wanted", register = "is not hosted",
    unregister = "is hosted", start = "does not run", stop = "runs", bind = "is not bound",
    unbind = "is bound", sync = "has modules out of line with it" },
}
HAPPENED.both, HAPPENED.run = HAPPENED.unknown, HAPPENED.platform
HAPPENED.unseen = {}
HAPPENED.following = values.copy(HAPPENED.playbook,
  { create = "is to be made", delete = "is to be deleted" })

-- The platform writes 2026-11-22T04:39:02.945Z, or in its own zone without a Z.
local function moment(text)
  return (tostring(text):gsub("^(%d+-%d+-%d+)T(%d+:%d+:%d+)%.?%d*Z$", "%1 %2 UTC"))
end

-- What is gone has nothing left that could say who took it away, and the event of its end
-- (resource_watch) repeats who changed it last.
local function author(each)
  if each.run then return ("  (run %d: %s)"):format(each.run.id, each.run.what) end
  if each.since == "platform" and each.action == "create" then
    return "  (the platform does not tell by whom)"
  end
  if not each.by and not each.changed_at then return "" end
  local text = each.by and "by " .. each.by or "changed"
  if each.changed_at then text = text .. " at " .. moment(each.changed_at) end
  return "  (" .. text .. ")"
end

-- What a plan notes of the lock of a template's field, seen from the side that moved.
local LOCKS = {
  ["was free"] = { platform = "is free now", playbook = "is to be locked", both = "is free",
    unknown = "is free" },
  ["was locked"] = { platform = "is locked now", playbook = "is to be free", both = "is locked",
    unknown = "is locked" },
}
for _, sides in pairs(LOCKS) do sides.run = sides.platform end

local function value_text(field, since)
  local now, wanted = words.value(field.now), words.value(field.wanted)
  if since == "platform" or since == "run" then
    return words.value(field.applied) .. " → " .. now
  end
  if since == "both" then
    return ("applied %s, now %s, playbook %s"):format(words.value(field.applied), now, wanted)
  end
  return now .. " → " .. wanted
end

local function field_text(field, since)
  local lock = LOCKS[field.note]
  if not lock then return field.note or value_text(field, since) end
  if values.equal(field.now, field.wanted) then return lock[since] end
  return value_text(field, since) .. ", " .. lock[since]
end

-- Differences that differ in nothing but their object.
local function groups_of(differences, since)
  local groups, by_key = {}, {}
  for _, each in ipairs(differences) do
    if each.since == since then
      local key = json.encode { each.type, each.action, each.fields, fault.line(each.at),
        each.by or "", each.changed_at or "", each.run and each.run.id or 0 }
      local group = by_key[key]
      if not group then
        group = {}
        by_key[key] = group
        groups[#groups + 1] = group
      end
      group[#group + 1] = each
    end
  end
  return groups
end

local function group_lines(group, style, lines)
  local first = group[1]
  local happened = HAPPENED[first.since][first.action]
  lines[#lines + 1] = ("  %s %s%s"):format(first.type, table.concat(first.label, "/"),
    happened and " " .. happened or "")
    .. style("dim", "  " .. fault.line(first.at) .. author(first))
  if #group > 1 then lines[#lines + 1] = style("dim", words.more_alike(group)) end
  if happened then return end
  local width = 0
  for _, field in ipairs(first.fields) do width = math.max(width, #field.name) end
  local whole = author(first)
  for _, field in ipairs(first.fields) do
    local its = author(field)
    lines[#lines + 1] = ("      %s  %s"):format(
      field.name .. (" "):rep(width - #field.name), field_text(field, first.since))
      .. style("dim", its ~= whole and its or "")
  end
end

---@param differences remora.reconcile.Difference[]
---@param style fun(name: string, text: string): string
---@return string
function drift_text.of(differences, style)
  if #differences == 0 then
    return style("good", "no drift: the platform is as the playbook says")
  end
  local lines = {}
  for _, part in ipairs(PARTS) do
    local groups, objects = groups_of(differences, part[1]), 0
    for _, group in ipairs(groups) do objects = objects + #group end
    if #groups > 0 then
      if #lines > 0 then lines[#lines + 1] = "" end
      lines[#lines + 1] = style("strong", part[2])
        .. style("dim", ": " .. phrase.count(objects, "object"))
      for _, group in ipairs(groups) do group_lines(group, style, lines) end
    end
  end
  return table.concat(lines, "\n")
end

return drift_text
