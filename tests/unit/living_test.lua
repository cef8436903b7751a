-- Whether a process lives, and since when.

local fs = require "tests.support.fs"
local living = require "remora.core.living"
local lu = require "luaunit"
local process = require "process"
local system = require "system"

local tests = {}

-- The start of a process is field 22 of what /proc tells of it (proc(5)); no name here has blanks.
function tests.test_a_process_lives_since_it_began()
  local fields = {}
  for field in fs.read "/proc/self/stat":gmatch "%S+" do fields[#fields + 1] = field end
  lu.assertEquals(living.since(system.pid()), fields[22])
end

function tests.test_there_is_no_such_process()
  lu.assertNil(living.since(math.maxinteger))
end

-- A program that ended keeps its number until whoever started it asks how; in a container that may
-- be never.
function tests.test_a_process_that_nobody_asked_about_has_ended()
  local ended <close> = assert(process.spawn { argv = { "/bin/sleep", "60" } })
  lu.assertNotNil(living.since(ended:pid()))
  ended:kill(9)
  local place = ("/proc/%d/stat"):format(ended:pid())
  while not fs.read(place):find(") Z ", 1, true) do system.sleep(0.01) end
  lu.assertNil(living.since(ended:pid()))
end

return tests
