-- The program's own journal, with death in it: kills the program around one of its records. Found
-- instead of the real one where REMORA_LUA_DIR names tests/support/mortal. What it is to do comes
-- from the environment: REMORA_KILL "after 12" or "before 12", REMORA_JOURNAL the real file.

local process = require "process"
local system = require "system"

local path = assert(system.getenv("REMORA_JOURNAL"))
local moment, number = assert(system.getenv("REMORA_KILL")):match("^(%l+) (%d+)$")

local journal = assert(load(assert(system.read_file(path)), "@" .. path, "t"))("remora.journal")

local keep, records = journal.record, 0

local function die()
  assert(process.spawn { argv = { "/bin/sh", "-c", "kill -9 " .. system.pid() } }):wait(60)
end

function journal:record(...)
  records = records + 1
  local mine = records == tonumber(number)
  if mine and moment == "before" then die() end
  local id, refused = keep(self, ...)
  if mine then die() end
  return id, refused
end

return journal
