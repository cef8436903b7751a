-- The list of runs, and one run with its calls, as text for a terminal. What is said of each is
-- text.lua's; reads values of records.lua, no file.

local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"
local story = require "remora.journal.story"
local text = require "remora.journal.text"
local width = require "remora.core.width"
local words = require "remora.reconcile.words"

local listing = {}

-- Listed under a call, of one item, and of what a call left undone.
local MOST_ITEMS, MOST_FIELDS, MOST_NAMED = 10, 4, 3

---The list of runs.
---@param runs remora.journal.Run[]
---@param style fun(name: string, text: string): string
---@return string
function listing.history(runs, style)
  local rows = { { "run", "started", "by", "took", "objects", "result", "what" } }
  local styles = {}
  for i, run in ipairs(runs) do
    local ending, its = text.ending(run)
    rows[i + 1] = { tostring(run.id), text.time(run.started):sub(1, -4), run.user,
      text.duration(run.ended and run.ended - run.started), tostring(run.objects), ending,
      text.what(run) }
    styles[i + 1] = its
  end
  local lines = {}
  for i, cells in ipairs(width.aligned(rows, { true, [4] = true, [5] = true })) do
    if i > 1 then cells[6] = style(styles[i], cells[6]) end
    lines[i] = table.concat(cells, "  ")
  end
  lines[1] = style("dim", lines[1])
  return table.concat(lines, "\n")
end

local function field_text(change)
  local parts = {}
  for i, field in ipairs(change.fields) do
    if i > MOST_FIELDS then
      parts[i] = ("%d more"):format(#change.fields - MOST_FIELDS)
      break
    end
    parts[i] = field.name .. " " .. words.change(change, field)
  end
  return table.concat(parts, ", ")
end

-- What stands behind items that did not fare as the others of their call, and the style for it.
local MARKS = { failed = { "failed", "error" }, unknown = { "nobody knows", "warning" } }

-- Items that differ in nothing but their object share a line.
local function item_groups(call)
  local states, groups, by_key = call.failed and story.states(call) or {}, {}, {}
  for i, change in ipairs(call.changes) do
    local key = json.encode { change.action, change.type, change.fields, states[i] or false }
    local group = by_key[key]
    if not group then
      group = { change = change, state = states[i], more = -1 }
      by_key[key], groups[#groups + 1] = group, group
    end
    group.more = group.more + 1
  end
  return groups
end

-- What stands behind the end of a line; an undo has no places in a playbook.
local function aside(place, style)
  return place ~= "" and style("dim", "  " .. place) or ""
end

local function group_lines(group, style, lines)
  local change = group.change
  local head = ("      %s %s"):format(words.sign(change.action), words.subject(change))
  if group.more > 0 then head = ("%s and %d more alike"):format(head, group.more) end
  local mark = MARKS[group.state]
  if mark then head = head .. style(mark[2], "  " .. mark[1]) end
  lines[#lines + 1] = head .. aside(fault.line(change.at), style)
  local fields = field_text(change)
  if fields ~= "" then lines[#lines + 1] = "        " .. fields end
end

local function item_lines(call, style, lines)
  local groups = item_groups(call)
  for i = 1, math.min(#groups, MOST_ITEMS) do group_lines(groups[i], style, lines) end
  if #groups > MOST_ITEMS then
    lines[#lines + 1] = ("      and %d more"):format(#groups - MOST_ITEMS)
  end
end

local function call_lines(run, calls, style, lines)
  local rows, stage = {}, nil
  for i, call in ipairs(calls) do
    rows[i] = { tostring(i), "+" .. text.duration(call.intended - run.started),
      text.duration(call.ended and call.ended - call.intended), call.name }
  end
  for i, cells in ipairs(width.aligned(rows, { true, true, true })) do
    local call = calls[i]
    if call.stage ~= stage then
      stage = call.stage
      lines[#lines + 1] = ""
      lines[#lines + 1] = style("strong", stage)
    end
    local said, how = text.outcome(call)
    lines[#lines + 1] = "  " .. table.concat(cells, "  ") .. "  " .. style(how, said)
    if call.message then
      lines[#lines + 1] = style("error", ("      %s (%s)"):format(call.message, call.code))
    end
    item_lines(call, style, lines)
  end
end

local function whom_line(undone, style, lines)
  if #undone.labels == 0 then return end
  lines[#lines + 1] = "      " .. phrase.named(undone.labels, MOST_NAMED)
    .. aside(phrase.named(undone.places, MOST_NAMED), style)
end

-- What was not done stands before all calls: nobody wants to look for it.
local function failure_lines(run, items, calls, style, lines)
  local failures, left = story.failures(items, calls), story.left(run, items)
  if #failures == 0 and not left then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = style("strong", "what was not done")
  for _, failure in ipairs(failures) do
    local said, how = text.outcome(failure.call)
    lines[#lines + 1] = ("  %s  %s  %s"):format(failure.call.name, style(how, said),
      style("dim", text.calls(failure.numbers)))
    if failure.call.message then
      lines[#lines + 1] = style("error", ("      %s (%s)"):format(failure.call.message,
        failure.call.code))
    end
    whom_line(failure, style, lines)
  end
  if not left then return end
  lines[#lines + 1] = "  " .. style("error", "not sent")
  if run.halt then lines[#lines + 1] = style("error", "      " .. run.halt) end
  whom_line(left, style, lines)
end

-- Said of an undo: its calls alone would look as if all were as before.
local function loss_lines(run, style, lines)
  if #run.lost == 0 then return end
  lines[#lines + 1] = ""
  lines[#lines + 1] = style("strong", "what does not come back as it was")
  for _, loss in ipairs(story.losses(run.lost)) do
    lines[#lines + 1] = "  " .. style(loss.left and "error" or "warning", text.loss(loss))
  end
end

local TALLY = { { "failed", "%d failed" }, { "unknown", "of %d nobody knows" },
  { "under_way", "%d under way" }, { "left", "%d not sent" } }

local function tally_text(run, items)
  local tally = story.tally(items)
  local parts = { ("%d of %s done"):format(tally.done, phrase.count(#items, "change")) }
  for _, each in ipairs(TALLY) do
    if tally[each[1]] > 0 then parts[#parts + 1] = each[2]:format(tally[each[1]]) end
  end
  local staying = story.staying(run.lost)
  if staying > 0 then parts[#parts + 1] = ("%d not brought back"):format(staying) end
  return table.concat(parts, ", ")
end

---One run with its calls.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
---@param style fun(name: string, text: string): string
---@return string
function listing.run(run, calls, style)
  local ending, its = text.ending(run)
  local items, advice = story.items(run, calls), text.advice(run)
  local lines = {
    ("%s  %s"):format(style("strong", ("run %d: %s"):format(run.id, text.what(run))),
      style(its, ending)),
    ("%s by %s on %s%s"):format(text.time(run.started), run.user, run.host, text.took(run)),
    ("%s of %s"):format(text.business(run), run.platform),
  }
  if #run.files > 0 then lines[#lines + 1] = words.files(run.files) end
  lines[#lines + 1] = ("%s, %s changed: %s"):format(phrase.count(#calls, "call"),
    phrase.count(run.objects, "object"), tally_text(run, items))
  if advice then lines[#lines + 1] = style("hint", advice) end
  failure_lines(run, items, calls, style, lines)
  loss_lines(run, style, lines)
  call_lines(run, calls, style, lines)
  return table.concat(lines, "\n")
end

return listing
