-- Runs the remora program as its users do: a process with arguments, a directory, an environment.
-- Owns how it is started; never looks at what it prints.

local fs = require("tests.support.fs")
local process = require("process")
local system = require("system")

local cli = {}

-- Seconds after which a run counts as hung; generous, for sanitizers on a busy machine.
local TIMEOUT = 120

-- What must not reach the program from who runs the tests: settings, credentials, proxies, taste.
local function is_private(name)
  return name:find("^REMORA_") and name ~= "REMORA_GC_STRESS" and name ~= "REMORA_LUA_DIR"
    or name:find("^BK_") or name:lower():find("_proxy$")
    or name == "NO_COLOR" or name == "COLUMNS" or name == "XDG_CONFIG_HOME"
end

-- The environment of a run: ours without what is private, a home of its own, what the test wants.
local function environment(request)
  local env = { HOME = request.cwd }
  for name in pairs(system.environ()) do
    if is_private(name) then env[name] = false end
  end
  for name, value in pairs(request.env or {}) do env[name] = value end
  return env
end

---Path of the program under test.
---@return string
function cli.program()
  return assert(system.getenv("REMORA_BIN"), "REMORA_BIN must name the program; ctest sets it")
end

---Starts the program without waiting for it, with stdout and stderr as pipes.
---@param request table arguments as a list; env {NAME = string|false}, cwd string, stdin string,
---  program string: another one, such as a shell that runs it; hangup "default"|"ignore": what
---  SIGHUP does to it before it says so itself, nil: as to us
---@return userdata process
function cli.start(request)
  local argv = { request.program or cli.program(), table.unpack(request) }
  if request.hangup then
    argv = { "env", "--" .. request.hangup .. "-signal=HUP", table.unpack(argv) }
  end
  return assert(process.spawn({
    argv = argv, env = environment(request), cwd = request.cwd, stdin = request.stdin,
    stdout = "pipe", stderr = "pipe",
  }))
end

-- The end of a run, as of process:wait. A loop goes on meanwhile: it may serve the program.
local function ending(running, timeout, loop)
  if not loop then return running:wait(timeout) end
  local deadline = system.monotonic() + timeout
  while true do
    local code, signal = running:wait(0)
    local waiting = not code and type(signal) == "table" and signal.code == "process.timeout"
    if not waiting or system.monotonic() > deadline then return code, signal end
    loop:sleep(0.002)
  end
end

---Waits for a program that was started.
---@param running userdata process
---@param options {timeout: number?, loop: remora.Loop?}|nil timeout in seconds
---@return {code: integer?, signal: integer?, stdout: string, stderr: string} result
function cli.finish(running, options)
  options = options or {}
  local code, signal = ending(running, options.timeout or TIMEOUT, options.loop)
  local result = { code = code, stdout = running:read_stdout(), stderr = running:read_stderr() }
  if not code and type(signal) == "table" then
    error(("%s\nstdout: %s\nstderr: %s"):format(signal.message, result.stdout, result.stderr), 2)
  end
  result.signal = signal
  return result
end

---Runs the program to its end, in a fresh directory unless `cwd` says otherwise.
---@param request table as for `start`; also timeout in seconds, and loop: what to run meanwhile
---@return {code: integer?, signal: integer?, stdout: string, stderr: string} result
function cli.run(request)
  local directory <close> = fs.temporary()
  local settings = { cwd = directory.path }
  for name, value in pairs(request) do settings[name] = value end
  local running <close> = cli.start(settings)
  return cli.finish(running, request)
end

return cli
