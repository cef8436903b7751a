-- The agents a platform can have, by the names that --agent takes: simulated ones, or this machine.

local sorts = {
  simulated = function(options)
    return require("remora.platform.agents.simulated").new(options.store)
  end,
  exec = function(options) return require("remora.platform.agents.exec").new(options) end,
}

local agents = { NAMES = { "simulated", "exec" } }

---@param name "simulated"|"exec"
---@param options {store: table, loop: remora.Loop, directory: string, log: fun(text: string)}
---  directory: for what those keep who are real
---@return remora.platform.Agents|nil
---@return table|nil fault
function agents.new(name, options)
  return sorts[name](options)
end

return agents
