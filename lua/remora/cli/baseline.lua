-- From where drift is measured: an apply that left nothing to do keeps what its playbooks said,
-- drift reads it. Owns which journal, and under which platform and business.

local applied = require "remora.journal.applied"
local exit = require "remora.cli.exit"
local journal = require "remora.journal"

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
  local book <close>, refused = journal.existing(journal.PATH)
  if book then return applied.get(book, where_of(planned), planned.pb.parts) end
  if refused.code == "journal.none" then return {} end
  return nil, refused
end

return baseline
