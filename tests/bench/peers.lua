-- The programs of other languages that remora is compared with, where this machine can run them.

local process = require "process"
local source = require "tests.support.source"

local peers = {}

local PATIENCE = 600 -- seconds; Go builds its library the first time

-- Whether a program runs well.
local function runs(argv, env)
  local child <close> = process.spawn { argv = argv, env = env, stdout = "pipe", stderr = "pipe" }
  return child ~= nil and child:wait(PATIENCE) == 0
end

local function path_of(name) return source.directory() .. "/tests/bench/" .. name end

---Finds them.
---@param directory string where what has to be built goes
---@return {python: string[]?, go: string[]?} peers how each is started
---@return string[] missing why some are not there, in words
function peers.find(directory)
  local found, missing = {}, {}
  if runs { "python3", "-c", "import requests" } then
    found.python = { "python3", path_of "peer.py" }
  else
    missing[#missing + 1] = "python: python3 has no requests (Debian: python3-requests)"
  end
  local program = directory .. "/peer"
  if not runs { "go", "version" } then
    missing[#missing + 1] = "go: there is no go on the PATH (Debian: golang-go)"
  elseif runs({ "go", "build", "-o", program, path_of "peer.go" },
      { GOCACHE = directory .. "/go", GO111MODULE = "off", GOFLAGS = "" }) then
    found.go = { program }
  else
    missing[#missing + 1] = "go: peer.go cannot be built"
  end
  return found, missing
end

return peers
