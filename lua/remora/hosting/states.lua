-- The states that a hosting rule may want: the operation that brings each about by hand, what it
-- takes of a definition, in what order processes get there. Data; what a state asks for next of one
-- process is in wish.lua.

---@class remora.hosting.State
---@field verb string? the operation by hand that wants it (hosting/by_hand.lua)
---@field commands string[]? members of a definition that it needs beside those of the driver: what
---  the agent would run; nil: it needs nothing
---@field unless string? the member that makes these unnecessary
---@field in_order boolean? it starts, stops or disturbs: by priority, and no further than the first
---  failure, if the rule has no `rollout` of its own
---@field ends_taken boolean? it is reached by taking (verbs.lua); in the others something is given
---  back afterwards

---@type table<string, remora.hosting.State>
return {
  hosted = { commands = { "start_cmd" } },
  unhosted = { verb = "unregister", ends_taken = true },
  running = { commands = { "start_cmd" }, in_order = true },
  stopped = { verb = "stop", commands = { "stop_cmd" }, in_order = true, ends_taken = true },

  -- No playbook can say the others.
  idle = { commands = { "start_cmd" } }, -- hosted, and not run by the definition of before
  seen = {}, -- only looks
  registered = { verb = "register", commands = { "start_cmd" } },
  started = { verb = "start", commands = { "start_cmd" }, in_order = true },
  -- Without a command of its own, a restart is a stop and a start.
  restarted = { verb = "restart", commands = { "stop_cmd", "start_cmd" }, unless = "restart_cmd",
    in_order = true, ends_taken = true },
  reloaded = { verb = "reload", commands = { "reload_cmd" }, in_order = true },
  killed = { verb = "kill", commands = { "kill_cmd" }, in_order = true, ends_taken = true },
}
