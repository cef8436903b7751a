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
---@param context remora.Context
---@param planned remora.cli.Planned
---@param code integer? how the apply ended
---@param refused table? fault
---@return integer? code unchanged, as is the fault
---@return table? fault
function baseline.keep(context, planned, code, refused)
  -- With a selection, only a part of the playbook holds.
  if code ~= exit.done or planned.selection or not planned.plan.business then
    return code, refused
  end
  local book <close>, failed = journal.open(journal.PATH,
    function(text) return context.out:masked(text) end)
  local done = book
  if book then done, failed = applied.put(book, where_of(planned), planned.pb.parts) end
  if not done then context.out:error(failed) end
  return code, refused
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
