-- The processes that agents know, one document for each on each host: which one a target means, and
-- whose definition it is kept by. Each sort of agents has a collection of its own, so that none
-- ever believes what another one wrote.

local operations = require("remora.platform.agents.protocol").operations

local entries = {}

---@class remora.platform.Target
---@field key string what the caller's generation of the API calls this target in results
---@field host table|nil the host's document; nil: no agent answers there
---@field namespace string
---@field name string the process's key inside the namespace
---@field labels table|nil
---@field definition remora.platform.Definition|nil nil: as registered

---@class remora.platform.Definition
---@field name string the process's name, as the query shows it
---@field alias string|nil what its callers call it; nil: by its name
---@field setup_path string
---@field pid_path string|nil
---@field user string|nil
---@field control table<string, string> start_cmd, stop_cmd, restart_cmd, reload_cmd, kill_cmd
---@field auto_type integer of protocol.types
---@field limits {cpu: number?, mem: number?}|nil percent of the machine; 0: none
---@field cycle_time integer|nil seconds
---@field op_timeout integer|nil seconds that a command may take; 0: as usual
---@field start_check_secs integer|nil seconds until a started process has to be there

---@class remora.platform.AgentProcess: remora.platform.Definition
---@field running boolean
---@field isauto boolean supervised by the agent
---@field pid integer -1 when it does not run
---@field started integer|nil of a real one, as of remora.platform.Running; 0 when it does not run
---@field register_time integer unix seconds, 0 before
---@field last_start_time integer unix seconds, 0 before

-- The host part of a process's identity: one host is the same under every generation's name.
local function identity_of(target)
  return ("%d:%s:%s"):format(target.host.bk_host_id, target.namespace, target.name)
end

local function blank(target, identity)
  return {
    identity = identity, namespace = target.namespace, name = target.name,
    bk_host_id = target.host.bk_host_id, labels = {},
    process = {
      name = (target.definition or {}).name or target.name, setup_path = "", control = {},
      auto_type = 0, running = false, isauto = false, pid = -1, register_time = 0,
      last_start_time = 0,
    },
  }
end

---The process of a target.
---@param store table
---@param collection string
---@param target remora.platform.Target its host is known
---@return table entry a new one is not stored, and has no id
---@return boolean known
function entries.of(store, collection, target)
  local identity = identity_of(target)
  local entry = store:first(collection, { identity = identity })
  if entry then return entry, true end
  return blank(target, identity), false
end

---Whether an operation brings its definition along. A query only looks, and what is registered
---keeps the definition it was registered with.
---@param op_type integer
---@param process remora.platform.AgentProcess
---@return boolean
function entries.redefines(op_type, process)
  return op_type ~= operations.QUERY and op_type ~= operations.UNREGISTER
    and not (op_type == operations.REGISTER and process.isauto)
end

---Gives a process the definition of a target.
---@param entry table
---@param target remora.platform.Target
function entries.define(entry, target)
  for field, value in pairs(target.definition or {}) do entry.process[field] = value end
  if target.labels and next(target.labels) then entry.labels = target.labels end
end

return entries
