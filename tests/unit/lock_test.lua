-- Who has the lock of a business, and who may take it over.

local lu = require "luaunit"
local fs = require "tests.support.fs"
local lock = require "remora.journal.lock"
local sqlite = require "sqlite"
local system = require "system"

local ABOUT = { platform = "test", business = 2, playbook = "web" }

local tests = {}

local function change(path, sql, ...)
  local db <close> = assert(sqlite.open(path))
  assert(db:run(sql, ...))
end

-- Takes a lock, lets its row look like another holder's, and tries to take it again.
local function taken_after(sql, ...)
  local directory <close> = fs.temporary()
  local path = directory.path .. "/below/locks.db"
  local first <close> = assert(lock.take(path, ABOUT))
  if sql then change(path, sql, ...) end
  local second, refused = lock.take(path, ABOUT)
  if second then
    local lost, gone = first:beat()
    lu.assertNil(lost)
    lu.assertEquals({ gone.code, first.lost.code }, { "lock.held", "lock.held" })
    second:close()
  end
  return second ~= nil, refused
end

function tests.test_a_lock_names_its_holder()
  local taken, refused = taken_after()
  lu.assertFalse(taken)
  lu.assertEquals(refused.code, "lock.held")
  for _, word in ipairs { "business 2 of test", system.username(), system.hostname(),
    tostring(system.pid()), "web" } do
    lu.assertStrContains(refused.message, word)
  end
end

-- What the row of the other holder says, and whether it gives way.
local ROWS = {
  { "a_dead_process", "UPDATE lock SET pid = 4194305", true }, -- above the largest there is
  { "a_later_process_of_that_number", "UPDATE lock SET started = '1'", true },
  { "a_silent_process_that_lives", "UPDATE lock SET beat = 0", false },
  { "another_host", "UPDATE lock SET host = 'elsewhere'", false },
  { "another_host_that_is_silent", "UPDATE lock SET host = 'elsewhere', beat = 0", true },
}

for _, row in ipairs(ROWS) do
  tests["test_" .. row[1]] = function()
    lu.assertEquals(taken_after(row[2]), row[3])
  end
end

-- The start of a process is field 22 of what /proc tells of it (proc(5)); no name here has blanks.
function tests.test_a_holder_is_known_by_when_its_process_began()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/locks.db"
  local _ <close> = assert(lock.take(path, ABOUT))
  local db <close> = assert(sqlite.open(path))
  local fields = {}
  for field in fs.read "/proc/self/stat":gmatch "%S+" do fields[#fields + 1] = field end
  lu.assertEquals(db:value("SELECT started FROM lock"), fields[22])
end

function tests.test_other_businesses_and_platforms_are_free()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/locks.db"
  local first <close> = assert(lock.take(path, ABOUT))
  local second <close> = assert(lock.take(path,
    { platform = "test", business = 3, playbook = "web" }))
  local third <close> = assert(lock.take(path,
    { platform = "other", business = 2, playbook = "web" }))
  lu.assertTrue(first:beat() and second:beat() and third:beat())
end

function tests.test_a_lock_that_is_given_back_can_be_taken()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/locks.db"
  local first = assert(lock.take(path, ABOUT))
  first:close()
  first:close()
  local second <close> = assert(lock.take(path, ABOUT))
  lu.assertTrue(second:beat())
end

return tests
