-- What the agents' result codes mean and what to do about each. Data only; asking is task.lua's
-- job.

---@class remora.hosting.Meaning
---@field done boolean the target is as the operation wanted it
---@field text string
---@field hint string?

local outcome = {
  STILL_RUNNING = 115,      -- there is no result yet
  ALREADY_REGISTERED = 850, -- the agent keeps the definition that it had
}

---@type table<integer, remora.hosting.Meaning>
local meanings = {
  [0] = { done = true, text = "done" },
  [outcome.STILL_RUNNING] = {
    done = false, text = "no result in the time allowed",
    hint = "the agent goes on with it; --agent-timeout makes remora wait longer",
  },
  [117] = {
    done = false, text = "the agent cannot be reached",
    hint = "check that the GSE agent of this host runs and is connected",
  },
  [828] = { done = true, text = "already running" },
  [829] = { done = true, text = "not running" },
  [832] = {
    done = false, text = "the agent does not know this operation",
    hint = "the agent is older than the operation; upgrade it",
  },
  [836] = {
    done = false, text = "the liveness check after the command failed",
    hint = "look at start_cmd, pid_file and the process's own log on the host",
  },
  [outcome.ALREADY_REGISTERED] = { done = true, text = "already registered" },
  [65535] = {
    done = false, text = "the command failed",
    hint = "run the command by hand on the host as the process's user",
  },
}

local UNKNOWN = { done = false, text = "the agent answered a code that is not documented" }

---@param code integer error_code of one target
---@return remora.hosting.Meaning
function outcome.of(code)
  return meanings[code] or UNKNOWN
end

return outcome
