-- From where drift is measured: an apply that left nothing to do keeps what its playbooks said,
-- drift reads it, and what runs did since. Owns which journal, and under which platform and
-- business.

local applied = require "remora.journal.applied"
local exit = require "remora.cli.exit"
local journal = require "remora.journal"
local records = require "remora.journal.records"
local traces = require "remora.journal.traces"

local baseline = {}

local function where_of(planned)
  return { platform = planned.platform, business = planned.plan.business.id }
end

---Keeps what the playbooks of an apply say, if the platform is as they say now.
---@param book table remora.journal
---@param planned remora.cli.Planned
---@param code integer how the apply ended
---@return boolean? done
---@return table? fault
function baseline.keep(book, planned, code)
  -- With a selection, only a part of the playbook holds.
  if code ~= exit.done or planned.selection or not planned.plan.business then return true end
  return applied.put(book, where_of(planned), planned.pb.parts)
end

---What the playbooks said when they were last applied from this directory.
---@param planned remora.cli.Planned
---@return table<string, remora.journal.Applied>? by file
---@return table? fault
function baseline.read(planned)
  if not planned.plan.business then return {} end
  local book <close>, refused = journal.reading(journal.PATH)
  if book then return applied.get(book, where_of(planned), planned.pb.parts) end
  if refused.code == "journal.none" then return {} end
  return nil, refused
end

-- What runs since some moment did.
local function done_since(book, where, since)
  local runs, refused = records.runs_since(book, where, since)
  if not runs then return nil, refused end
  local list = {}
  for i, run in ipairs(runs) do
    local calls, failed = records.calls(book, run.id)
    if not calls then return nil, failed end
    list[i] = { run = run, calls = calls }
  end
  return list
end

---Which runs from here left what is not as the playbooks said when they were last applied.
---@param planned remora.cli.Planned
---@param since number? when that was; nil: never
---@return (fun(change: remora.reconcile.Change, field: table?): remora.journal.Trace?)? left_by as
---  of journal/traces.lua
---@return table? fault
function baseline.traces(planned, since)
  if not since then return traces.of {} end
  local book <close>, refused = journal.reading(journal.PATH)
  if not book then return nil, refused end
  local list, failed = done_since(book, where_of(planned), since)
  if not list then return nil, failed end
  return traces.of(list)
end

return baseline
