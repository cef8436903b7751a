-- What a command works with: output, platform, loop, client and reader, each made when first asked
-- for. Starts the embedded platform where none is configured. Knows no command.

local config = require "remora.cli.config"
local data_file = require "remora.platform.data_file"
local out = require "remora.core.out"
local system = require "system"

local DATA = data_file.DEFAULT -- of the embedded platform
local PARALLELISM = 8
local REGISTERED = ".remora/hosted.db" -- below the working directory, as all of remora's own data
local TOLD_FOR = 30 -- seconds for which a trouble that was told is not told again
local TRACED = 1000 -- bytes of a body that --trace shows

---@class remora.Context
---@field args table as parsed
---@field env fun(name: string): string|nil
---@field out table
---@field parallelism integer platform calls in flight
---@field platform_note string|nil what is said when the embedded platform is used
local context = {}
context.__index = context

---@param args table parsed command line; the global flags are looked at here
---@param env fun(name: string): string|nil
---@return remora.Context
function context.new(args, env)
  local self = setmetatable({ args = args, env = env }, context)
  local color
  if args.no_color then color = false end
  self.out = out.new { json = args.json, quiet = args.quiet, color = color }
  self.parallelism = args.parallelism or PARALLELISM
  return self
end

---The loop everything of this run happens in. There inside `run`.
---@return remora.Loop|nil
---@return table|nil fault
function context:loop()
  if self.its_loop then return self.its_loop end
  local refused
  self.its_loop, refused = require("remora.net.loop").new { parallelism = self.parallelism }
  return self.its_loop, refused
end

-- An in-process platform, for who has none (yet).
function context:embedded()
  local faults = self.env("REMORA_FAULTS")
  if faults == "" then faults = nil end
  local running, refused = require("remora.platform.server").start(self:loop(),
    { listen = "127.0.0.1:0", data = DATA, faults = faults })
  if not running then return nil, refused end
  self.running = running
  self.platform_note = "no platform is configured: using the embedded one, data in " .. DATA
  self.out:note("%s", self.platform_note)
  return {
    url = running.url,
    route = self.args.route or "auto",
    language = config.language(self.env),
    credentials = config.credentials(self.env),
    timeout = self.args.timeout,
  }
end

---The platform this run talks to. Inside `run`, as it may have to be started.
---@return table|nil target
---@return table|nil fault
function context:target()
  if self.its_target then return self.its_target end
  local target, refused = config.target(self.args, self.env)
  if refused then return nil, refused end
  if not target then
    target, refused = self:embedded()
    if not target then return nil, refused end
  end
  self.out:mask(target.credentials.bk_app_secret)
  self.out:mask(target.credentials.bk_token)
  self.its_target = target
  return target
end

-- The beginning of a body that may be long.
local function beginning(body)
  if #body <= TRACED then return body end
  return ("%s… (%d bytes)"):format(body:sub(1, utf8.offset(body, 0, TRACED) - 1), #body)
end

-- One attempt of a call, for --trace; the client has masked the secrets in it.
local function trace(to, exchange)
  local ending = exchange.status and "HTTP " .. exchange.status
    or exchange.fault and tostring(exchange.fault.code) or "no answer"
  to:trace("%s: %s %s: %s%s", exchange.call, exchange.method, exchange.url, ending,
    exchange.seconds and (" after %.3f s"):format(exchange.seconds) or "")
  if exchange.request then to:trace("%s: sent %s", exchange.call, beginning(exchange.request)) end
  if exchange.response then to:trace("%s: got %s", exchange.call, beginning(exchange.response)) end
end

-- Tells of retries. Where many calls meet the same trouble together, the first of them speaks.
local function teller(to)
  local told = {}
  return function(retry)
    local trouble, now = retry.call .. ": " .. retry.reason, system.monotonic()
    local last = told[trouble]
    if last and retry.attempt <= last.attempt and now - last.at < TOLD_FOR then return end
    told[trouble] = { attempt = retry.attempt, at = now }
    to:warn("%s; trying again in %.1f s", trouble, retry.wait)
  end
end

---A client of that platform. Inside `run`.
---@return table|nil client
---@return table|nil fault
function context:client()
  if self.its_client then return self.its_client end
  local target, refused = self:target()
  if not target then return nil, refused end
  local client = require("remora.net.client").new {
    loop = self:loop(), target = target,
    on_exchange = self.args.trace and function(exchange) trace(self.out, exchange) end or nil,
    on_retry = teller(self.out),
  }
  if self.args.read_only then client = require("remora.net.read_only")(client) end
  self.its_client = client
  return client
end

---How a platform is called in output.
---@param target table of context:target
---@return string
function context:platform_name(target)
  -- The port of the embedded platform differs in every run and tells nobody anything.
  return self.running and "the embedded platform" or require("remora.net.route").shown(target.url)
end

---What was registered with the agents of a platform.
---@param target table of context:target
---@return table registry to be declared `<close>`
function context:registry(target)
  local platform = self.running and "embedded" or self:platform_name(target)
  return require("remora.hosting.registry").new(REGISTERED, platform)
end

---What reads that platform, through its client. Inside `run`.
---@param registry table? what was registered with its agents; nil: nobody asks
---@return remora.Reader|nil
---@return table|nil fault
function context:reader(registry)
  local client, refused = self:client()
  if not client then return nil, refused end
  return require("remora.reconcile.reader").new {
    client = client, loop = self:loop(), out = self.out, width = self.parallelism,
    registry = registry, agent_timeout = self.args.agent_timeout, looks_back = self.args.inverse,
    sifts = self.env "REMORA_SIEVE" ~= "off", -- for comparing: what comes of it must be the same
  }
end

---Runs a function in the loop, so that it may call the platform.
---@param body fun(...): ...
---@return ... what the function returns; nil and a fault when there can be no loop
function context:run(body, ...)
  local loop, refused = self:loop()
  if not loop then return nil, refused end
  return loop:run(body, ...)
end

---Ends what was started.
function context:close()
  if self.running then self.running:close() end
  self.running, self.its_target, self.its_client = nil, nil, nil
end

context.__close = context.close

return context
