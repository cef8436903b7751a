-- The arguments that keep plan and apply within bounds: how much may change and go, and which part
-- of it is wanted. Owns their names, and how flags, profile and defaults become limits; what they
-- mean is the affair of reconcile/budget.lua and reconcile/selection.lua.

local budget = require "remora.reconcile.budget"
local fault = require "remora.core.fault"
local selection = require "remora.reconcile.selection"

local safety = {}

-- argparse takes nil and a message for a refusal.
local function checked(text)
  local limit, message = budget.limit(text)
  if not limit then return nil, message end
  return text
end

---Adds the limits to a command.
---@param parser table argparse command
function safety.define(parser)
  parser:option("--max-changes", "Refuse a plan whose calls change more objects than that. A "
    .. "change of a template is one, however many instances follow it; what a sync changes beyond "
    .. "that counts. A share holds for each sort of object, in the business and in each module, "
    .. "where ten or more exist. Without it: any number."):argname("N|N%"):convert(checked)
  parser:option("--max-deletes", "The same for what a plan takes away, what goes with it included. "
    .. "Without it: 30%.")
    :argname("N|N%"):convert(checked)
end

---Adds what says which part of the work is wanted.
---@param parser table argparse command
function safety.define_selection(parser)
  parser:option("--target", "Only what has such a label. The plan shows them: web/nginx, "
    .. "'prod-1/web/*'. May be repeated."):argname("GLOB"):count("*")
  parser:option("--exclude", "Leave out what has such a label; may be repeated.")
    :argname("GLOB"):count("*")
end

---The part of the work that is wanted.
---@param args {target: string[]?, exclude: string[]?} nil: of a command without these arguments
---@return table? selection nil: all of it
function safety.selection(args)
  return selection.new(args.target or {}, args.exclude or {})
end

local function limit_of(flag, given, from_profile, default)
  local text = given or from_profile
  if text == nil then return default end
  local limit, message = budget.limit(text)
  if limit then return limit end
  return nil, fault.new { code = "config.limit", message = ("%s: %s"):format(flag, message) }
end

---The limits of a run: flags over profile over defaults.
---@param args {max_changes: string?, max_deletes: string?, force: boolean?}
---@param target {max_changes: string|integer|nil, max_deletes: string|integer|nil}
---@return {changes: remora.reconcile.Limit?, deletes: remora.reconcile.Limit?}? limits
---@return table? fault
function safety.limits(args, target)
  if args.force then return {} end
  local changes, deletes, refused
  changes, refused = limit_of("--max-changes", args.max_changes, target.max_changes,
    budget.DEFAULT.changes)
  if refused then return nil, refused end
  deletes, refused = limit_of("--max-deletes", args.max_deletes, target.max_deletes,
    budget.DEFAULT.deletes)
  if refused then return nil, refused end
  return { changes = changes, deletes = deletes }
end

return safety
