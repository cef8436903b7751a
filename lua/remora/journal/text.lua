-- Runs and calls of the journal as text for people. Owns how they look: local times, durations,
-- what became of each call. Reads values of records.lua, no file.

local json = require "json"
local records = require "remora.journal.records"
local words = require "remora.reconcile.words"

local text = {}

local MOST_ITEMS, MOST_FIELDS = 10, 4 -- listed under a call, and of one item

-- What the exit codes of a run say (cli/exit.lua).
local ENDS = {
  [0] = { "done", "good" }, [4] = { "done in part", "error" },
  [5] = { "not converged", "warning" }, [130] = { "interrupted", "warning" },
}
local FAILED = { "failed", "error" }

---A moment as people here read it.
---@param seconds number unix seconds
---@return string
function text.time(seconds)
  return os.date("%Y-%m-%d %H:%M:%S", math.floor(seconds))
end

---How long something took.
---@param seconds number? nil: it never ended
---@return string
function text.duration(seconds)
  if not seconds then return "-" end
  if seconds < 60 then return ("%.2f s"):format(seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 3600 then return ("%d min %02d s"):format(whole // 60, whole % 60) end
  return ("%d h %02d min"):format(whole // 3600, whole % 3600 // 60)
end

---How a run ended, and the style for it.
---@param run remora.journal.Run
---@return string words
---@return string style
function text.ending(run)
  if run.ended then return table.unpack(ENDS[run.exit_code] or FAILED) end
  if not records.cut_short(run) then return "running", "dim" end
  if run.resumed_by then return ("cut short, run %d went on"):format(run.resumed_by), "dim" end
  return "cut short", "warning"
end

local SETTLED = {
  found = { "done, as was found out later", "good" },
  absent = { "not done, as was found out later", "warning" },
}
local OUTCOMES = { done = { "done", "good" }, refused = { "refused", "error" } }
local UNKNOWN = { "nobody knows whether it was done", "warning" }

---What became of a call, and the style for it.
---@param call remora.journal.Call
---@return string words
---@return string style
function text.outcome(call)
  local its = SETTLED[call.settled] or OUTCOMES[call.outcome] or UNKNOWN
  local said = its[1]
  if call.failed then
    said = ("%d of %d failed"):format(#call.failed, #call.changes)
  end
  return said, its[2]
end

local function seconds_of(each)
  return each.ended and each.ended - (each.started or each.intended)
end

local function count(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end

-- Cells under each other; numbers to the right. Text is measured in characters.
local function aligned(rows, right)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, utf8.len(cell) or #cell)
    end
  end
  local lines = {}
  for n, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local blanks = (" "):rep(widths[i] - (utf8.len(cell) or #cell))
      cells[i] = right[i] and blanks .. cell or (i < #row and cell .. blanks or cell)
    end
    lines[n] = cells
  end
  return lines
end

local function what(run)
  return run.command == "apply" and "apply " .. run.playbook or run.playbook
end

---The list of runs.
---@param runs remora.journal.Run[]
---@param style fun(name: string, text: string): string
---@return string
function text.history(runs, style)
  local rows = { { "run", "started", "by", "what", "calls", "objects", "took", "result" } }
  local styles = { "dim" }
  for i, run in ipairs(runs) do
    local ending, its = text.ending(run)
    rows[i + 1] = { tostring(run.id), text.time(run.started), run.user,
      what(run), tostring(run.calls), tostring(run.objects),
      text.duration(seconds_of(run)), ending }
    styles[i + 1] = its
  end
  local lines = {}
  for i, cells in ipairs(aligned(rows, { true, [5] = true, [6] = true, [7] = true })) do
    cells[#cells] = style(styles[i], cells[#cells])
    lines[i] = table.concat(cells, "  ")
    if i == 1 then lines[1] = style("dim", lines[1]) end
  end
  return table.concat(lines, "\n")
end

local SIGNS = { create = "+", register = "+", bind = "+", start = "+", delete = "-",
  unregister = "-", unbind = "-", stop = "-" }

local function field_text(change)
  local parts = {}
  for i, field in ipairs(change.fields) do
    if i > MOST_FIELDS then
      parts[i] = ("%d more"):format(#change.fields - MOST_FIELDS)
      break
    end
    local new = words.value(field.new)
    parts[i] = change.action == "update"
      and ("%s %s → %s"):format(field.name, words.value(field.old), new) or field.name .. " " .. new
  end
  if #parts == 0 then return "" end
  return ": " .. table.concat(parts, ", ")
end

-- Items that differ in nothing but their object share a line.
local function item_groups(call)
  local failed, groups, by_key = {}, {}, {}
  for _, position in ipairs(call.failed or {}) do failed[position] = true end
  for i, change in ipairs(call.changes) do
    local key = json.encode { change.action, change.type, change.fields, failed[i] or false }
    local group = by_key[key]
    if not group then
      group = { change = change, failed = failed[i], more = -1 }
      by_key[key], groups[#groups + 1] = group, group
    end
    group.more = group.more + 1
  end
  return groups
end

local function item_lines(call, style, lines)
  local groups = item_groups(call)
  for i = 1, math.min(#groups, MOST_ITEMS) do
    local group, change = groups[i], groups[i].change
    local line = ("      %s %s %s%s%s"):format(SIGNS[change.action] or "~", change.type,
      table.concat(change.label, "/"), field_text(change),
      group.more > 0 and (" (and %d more alike)"):format(group.more) or "")
    lines[#lines + 1] = group.failed and line .. style("error", "  failed") or line
  end
  if #groups > MOST_ITEMS then
    lines[#lines + 1] = ("      and %d more"):format(#groups - MOST_ITEMS)
  end
end

---One run with its calls.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
---@param style fun(name: string, text: string): string
---@return string
function text.run(run, calls, style)
  local ending, its = text.ending(run)
  local lines = {
    style("strong", ("run %d: %s"):format(run.id, what(run)))
      .. (#run.files > 0 and "  " .. table.concat(run.files, ", ") or ""),
    ("%s by %s on %s, business %s of %s"):format(text.time(run.started), run.user, run.host,
      run.business or "?", run.platform),
    ("%s, %s, took %s: %s"):format(count(run.calls, "call"), count(run.objects, "object"),
      text.duration(seconds_of(run)), style(its, ending)),
  }
  local rows = {}
  for i, call in ipairs(calls) do
    rows[i] = { tostring(i), ("+%.2f s"):format(call.intended - run.started), call.stage, call.name,
      count(call.objects, "object"), text.duration(seconds_of(call)) }
  end
  for i, cells in ipairs(aligned(rows, { true, true, [5] = true, [6] = true })) do
    local call = calls[i]
    local said, how = text.outcome(call)
    local line = "  " .. table.concat(cells, "  ") .. "  " .. style(how, said)
    if (call.attempts or 1) > 1 then line = line .. (", %d attempts"):format(call.attempts) end
    lines[#lines + 1] = line
    if call.message then
      lines[#lines + 1] = style("error", ("      %s (%s)"):format(call.message, call.code))
    end
    item_lines(call, style, lines)
  end
  return table.concat(lines, "\n")
end

return text
