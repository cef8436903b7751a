-- What the agents' result codes mean and what to do about each. Data only; asking is task.lua's job.

---@class remora.hosting.Meaning
---@field state "done"|"running"|"failed"
---@field text string
---@field hint string?

---@type table<integer, remora.hosting.Meaning>
local meanings = {
  [0] = { state = "done", text = "done" },
  [115] = { state = "running", text = "still running" },
  [117] = {
    state = "failed", text = "the agent cannot be reached",
    hint = "check that the GSE agent of this host runs and is connected",
  },
  [828] = { state = "done", text = "already running" },
  [829] = { state = "done", text = "not running" },
  [832] = { state = "failed", text = "the agent does not know this operation",
    hint = "the agent is older than the operation; upgrade it" },
  [836] = {
    state = "failed", text = "the liveness check after the command failed",
    hint = "look at start_cmd, pid_file and the process's own log on the host",
  },
  [850] = { state = "done", text = "already registered" },
  [65535] = {
    state = "failed", text = "the command failed",
    hint = "run the command by hand on the host as the process's user",
  },
}

local UNKNOWN = { state = "failed", text = "the agent answered a code that is not documented" }

---@param code integer error_code of one target
---@return remora.hosting.Meaning
return function(code)
  return meanings[code] or UNKNOWN
end
