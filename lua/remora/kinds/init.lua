-- The resource kinds, in the order they are reconciled: what a kind does may rest on those before
-- it. A new kind is a file that returns the table described here, its schema beside it
-- (remora.kinds.<name>.schema), and a name in the list. Loads of them what a playbook needs.
--
--   name      the kind, also the name of its file
--   section   its key in a playbook; read, planned and applied only when a playbook has it
--   read      function(reader, pb, state, earlier) → true | nil, fault: puts what plan needs into
--             the state, which has the business. All kinds read at the same time; earlier() waits
--             until those before have read, and gives true | nil, fault
--   plan      function(pb, state, builder): pure; asks for changes, steps and problems of one round
--   simulate  function(state, steps) → state: pure; what the platform will be like after the steps;
--             the old state is left as it was
--   existing  function(pb, state) → list of remora.reconcile.Portion: what its changes could
--             remove, as far as it was read; nil: it removes nothing
--   labels    function(pb, state, tell): tells the labels (reconcile/selection.lua) of what it
--             speaks of, whether that is to change or not
--   unmet     function(pb, state) → list of {at, message}: rules that find nothing in what there
--             will be, and say nothing of it; nil: there are none
--   ground    call → remora.reconcile.Ground: how what the call overwrites is read again before it
--   touches   call → topics of the reader that the call makes stale, or function(step, changes) →
--             these; a remora.Touch where it is only a part of a topic; step has call and args
--   process_fields   fields of processes that it looks at beside those of other kinds, which then
--             read all processes of a module; nil: none
--   perform   call → function(run, step) → true | nil, fault, positions: for calls that need more
--             than being made. Positions: which of the step's changes failed, nil: all of them;
--             run is described in reconcile/sending.lua
--   settle    call → function(run, step) → true | nil, fault: for calls that may go on after a run
--             was cut short: waits for their end, or remembers what they were to do; step has call,
--             args and group; nil: reading again is enough
--   lingers   set of calls whose effect may come after their answer, with no end to wait for

local kinds = {}

local NAMES = { "service_templates", "processes", "instances", "hosting" }

---Says that a key of a container decides something, so that nothing is decided twice; `words` and
---what follows name it as in string.format. Equal identities are the same thing.
---@alias remora.kinds.Claim fun(identity: string, container: table, key: any, words: string, ...)

---What a playbook may say in the sections of all kinds, in order.
---@return table[] schemas {section, noun (of an entry), api = "cc" or "v3": the platform it is for,
---  shape of remora.core.schema, claims = function(section, claim) names what the section decides}
function kinds.schemas()
  local schemas = {}
  for i, name in ipairs(NAMES) do schemas[i] = require("remora.kinds." .. name .. ".schema") end
  return schemas
end

---The kinds that a playbook needs.
---@param pb table playbook in normal form
---@return table[] kinds in order
function kinds.of(pb)
  local needed = {}
  for i, schema in ipairs(kinds.schemas()) do
    if schema.api == (pb.api or "cc") and pb.sections[schema.section] then
      needed[#needed + 1] = require("remora.kinds." .. NAMES[i])
    end
  end
  return needed
end

return kinds
