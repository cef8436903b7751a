-- A plan as text for people and as a plain value for JSON. Reads plans, never makes or changes one;
-- equal plans give equal bytes.

local common = require "remora.reconcile.common"
local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"
local steps_of = require "remora.reconcile.steps"
local width = require "remora.core.width"
local words = require "remora.reconcile.words"

local render = {}

local MOST_EXCLUDED = 10

-- What the lock of a template's field means for this change.
local function lock_text(change, field)
  -- A new template is locked as a rule; what it leaves free is worth a word.
  if field.locked == nil or (field.locked and change.action == "create") then return field.note end
  local text = field.locked and "locked" or "free"
  if field.note then
    text = text .. ", " .. field.note
  elseif not field.locked and change.action == "update" then
    text = text .. ": only new instances get it"
  end
  return text
end

local function field_lines(change, field, columns, style, lines)
  local name = field.name .. (" "):rep(columns - #field.name)
  local note = not words.is_remark(field) and lock_text(change, field)
  note = note and style("dim", "  (" .. note .. ")") or ""
  if words.in_rows(field) then
    local gone, come = words.row_changes(field)
    local head = "      " .. name .. "  "
    for _, text in ipairs(gone) do
      lines[#lines + 1] = head .. style("delete", "- " .. text)
      head = (" "):rep(8 + columns)
    end
    for _, text in ipairs(come) do
      lines[#lines + 1] = head .. style("create", "+ " .. text)
      head = (" "):rep(8 + columns)
    end
    if #gone + #come == 0 then lines[#lines + 1] = head .. "rows in another order" end
    lines[#lines] = lines[#lines] .. note
    return
  end
  lines[#lines + 1] = "      " .. name .. "  " .. words.change(change, field) .. note
end

-- Changes that differ in nothing but their object.
local function groups_of(plan, steps)
  local groups, by_key, by_common = {}, {}, {}
  local function group_for(change)
    local key = json.encode { change.kind, change.type, change.action, change.fields,
      change.cascades, fault.line(change.at) }
    if not by_key[key] then
      by_key[key] = {}
      groups[#groups + 1] = by_key[key]
    end
    return by_key[key]
  end
  for _, step in ipairs(steps) do
    for _, index in ipairs(step.changes) do
      local change = plan.changes[index]
      local held = common.held(change)
      local group = held and by_common[held] or group_for(change)
      if held then by_common[held] = group end
      table.insert(group, change)
    end
  end
  return groups
end

local function group_lines(group, style, lines)
  local change = group[1]
  local head = ("  %s %s"):format(words.sign(change.action), words.subject(change))
  local from = fault.line(change.at)
  lines[#lines + 1] = style(words.comes_to(change.action), head)
    .. (from ~= "" and style("dim", "  " .. from) or "")
  if #group > 1 then lines[#lines + 1] = style("dim", words.more_alike(group)) end
  local columns = 0
  for _, field in ipairs(change.fields) do columns = math.max(columns, #field.name) end
  for _, field in ipairs(change.fields) do field_lines(change, field, columns, style, lines) end
  for _, text in ipairs(change.cascades) do
    lines[#lines + 1] = "      " .. style("warning", "↳ " .. text)
  end
end

-- Stages in order, each with its steps.
local function stages_of(plan)
  local stages = {}
  for _, step in ipairs(plan.steps) do
    local stage = stages[step.stage]
    if not stage then
      stage = { title = step.title, predicted = step.predicted, steps = {} }
      stages[step.stage] = stage
    end
    stage.steps[#stage.steps + 1] = step
  end
  return stages
end

local function beside_the_fewest(calls, bound)
  return ("%s, the fewest possible is %d"):format(phrase.count(calls, "call"), bound)
end

local function table_lines(plan, style, lines)
  local rows, calls, bound = { { "call", "objects", "limit", "calls", "at least" } }, 0, 0
  local predicted = 0
  for _, row in ipairs(plan.certificate) do
    rows[#rows + 1] = { row.call, tostring(row.objects), row.limit and tostring(row.limit) or "-",
      tostring(row.scheduled), tostring(row.lower_bound) }
    calls, bound = calls + row.scheduled, bound + row.lower_bound
    predicted = predicted + row.predicted
  end
  local numbers = { false, true, true, true, true }
  for i, cells in ipairs(width.aligned(rows, numbers)) do
    local line = table.concat(cells, "  ")
    lines[#lines + 1] = i == 1 and style("dim", line) or line
  end
  lines[#lines + 1] = style("strong", beside_the_fewest(calls, bound))
  if predicted == 0 then return end
  lines[#lines + 1] = style("dim",
    ("%d of them predicted: what turns out not to be needed is not sent"):format(predicted))
end

-- What the selection leaves out; what lies in places that it leaves out whole is not known.
local function excluded_lines(plan, style, lines)
  if not plan.excluded then return end
  if #plan.excluded == 0 then
    lines[#lines + 1] = style("dim", "looked no further than --target and --exclude go")
    return
  end
  lines[#lines + 1] = style("warning", "left out, as --target and --exclude say: "
    .. phrase.count(#plan.excluded, "change"))
  for i, each in ipairs(plan.excluded) do
    if i > MOST_EXCLUDED then
      lines[#lines + 1] = style("dim", ("  and %d more"):format(#plan.excluded - MOST_EXCLUDED))
      break
    end
    lines[#lines + 1] = style("dim", ("  %s %s %s"):format(each.action, each.type,
      table.concat(each.label, "/")))
  end
end

---What reading took, in one line.
---@param reads remora.reconcile.Certificate[]
---@return string
function render.reads(reads)
  local calls, bound = 0, 0
  for _, row in ipairs(reads) do
    calls, bound = calls + row.scheduled, bound + row.lower_bound
  end
  return "read with " .. beside_the_fewest(calls, bound)
end

local function head(plan, files, style)
  local parts = { style("strong", plan.playbook) }
  if files and #files > 0 then parts[2] = " " .. words.files(files) end
  -- Where nothing is declared, nobody asked the platform for the business.
  if plan.business then
    parts[#parts + 1] = ("→ business %s (%d)"):format(plan.business.name, plan.business.id)
  end
  parts[#parts + 1] = "on " .. plan.platform
  return table.concat(parts, " ")
end

---The plan as text.
---@param plan remora.reconcile.Plan without problems
---@param options {files: string[]?, style: (fun(name: string, text: string): string)?}|nil
---@return string
function render.text(plan, options)
  local style = options and options.style or function(_, text) return text end
  local lines = { head(plan, options and options.files, style) }
  if #plan.steps == 0 then
    lines[2] = style("good", "nothing to do")
    excluded_lines(plan, style, lines)
    return table.concat(lines, "\n")
  end
  for number, stage in ipairs(stages_of(plan)) do
    lines[#lines + 1] = ""
    lines[#lines + 1] = style("strong", ("%d. %s"):format(number, stage.title))
      .. (stage.predicted and style("dim", "  (predicted)") or "")
    for _, group in ipairs(groups_of(plan, stage.steps)) do group_lines(group, style, lines) end
  end
  lines[#lines + 1] = ""
  table_lines(plan, style, lines)
  excluded_lines(plan, style, lines)
  return table.concat(lines, "\n")
end

---The plan as a value for JSON, without what only undoing it needs.
---@param plan remora.reconcile.Plan
---@return table
function render.plain(plan)
  local plain = steps_of.plan(plan)
  for _, change in ipairs(plain.changes) do
    change.before, change.place, change.way = nil, nil, nil
  end
  plain.problems = json.array {}
  for i, problem in ipairs(plan.problems) do plain.problems[i] = fault.plain(problem) end
  return plain
end

return render
