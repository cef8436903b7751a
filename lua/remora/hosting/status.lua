-- How processes are: what the CMDB says of each and what its agent does, as rows for JSON and as a
-- table for people. Pure; reads a state that was read for a rule that only looks.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local json = require "json"
local order = require "remora.core.order"
local outcome = require "remora.hosting.outcome"
local phrase = require "remora.core.phrase"
local targets = require "remora.hosting.targets"
local width = require "remora.core.width"

local status = {}

---@class remora.hosting.Status
---@field set string
---@field module string
---@field ip string
---@field name string of the hosted process
---@field bk_cloud_id integer
---@field bk_host_id integer
---@field service_instance_id integer
---@field bk_process_id integer
---@field process table fields of the process in the CMDB
---@field hosted boolean? its agent keeps it; nil: it did not say
---@field running boolean? nil: it did not say
---@field pids integer[]
---@field registered {via: string, changed: boolean}? how it was registered from here; changed: the
---  CMDB says something else now
---@field silent {code: integer?, reason: string}? why its agent did not say

-- Why nothing is known of a process.
local function silence(target, agent)
  if agent and not agent.lost then return nil end
  if agent then return { code = agent.lost, reason = outcome.of(agent.lost).text } end
  local missing = definition.missing(target.entry, drivers.via[target.via].needed)
  return { reason = "cannot be asked: it has no " .. table.concat(missing, " and no ") }
end

local function numbers_in(text)
  local list = json.array {}
  for number in text:gmatch "%d+" do list[#list + 1] = math.tointeger(number) end
  return list
end

local function row_of(target, hosting)
  local agent, known = hosting.agents[target.place], hosting.known[target.place]
  local label, host, instance = target:label(), target:host(), target:instance()
  local process = target:process()
  local silent = silence(target, agent)
  local row = {
    set = label[1], module = label[2], ip = label[3], name = label[4],
    bk_cloud_id = host.bk_cloud_id, bk_host_id = instance.host_id,
    service_instance_id = instance.id,
    bk_process_id = process.id, process = process.values,
    pids = numbers_in(agent and agent.pids or ""), silent = silent,
  }
  if not silent then row.hosted, row.running = agent.hosted, agent.running end
  if known and (silent or agent.hosted) then
    row.registered = { via = known.via,
      changed = not definition.same_process(known.entry, target.entry) }
  end
  return row
end

local function label_of(row)
  return table.concat({ row.set, row.module, row.ip, row.name }, "\0")
end

---All processes that the rules of a playbook select.
---@param pb table
---@param state table
---@return remora.hosting.Status[] by set, module, address and name
function status.rows(pb, state)
  local rows = json.array {}
  for _, target in ipairs((targets.of(pb, state))) do
    if not state.selection or state.selection:takes(target:label()) then
      rows[#rows + 1] = row_of(target, state.hosting)
    end
  end
  return order.by_number(rows, label_of)
end

local function hosted_text(row)
  if row.silent then return "?" end
  if not row.hosted then return "no" end
  if not row.registered then return "by someone else" end
  return "over " .. row.registered.via .. (row.registered.changed and ", as it was before" or "")
end

local function running_text(row)
  if row.silent then return row.silent.reason end
  return row.running and "pid " .. table.concat(row.pids, " ") or "no"
end

local function look(row)
  if row.silent then return "error" end
  if row.running ~= row.hosted or row.registered and row.registered.changed then
    return "warning"
  end
  return row.running and "good" or "dim"
end

local COLUMNS = { "process", "priority", "user", "directory", "hosted", "running" }

local function cell(value)
  return value ~= nil and value ~= json.null and value ~= "" and tostring(value) or "-"
end

---How many there are of each sort.
---@param rows remora.hosting.Status[]
---@return {processes: integer, hosted: integer, running: integer, silent: integer}
function status.tally(rows)
  local tally = { processes = #rows, hosted = 0, running = 0, silent = 0 }
  for _, row in ipairs(rows) do
    for _, sort in ipairs { "hosted", "running", "silent" } do
      tally[sort] = tally[sort] + (row[sort] and 1 or 0)
    end
  end
  return tally
end

local function tally_text(rows)
  local tally = status.tally(rows)
  local text = ("%s: %d hosted, %d running"):format(phrase.count(tally.processes, "process"),
    tally.hosted, tally.running)
  return tally.silent == 0 and text or ("%s, %d unknown"):format(text, tally.silent)
end

---The rows as a table.
---@param rows remora.hosting.Status[]
---@param style fun(name: string, text: string): string
---@return string
function status.text(rows, style)
  local cells, lines = { COLUMNS }, {}
  for i, row in ipairs(rows) do
    cells[i + 1] = { table.concat({ row.set, row.module, row.ip, row.name }, "/"),
      cell(row.process.priority), cell(row.process.user), cell(row.process.work_path),
      hosted_text(row), running_text(row) }
  end
  for i, line in ipairs(width.aligned(cells, { [2] = true })) do
    local its = i == 1 and "dim" or look(rows[i - 1])
    for column = i == 1 and 1 or 5, #line do line[column] = style(its, line[column]) end
    lines[i] = table.concat(line, "  ")
  end
  lines[#lines + 1] = style("strong", tally_text(rows))
  return table.concat(lines, "\n", #rows == 0 and 2 or 1)
end

return status
