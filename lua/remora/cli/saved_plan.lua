-- Plans in files: `plan -o FILE` writes what would be done together with all it was made from, and
-- `apply FILE` does that or nothing. Owns the form of the file and what makes one stale. The
-- playbook and the plan are kept whole, so that telling what changed needs no guessing. A file that
-- was edited is noticed by its sum; one that was forged does no harm, because only what planning
-- gives again is carried out.

local fault = require "remora.core.fault"
local identity = require "remora.reconcile.identity"
local json = require "json"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local render = require "remora.reconcile.render"
local system = require "system"
local usage = require "remora.cli.usage"
local values = require "remora.model.values"
local words = require "remora.reconcile.words"

local saved_plan = {}

local VERSION = 1
local MODE = 384      -- 0600: a playbook may hold what others must not see
local MOST_NAMED = 5
local MOST_BYTES = 256 * 1024 * 1024 -- of a plan of any fleet

---@class remora.cli.SavedPlan
---@field remora_plan integer version of the form
---@field arguments {playbooks: string[], var: string[], vars_file: string[], target: string[],
---  exclude: string[]} of the command line that made it
---@field sections table the playbook in normal form
---@field platform string
---@field plan table as render.plain gives it
---@field sum string over all other members

local ARGUMENTS = { "playbooks", "var", "vars_file", "target", "exclude" }

local BEGINNING = '{"arguments":' -- of every file, also of one that was cut off
local VERSION_MEMBER = '"remora_plan"'
local PRIME = 0x100000001b3 -- of FNV-1a, taken eight bytes at a time

