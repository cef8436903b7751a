-- How a run ended: the exit code, and what people and scripts are told. Reads the result; sends and
-- decides nothing.

local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"
local story = require "remora.journal.story"

local report = {}

local MOST_NAMED = 5 -- objects or places listed behind a message

-- Ctrl-C may come when everything was on its way already.
local function is_complete(result)
  return #result.left == 0 and #result.failures == 0 and #result.problems == 0
    and not result.fault
end

---The exit code of a result.
---@param result remora.reconcile.Applied
---@return integer
function report.code(result)
  if result.interrupted and not is_complete(result) then return exit.interrupted end
  if #result.failures > 0 or #result.problems > 0 then
    return exit.partial
  end
  if result.fault then return result.sent > 0 and exit.partial or exit.failed end
  if #result.stuck > 0 or #result.left > 0 then return exit.diverged end
  return exit.done
end

local function stopping(result)
  return ("stopped after %s, as --max-failures says"):format(
    phrase.count(#result.failures, "failed call"))
end

---Why a run did not go on although it could have.
---@param result remora.reconcile.Applied
---@return string? why nil: nothing held it up but what it was told
function report.halt(result)
  local reasons = {}
  for i, each in ipairs(result.halts) do
    local place = fault.line(each.at)
    reasons[i] = (place ~= "" and place .. ": " or "") .. each.message
  end
  if result.stopped then
    reasons[#reasons + 1] = stopping(result)
  end
  return #reasons > 0 and table.concat(reasons, "; ") or nil
end

local function named(list) return phrase.named(list, MOST_NAMED) end

-- What goes on with a run that did not do everything.
local function again(work)
  return work.revision and "remora watch" or "remora resume"
end

-- How many objects an undo leaves as they are, as was said before it.
local function staying(work)
  return story.staying(work.lost or {})
end

-- Calls that failed alike, such as all that were on their way when the platform went, as one.
local function alike(failures)
  local list, by_fault = {}, {}
  for _, failure in ipairs(failures) do
    local its = failure.fault
    local key = table.concat({ its.call or "", tostring(its.code), its.message,
      tostring(fault.is_certain(its)), tostring(failure.step.repeatable) }, "\0")
    local first = by_fault[key]
    if not first then
      first = { fault = its, repeatable = failure.step.repeatable, labels = {}, places = {},
        calls = 0 }
      by_fault[key], list[#list + 1] = first, first
    end
    first.calls = first.calls + 1
    table.move(failure.labels, 1, #failure.labels, #first.labels + 1, first.labels)
    for _, place in ipairs(failure.places) do
      if not first.places[place] then
        first.places[place] = true
        table.insert(first.places, place)
      end
    end
  end
  return list
end

local function undone(failure, work)
  if fault.is_certain(failure.fault) then return "not done: " end
  return ("perhaps not done (%s: that %s): "):format(again(work),
    failure.repeatable and "does it again" or "looks first")
end

-- The platform refuses a batch as a whole and does not say for which item.
local function explain(out, failure, work)
  local lines = {}
  if failure.calls > 1 then lines[1] = "so failed " .. phrase.count(failure.calls, "call") end
  lines[#lines + 1] = undone(failure, work) .. named(failure.labels)
  if #failure.places > 0 then lines[#lines + 1] = "asked for at " .. named(failure.places) end
  out:error(failure.fault, lines)
end

local function left_lines(out, result)
  if #result.left == 0 then return end
  out:note("%s left:", phrase.count(#result.left, "change"))
  local labels = {}
  for i, change in ipairs(result.left) do
    labels[i] = ("%s %s %s"):format(change.action, change.type, table.concat(change.label, "/"))
  end
  for i = 1, math.min(#labels, MOST_NAMED) do out:note("  %s", labels[i]) end
  if #labels > MOST_NAMED then out:note("  and %d more", #labels - MOST_NAMED) end
end

-- What is true when everything was done.
local function reached(planned, work)
  local where = planned.plan.business and planned.plan.business.name or "the platform"
  if work.command == "undo" then
    return ("run %d is undone in %s%s"):format(work.options.run, where,
      staying(work) > 0 and ", but not everything came back" or "")
  end
  if work.command == "op" then return where .. " is as was asked for" end
  return ("%s is as %s %s"):format(where, planned.pb.name,
    planned.pb.playbooks == 1 and "says" or "say")
end

local function closing(result, planned, work)
  local sent = ("%s done, %s%s changed"):format(phrase.count(result.sent, "call"),
    result.in_part > 0 and result.in_part .. " in part, " or "",
    phrase.count(result.objects, "object"))
  local code = report.code(result)
  if code == exit.done and #result.excluded > 0 then
    return "good", ("%s: done, but for %s left out"):format(sent,
      phrase.count(#result.excluded, "change"))
  elseif code == exit.done and planned.selection then
    return "good", ("%s: done, as far as --target and --exclude go"):format(sent)
  elseif code == exit.done then
    return staying(work) == 0 and "good" or "warning",
      ("%s: %s"):format(sent, reached(planned, work))
  elseif result.stopped then
    return "error", ("%s, then %s; %s to go on"):format(sent, stopping(result), again(work))
  elseif result.unreachable then
    return "error", ("%s, then stopped: the platform is not there any more; %s to go on when it is")
      :format(sent, again(work))
  elseif code == exit.interrupted then
    return "warning", ("%s, then stopped; %s to go on"):format(sent, again(work))
  elseif code == exit.diverged then
    return "warning", ("%s, but the platform is not as %s"):format(sent,
      work.command == "op" and "was asked for" or "the playbook says")
  end
  return "error", ("%s, not everything; %s to go on"):format(sent, again(work))
end

local function as_text(out, result, planned, work)
  for _, failure in ipairs(alike(result.failures)) do explain(out, failure, work) end
  for _, problem in ipairs(result.problems) do out:error(problem) end
  for _, halt in ipairs(result.halts) do out:error(halt) end
  if result.fault then out:error(result.fault) end
  for _, each in ipairs(result.stuck) do
    out:warn("%s was answered with success and changed nothing: %s", each.step.call,
      named(each.labels))
  end
  if #result.moved > 0 then
    out:note("changed by someone else meanwhile, so planned anew: %s", named(result.moved))
  end
  left_lines(out, result)
  local style, text = closing(result, planned, work)
  out:result(out.style(style, text))
end

local function plain_list(list, fn)
  local plain = json.array {}
  for i, each in ipairs(list) do plain[i] = fn(each) end
  return plain
end

-- An undo that leaves some of it has not done everything, however well that went.
local function as_json(out, result, work)
  local code = report.code(result)
  if code == exit.done and staying(work) > 0 then code = exit.partial end
  out:event {
    event = "applied", calls = result.sent, calls_in_part = result.in_part,
    objects = result.objects,
    converged = code == exit.done, exit_code = code,
    failures = plain_list(result.failures, function(each)
      return { call = each.step.call, fault = fault.plain(each.fault),
        labels = json.array(each.labels), places = json.array(each.places) }
    end),
    problems = plain_list(result.problems, fault.plain),
    halts = plain_list(result.halts, fault.plain),
    fault = result.fault and fault.plain(result.fault) or nil,
    moved = json.array(result.moved), looks = result.looks,
    unchanged = plain_list(result.stuck, function(each)
      return { call = each.step.call, labels = json.array(each.labels) }
    end),
    left = plain_list(result.left, function(change)
      return { kind = change.kind, type = change.type, action = change.action,
        label = json.array(change.label) }
    end),
  }
end

---Tells how a run ended.
---@param out table
---@param result remora.reconcile.Applied
---@param planned remora.cli.Planned
---@param work remora.cli.Work
function report.show(out, result, planned, work)
  if out.json then
    as_json(out, result, work)
  else
    as_text(out, result, planned, work)
  end
end

local NOTHING = { sent = 0, in_part = 0, objects = 0, failures = {}, problems = {}, halts = {},
  stuck = {}, left = {}, moved = {}, looks = 0, interrupted = false }

---Tells scripts that there was nothing to apply; for people the plan has said so.
---@param out table
---@param work remora.cli.Work
function report.idle(out, work)
  if out.json then as_json(out, NOTHING, work) end
end

return report
