-- The resource kinds, in the order they are reconciled: what a kind does may rest on those before
-- it. A new kind is one file that returns the table described here, and one line in the list.
--
--   name      the kind, also the name of its file
--   section   its key in a playbook; read, planned and applied only when a playbook has it
--   api       "cc" or "v3": the platform it is for (a playbook's `api`)
--   schema    what a playbook may say in the section (remora.kinds.<name>.schema)
--   read      function(reader, pb, state, earlier) → true | nil, fault: puts what plan needs into
--             the state, which has the business. All kinds read at the same time; earlier() waits
--             until those before have read, and gives true | nil, fault
--   plan      function(pb, state, builder): pure; asks for changes, steps and problems of one round
--   simulate  function(state, steps) → state: pure; what the platform will be like after the steps;
--             the old state is left as it was
--   existing  function(pb, state) → list of remora.reconcile.Portion: what its changes could
--             remove, as far as it was read; nil: it removes nothing
--   ground    call → remora.reconcile.Ground: how what the call overwrites is read again before it
--   touches   call → topics of the reader that the call makes stale
--   process_fields   fields of processes that it looks at beside those of other kinds, for sections
--             whose rules have a `where`; nil: none
--   perform   call → function(run, step) → true | nil, fault, positions: for calls that need more
--             than being made. Positions: which of the step's changes failed, nil: all of them;
--             run is described in reconcile/apply.lua
--   settle    call → function(run, step) → true | nil, fault: for calls that may go on after a run
--             was cut short: waits for their end, or remembers what they were to do; step has call,
--             args and group; nil: reading again is enough

local kinds = {}

local LIST = {
  require "remora.kinds.service_templates",
  require "remora.kinds.processes",
  require "remora.kinds.instances",
  (require "remora.kinds.hosting"), -- alone in parentheses: require gives two values
}

---All kinds, in order.
---@return table[]
function kinds.all()
  return LIST
end

---The kinds that a playbook needs.
---@param pb table playbook in normal form
---@return table[] kinds in order
function kinds.of(pb)
  local needed = {}
  for _, kind in ipairs(LIST) do
    if kind.api == (pb.api or "cc") and pb.sections[kind.section] then
      needed[#needed + 1] = kind
    end
  end
  return needed
end

return kinds
