-- The kind "hosting": which processes the agents keep alive, and with which definition. Owns the
-- kind's table; the rules are in remora.hosting.

local definition = require "remora.hosting.definition"
local drivers = require "remora.hosting.drivers"
local ground = require "remora.hosting.ground"
local perform = require "remora.hosting.perform"
local plan = require "remora.hosting.plan"
local settle = require "remora.hosting.settle"
local targets = require "remora.hosting.targets"

-- Every call that any driver makes is waited for, changes what the agents say and rests on it.
local performers, settlers, touches, grounds, lingers = {}, {}, {}, {}, {}
for _, driver in pairs(drivers.via) do
  for call in pairs(driver.calls) do
    performers[call], settlers[call], touches[call] = perform, settle, { "agents" }
    grounds[call], lingers[call] = ground, true
  end
end

return {
  name = "hosting",
  section = "hosting",
  read = require "remora.hosting.read",
  plan = plan.plan,
  simulate = plan.simulate,
  existing = require "remora.hosting.existing",
  labels = require "remora.hosting.labels",
  unmet = targets.unmet,

  process_fields = definition.process_fields,
  ground = grounds,
  touches = touches,
  perform = performers,
  settle = settlers,
  lingers = lingers,
}
