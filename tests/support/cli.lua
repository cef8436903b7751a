-- Runs the remora program as its users do: a process with arguments, a directory and an environment.
-- Owns how it is started; never looks at what it prints.

local fs = require("tests.support.fs")
local process = require("process")
local system = require("system")

local cli = {}

-- Seconds after which a run counts as hung; generous, because sanitizers and a busy machine are slow.
local TIMEOUT = 120

-- What must not reach the program from whoever runs the tests; a test's own env comes on top.
local CLEAN = {
  REMORA_PLATFORM = false, REMORA_PROFILE = false, REMORA_CONFIG = false, XDG_CONFIG_HOME = false,
  BK_APP_CODE = false, BK_APP_SECRET = false, BK_TOKEN = false, BK_USERNAME = false,
  http_proxy = false, HTTP_PROXY = false, https_proxy = false, HTTPS_PROXY = false, ALL_PROXY = false,
  NO_COLOR = false, COLUMNS = false, LANG = false, LC_ALL = false,
}

---Path of the program under test.
---@return string
function cli.program()
  return assert(system.getenv("REMORA_BIN"), "REMORA_BIN must name the remora program; ctest sets it")
end

---Starts the program without waiting for it, with stdout and stderr as pipes.
---@param request table arguments as a list; named: env {NAME = string|false}, cwd string, stdin string
---@return userdata process
function cli.start(request)
  local argv = { cli.program(), table.unpack(request) }
  local env = { HOME = request.cwd }
  for name, value in pairs(CLEAN) do env[name] = value end
  for name, value in pairs(request.env or {}) do env[name] = value end
  return assert(process.spawn({
    argv = argv, env = env, cwd = request.cwd, stdin = request.stdin, stdout = "pipe", stderr = "pipe",
  }))
end

---Runs the program to its end, in a fresh directory unless `cwd` says otherwise.
---@param request table as for `start`; also timeout in seconds
---@return {code: integer?, signal: integer?, stdout: string, stderr: string} result
function cli.run(request)
  local directory <close> = fs.temporary()
  local settings = setmetatable({ cwd = request.cwd or directory.path }, { __index = request })
  local running <close> = cli.start(settings)
  local code, signal = running:wait(request.timeout or TIMEOUT)
  local result = { code = code, stdout = running:read_stdout(), stderr = running:read_stderr() }
  if not code and type(signal) == "table" then
    error(("%s\nstdout: %s\nstderr: %s"):format(signal.message, result.stdout, result.stderr), 2)
  end
  result.signal = signal
  return result
end

return cli
