-- How much a plan may change and take away. Owns what counts, against what, and the words of a
-- refusal; the kinds say what exists and what each change removes. Pure.
--
-- What is taken away: what the platform deletes, what follows it, and what agents no longer keep.
-- Taken and given back in one plan, as when a process is registered anew, is not taken away.

local actions = require "remora.reconcile.actions"
local fault = require "remora.core.fault"
local identity = require "remora.reconcile.identity"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"

local budget = {}

-- A share of very few says nothing: one of two is half of them.
local FEWEST = 10

---@class remora.reconcile.Portion so many things of a sort in one place
---@field what string the sort, in the singular: "process"
---@field within string the place: "prod-1/web", or the name of a template
---@field count integer
---@field of string? what tells them from others there: two changes that remove the same say so

---@class remora.reconcile.Limit either of the two
---@field count integer?
---@field percent number? of what exists, where that is ten or more

---@type {changes: remora.reconcile.Limit?, deletes: remora.reconcile.Limit?}
budget.DEFAULT = { deletes = { percent = 30 } }

---Reads a limit as people write it: "20" or "30%".
---@param text string|integer
---@return remora.reconcile.Limit? limit
---@return string? message what is wrong with it
function budget.limit(text)
  local number, sign = tostring(text):match("^(%d+)(%%?)$")
  number = math.tointeger(tonumber(number))
  if not number or sign == "%" and number > 100 then
    return nil, ("'%s' is neither a number nor a share such as 30%%"):format(text)
  end
  return sign == "%" and { percent = number } or { count = number }
end

---Everything the kinds know of that a plan could take away.
---@param kinds table[]
---@param pb table
---@param state table
---@return table<string, table<string, integer>> existing what → within → count
function budget.existing(kinds, pb, state)
  local existing = {}
  for _, kind in ipairs(kinds) do
    for _, each in ipairs(kind.existing and kind.existing(pb, state) or {}) do
      local places = existing[each.what] or {}
      existing[each.what] = places
      -- Two kinds may have looked at one place; who saw more of it is right.
      places[each.within] = math.max(places[each.within] or 0, each.count)
    end
  end
  return existing
end

-- Long plans mostly take nothing away.
local function removes(made)
  for _, change in ipairs(made.changes) do
    if change.removes then return true end
  end
  return false
end

