-- remora drift: what differs from the playbook, and who moved since it was last applied: somebody
-- on the platform, the playbook itself, or nobody but what it follows from. Changes nothing.

local add_sections = require "remora.playbook.sections"
local authors = require "remora.observe.authors"
local baseline = require "remora.cli.baseline"
local compare = require "remora.reconcile.drift"
local drift_text = require "remora.reconcile.drift_text"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local journal_text = require "remora.journal.text"
local json = require "json"
local kinds = require "remora.kinds"
local planner = require "remora.reconcile.plan"
local planning = require "remora.cli.planning"
local playbooks = require "remora.cli.playbooks"
local system = require "system"
local values = require "remora.model.values"
local words = require "remora.reconcile.words"

local drift = { name = "drift" }

local VERSION = 1 -- of what is printed with --json

---@param parser table argparse command
function drift.define(parser)
  parser:description("Show what differs from the playbooks, apart by who moved since they were "
    .. "last applied from this directory: somebody on the platform, or the playbooks.")
  playbooks.define(parser)
  planning.define(parser)
  parser:flag("--detailed-exitcode", "Exit with 2 when something differs.")
end

-- The playbook as it was last applied, and whether it has changed since.
local function last(pb, known)
  local was, changed = { name = pb.name, business = pb.business, api = pb.api, files = pb.files,
    sections = {}, at = fault.nowhere }, false
  for _, part in ipairs(pb.parts) do
    local record = known[part.file]
    if record then add_sections(was.sections, record.sections) end
    changed = changed or not record
      or json.encode(record.sections) ~= json.encode(part.sections)
  end
  -- Of a section that nobody wants any more, nothing can differ.
  for name in pairs(was.sections) do
    if not pb.sections[name] then was.sections[name] = nil end
  end
  return was, changed
end

-- The plans of what was last applied, each kind by itself; nil: nothing was.
local function earlier_plans(planned, known, apart)
  if next(known) == nil then return nil end
  local was, changed = last(planned.pb, known)
  if not changed then return apart end
  local before = setmetatable({ pb = was, kinds = kinds.of(was) }, { __index = planned })
  local done, refused = planning.plan(before)
  -- What no longer fits the platform has its say in the plan of the playbook as it is.
  if not done and not rawget(before, "plan") then return nil, refused end
  return before.apart()
end

local function oldest(known)
  local at
  for _, record in pairs(known) do at = math.min(at or record.at, record.at) end
  return at
end

local function find(planned)
  local known, refused = baseline.read(planned)
  if not known then return nil, refused end
  if planner.empty(planned.plan) then return {}, known end
  local apart = planned.apart()
  local before, failed = earlier_plans(planned, known, apart)
  if failed then return nil, failed end
  local left_by
  left_by, failed = baseline.traces(planned, oldest(known))
  if not left_by then return nil, failed end
  local list = compare.of({ apart = apart, whole = planned.plan }, before, { left_by = left_by,
    is_known = function(file) return known[file] ~= nil end })
  local moved = {}
  for _, each in ipairs(list) do
    if each.since == "platform" or each.since == "both" then moved[#moved + 1] = each end
  end
  if #moved > 0 then
    authors.read(planned.reader, planned.plan.business.id, moved, oldest(known), system.time())
  end
  return list, known
end

local function plain(each)
  return values.copy(each, { label = json.array(each.label), fields = json.array(each.fields),
    at = fault.position(each.at) })
end

local function as_json(context, planned, list, known)
  local files, differences = json.array {}, json.array {}
  for i, part in ipairs(planned.pb.parts) do
    local record = known[part.file]
    files[i] = { file = part.file, applied_at = record and record.at, by = record and record.user }
  end
  for i, each in ipairs(list) do differences[i] = plain(each) end
  context.out:result { version = VERSION, playbook = planned.pb.name, platform = planned.platform,
    business = planned.plan.business, files = files, differences = differences }
end

local function as_text(context, planned, list, known)
  local said, files_of = {}, {}
  for _, part in ipairs(planned.pb.parts) do
    local record = known[part.file]
    local when = record
      and ("last applied %s by %s"):format(journal_text.time(record.at), record.user)
      or "never applied from here, so nobody can tell who moved"
    if not files_of[when] then files_of[when], said[#said + 1] = {}, when end
    table.insert(files_of[when], part.file)
  end
  for _, when in ipairs(said) do context.out:note("%s: %s", words.files(files_of[when]), when) end
  context.out:result(drift_text.of(list, context.out.style))
end

---@param context remora.Context
---@param args {playbooks: string[], var: string[]?, vars_file: string[]?,
---  detailed_exitcode: boolean?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function drift.run(context, args)
  return planning.with(context, args, function(planned)
    local list, known = find(planned)
    if not list then return nil, known end
    if args.json then
      as_json(context, planned, list, known)
    else
      as_text(context, planned, list, known)
    end
    return args.detailed_exitcode and #list > 0 and exit.pending or exit.done
  end)
end

return drift
