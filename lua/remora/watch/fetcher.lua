-- The process that watch starts for each fetch, because libgit2 waits for a silent server without
-- end: a process can be killed. Reads what is wanted from stdin, answers on stdout, both as JSON.
-- Owns the copy while it is written; the module is the function.

local git = require "git"
local json = require "json"
local process = require "process"
local system = require "system"

local NAP = 0.05 -- seconds between two looks whether another process has let go of the copy

-- One process at a time; who started this one decides how long it may wait.
local function hold(path)
  local made, refused = system.mkdir(path:match("^(.*)/"))
  if not made then return nil, refused end
  while true do
    local lock
    lock, refused = system.lock(path .. ".lock")
    if lock or refused.code ~= "system.locked" then return lock, refused end
    system.sleep(NAP)
  end
end

local function remove(path)
  local done, refused = system.remove(path)
  if done or refused.code ~= "system.enotempty" then return end
  for _, name in ipairs(system.list(path) or {}) do remove(path .. "/" .. name) end
  system.remove(path)
end

-- All that is in a copy can be fetched again. So one that cannot be used, as a power cut or a kill
-- may leave it, is made anew.
local function fetch(wish, anew)
  local lock <close>, refused = hold(wish.copy)
  if not lock then return nil, { code = "git.copy", message = refused.message } end
  if anew then remove(wish.copy) end
  local fetched
  fetched, refused = git.fetch(wish)
  if fetched or refused.code ~= "git.copy" then return fetched, refused end
  remove(wish.copy)
  return git.fetch(wish)
end

---@return integer exit code
return function()
  local wanted = assert(json.decode(io.read("a")))
  process.end_with(wanted.parent)
  local fetched, refused = fetch(wanted.wish, wanted.anew)
  io.write(json.encode(fetched or refused))
  return 0
end