---What a plan takes away and does not give back.
---@param made remora.reconcile.Plan
---@return remora.reconcile.Change[] in the order of the plan
function budget.removing(made)
  local backwards, given, removing = {}, {}, {}
  if not removes(made) then return removing end
  for i = #made.changes, 1, -1 do
    local change = made.changes[i]
    if actions[change.action].comes_to == "create" then given[identity.object(change)] = true end
    if change.removes and not given[identity.object(change)] then
      backwards[#backwards + 1] = change
    end
  end
  for i = #backwards, 1, -1 do removing[#removing + 1] = backwards[i] end
  return removing
end

-- How many of a portion no change has removed before.
local function fresh(each, told)
  if not each.of then return each.count end
  local key = each.what .. "\0" .. each.within .. "\0" .. each.of
  local before = told[key] or 0
  told[key] = math.max(before, each.count)
  return told[key] - before
end

local function add(counts, what, within, count)
  local places = counts[what] or {}
  counts[what] = places
  places[within] = (places[within] or 0) + count
end

local function removed(removing)
  local gone, told = {}, {}
  for _, change in ipairs(removing) do
    for _, each in ipairs(change.removes) do
      add(gone, each.what, each.within, fresh(each, told))
    end
  end
  return gone
end

-- The place that an object is in: its label begins with it. nil: of its sort nothing is counted.
local function place_of(change, places)
  for length = #change.label, 1, -1 do
    local place = table.concat(change.label, "/", 1, length)
    if places and places[place] then return place end
  end
  return nil
end

-- What a plan changes of what exists; an object that it changes twice counts once.
local function changed(made, existing)
  local counts, seen = {}, {}
  for _, change in ipairs(made.changes) do
    local place = place_of(change, existing[change.type])
    if place and not seen[identity.object(change)] then add(counts, change.type, place, 1) end
    seen[identity.object(change)] = true
    for _, each in ipairs(change.brings or {}) do
      add(counts, each.what, each.within, each.count)
    end
  end
  return counts
end

local function sum(places)
  local total = 0
  for _, count in pairs(places or {}) do total = total + count end
  return total
end

-- Whether that many are a greater share of what exists.
local function is_over(limit, count, existing)
  return existing >= FEWEST and count * 100 > limit.percent * existing
end

local function words(limit)
  return limit.count and tostring(limit.count) or limit.percent .. " %"
end

-- What becomes of everything that is taken away.
local function fate(removing)
  local its
  for _, change in ipairs(removing) do
    local one = actions[change.action].fate or "go"
    if its and its ~= one then return "go" end
    its = one
  end
  return its or "go"
end

local function too_many(name, limit, text)
  return fault.new {
    code = "budget." .. name,
    message = ("%s, more than %s"):format(text, words(limit)),
    hint = ("if that is meant, raise --max-%s or apply it with --force"):format(name),
  }
end

-- Shares are looked at for each sort of thing, in the business and in each place of it.
---@param name string of the limit
---@param limit remora.reconcile.Limit
---@param counts table<string, table<string, integer>> as of budget.existing
---@param existing table<string, table<string, integer>>
---@param becomes string what becomes of that many
---@param faults table[] to be appended to
local function check_shares(name, limit, counts, existing, becomes, faults)
  for what, places in order.pairs(counts) do
    local count, all = sum(places), sum(existing[what])
    if is_over(limit, count, all) then
      faults[#faults + 1] = too_many(name, limit,
        ("%d of %d %s would %s"):format(count, all, phrase.plural(all, what), becomes))
    else
      for place, some in order.pairs(places) do
        local there = existing[what] and existing[what][place] or 0
        if is_over(limit, some, there) then
          faults[#faults + 1] = too_many(name, limit, ("%d of %d %s in %s would %s"):format(some,
            there, phrase.plural(there, what), place, becomes))
        end
      end
    end
  end
end

local function check_deletes(limit, made, existing, faults)
  local removing = budget.removing(made)
  local gone, total, parts = removed(removing), 0, {}
  if limit.percent then
    return check_shares("deletes", limit, gone, existing, fate(removing), faults)
  end
  for what, places in order.pairs(gone) do
    local count = sum(places)
    total = total + count
    parts[#parts + 1] = phrase.count(count, what)
  end
  if total > limit.count then
    faults[#faults + 1] = too_many("deletes", limit,
      ("%s would %s"):format(table.concat(parts, ", "), fate(removing)))
  end
end

local function check_changes(limit, made, existing, faults)
  if limit.percent then
    return check_shares("changes", limit, changed(made, existing), existing, "change", faults)
  end
  local count = 0
  for _, row in ipairs(made.certificate) do count = count + row.objects end
  for _, change in ipairs(made.changes) do
    for _, each in ipairs(change.brings or {}) do count = count + each.count end
  end
  if count > limit.count then
    faults[#faults + 1] = too_many("changes", limit,
      ("%s would change"):format(phrase.count(count, "object")))
  end
end

---Holds a plan against its limits.
---@param made remora.reconcile.Plan
---@param existing table<string, table<string, integer>> as of budget.existing
---@param limits {changes: remora.reconcile.Limit?, deletes: remora.reconcile.Limit?}
---@return table[] faults none: the plan is within them
function budget.check(made, existing, limits)
  local faults = {}
  if limits.deletes then check_deletes(limits.deletes, made, existing, faults) end
  if limits.changes then check_changes(limits.changes, made, existing, faults) end
  return faults
end

return budget