-- A number that a change of a few characters changes.
local function sum_of(value)
  local text = json.encode(value)
  local sum = #text
  text = text .. ("\0"):rep(-#text % 8)
  for i = 1, #text, 8 do sum = (sum ~ string.unpack("<i8", text, i)) * PRIME end
  return ("%016x"):format(sum)
end

local function failed(path, message, hint)
  return fault.new { code = "plan.file", at = { file = path }, message = message, hint = hint }
end

local function edited(path)
  return failed(path, "is not as remora has written it",
    "change the playbook instead, and make the plan again: remora plan -o FILE")
end

---Writes a plan.
---@param path string
---@param planned remora.cli.Planned
---@param args table
---@return boolean? done
---@return table? fault
function saved_plan.write(path, planned, args)
  local arguments = {}
  for _, name in ipairs(ARGUMENTS) do arguments[name] = json.array(args[name]) end
  local saved = { remora_plan = VERSION, arguments = arguments, sections = planned.pb.sections,
    platform = planned.platform, plan = render.plain(planned.plan) }
  saved.sum = sum_of(saved)
  local done, refused = system.write_file(path, json.encode(saved) .. "\n", MODE)
  if not done then return nil, failed(path, "cannot be written: " .. refused.reason) end
  return true
end

---Reads a file that may be a plan. What comes out of a pipe is none: it could not be read again as
---a playbook.
---@param path string
---@return remora.cli.SavedPlan? saved nil without a fault: it is something else
---@return table? fault
function saved_plan.read(path)
  local found = system.stat(path)
  local text = found and found.type == "file" and system.read_file(path, MOST_BYTES)
  if not text then return nil end
  local is_ours = text:sub(1, #BEGINNING) == BEGINNING
  if not is_ours and not text:find(VERSION_MEMBER, 1, true) then return nil end -- a playbook, then
  local value = json.decode(text)
  if value == nil and is_ours then return nil, edited(path) end
  if type(value) ~= "table" or value.remora_plan == nil then return nil end
  if value.remora_plan ~= VERSION then
    return nil, failed(path, "is a plan of another version of remora",
      "make it again: remora plan -o FILE")
  end
  local sum = value.sum
  value.sum = nil
  if sum ~= sum_of(value) then return nil, edited(path) end
  return value
end

---Whether a plan may be written there: over an earlier one, but over no other file.
---@param path string
---@return boolean? may
---@return table? fault
function saved_plan.may_write(path)
  local found = system.stat(path)
  if not found or found.type ~= "file" or found.size == 0 then return true end
  local earlier, refused = saved_plan.read(path)
  if earlier or refused then return true end
  return nil, failed(path, "is there already, and is no plan",
    "-o names the file that the plan is written to: remora plan -o FILE PLAYBOOK")
end

---Puts the arguments that made a plan in place of those of a command line.
---@param saved remora.cli.SavedPlan
---@param args table
---@return table? fault the command line has some of its own
function saved_plan.arguments(saved, args)
  for _, name in ipairs(ARGUMENTS) do
    if name ~= "playbooks" and args[name] and #args[name] > 0 then
      return usage(("--%s says nothing to a plan that is made already"):format(
        (name:gsub("_", "-"))), "make the plan with it: remora plan -o FILE")
    end
    args[name] = saved.arguments[name]
  end
  return nil
end

-- A plan without what says nothing of the platform: lines move when a comment is written.
local function substance(plan)
  local changes = json.array {}
  for i, change in ipairs(plan.changes) do
    changes[i] = values.copy(change)
    changes[i].at, changes[i].protected = nil, nil
  end
  return values.copy(plan, { changes = changes })
end

-- What an object was like and is now, field by field, where two plans update it. A field that only
-- one of them changes was, or is, as it is wanted.
local function moved(was, is)
  local before, now, parts = {}, {}, {}
  for _, field in ipairs(was.fields) do
    before[field.name], now[field.name] = words.value(field.old), words.value(field.new)
  end
  for _, field in ipairs(is.fields) do
    before[field.name] = before[field.name] or words.value(field.new)
    now[field.name] = words.value(field.old)
  end
  for _, name in ipairs(order.keys(before)) do
    if before[name] ~= now[name] then
      parts[#parts + 1] = ("%s %s → %s"):format(name, before[name], now[name])
    end
  end
  return #parts > 0 and (" (%s)"):format(phrase.named(parts, MOST_NAMED)) or ""
end

-- Objects that two plans treat differently, with what they know of why.
local function differing(old, new)
  local seen, told = {}, {}
  for _, change in ipairs(old.changes) do seen[identity.deed(change)] = change end
  for _, change in ipairs(new.changes) do
    local deed, label = identity.deed(change), table.concat(change.label, "/")
    local was = seen[deed]
    seen[deed] = nil
    if not was then
      told[label] = told[label] or label
    elseif json.encode(was) ~= json.encode(change) then
      told[label] = label .. (change.action == "update" and moved(was, change) or "")
    end
  end
  for _, change in pairs(seen) do
    local label = table.concat(change.label, "/")
    told[label] = told[label] or label
  end
  local list = {}
  for i, label in ipairs(order.keys(told)) do list[i] = told[label] end
  return list
end

-- Objects of the calls that two plans with the same changes fill differently: an update carries
-- what the playbook does not speak of along.
local function carried(old, new)
  local seen, labels = {}, {}
  for _, step in ipairs(old.steps) do seen[json.encode(step)] = true end
  for _, step in ipairs(new.steps) do
    for _, index in ipairs(seen[json.encode(step)] and {} or step.changes) do
      labels[table.concat(new.changes[index].label, "/")] = true
    end
  end
  return order.keys(labels)
end

local function what_differs(old, new)
  local objects = differing(old, new)
  if #objects > 0 then return ": " .. phrase.named(objects, MOST_NAMED) end
  objects = carried(old, new)
  return #objects > 0 and ": other values are carried along in the call for "
    .. phrase.named(objects, MOST_NAMED) or ""
end

local function stale(message)
  return fault.new { code = "plan.stale", message = message,
    hint = "make the plan again, and look at it again: remora plan -o FILE" }
end

---What is not any more as a plan assumed.
---@param saved remora.cli.SavedPlan
---@param planned remora.cli.Planned planned a moment ago
---@return table? fault nil: the plan may be carried out
function saved_plan.stale(saved, planned)
  if saved.platform ~= planned.platform then
    return stale(("the plan is for %s, not for %s"):format(saved.platform, planned.platform))
  end
  if json.encode(saved.sections) ~= json.encode(planned.pb.sections) then
    return stale("the playbook has changed since the plan was made")
  end
  local old, new = substance(saved.plan), substance(render.plain(planned.plan))
  if json.encode(old) == json.encode(new) then return nil end
  return stale("the platform has changed since the plan was made" .. what_differs(old, new))
end

return saved_plan
