-- The kind "hosting": which processes the agents keep alive, and with which definition. Owns the
-- kind's table; the rules are in remora.hosting.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local perform = require "remora.hosting.perform"
local plan = require "remora.hosting.plan"
local settle = require "remora.hosting.settle"

-- Every call that any driver makes is waited for, and changes what the agents say.
local performers, settlers, touches = {}, {}, {}
for _, driver in pairs(drivers.via) do
  for call in pairs(driver.calls) do
    performers[call], settlers[call], touches[call] = perform, settle, { "agents" }
  end
end

return {
  name = "hosting",
  section = "hosting",
  api = "cc",
  schema = require "remora.kinds.hosting.schema",
  read = require "remora.hosting.read",
  plan = plan.plan,
  simulate = plan.simulate,
  existing = (require "remora.hosting.existing"),

  process_fields = definition.process_fields,
  touches = touches,
  perform = performers,
  settle = settlers,
}
