-- What the journal keeps of a run.

local luaunit = require "luaunit"
local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local journal = require "remora.journal"
local sqlite = require "sqlite"

local RUN = { command = "apply", playbook = "web", files = { "web.yml" }, platform = "test",
  business = 2 }
local CALL = { stage = "templates", call = "cc.update_proc_template", args = { bk_biz_id = 2 },
  objects = 1, labels = { "web/nginx" } }

local tests = {}

function tests.test_a_run_and_its_calls_survive()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/below/journal.db"
  do
    local book <close> = assert(journal.open(path))
    local run = assert(book:begin(RUN))
    local done = assert(book:intend(run, CALL))
    local refused = assert(book:intend(run, CALL))
    local lost = assert(book:intend(run, CALL))
    assert(book:intend(run, CALL)) -- the one a crash leaves open
    assert(book:outcome(done))
    assert(book:outcome(refused, fault.new { code = 1199014, message = "duplicate" }))
    assert(book:outcome(lost, fault.new { code = "net.timeout", message = "no answer" }))
    assert(book:finish(run, 4))
  end
  local db <close> = assert(sqlite.open(path))
  local run = db:row("SELECT * FROM run")
  luaunit.assertEquals(run.files, '["web.yml"]')
  luaunit.assertEquals(run.exit_code, 4)
  local outcomes = {}
  for _, row in ipairs(db:rows("SELECT outcome, code FROM call ORDER BY id")) do
    outcomes[#outcomes + 1] = (row.outcome or "open") .. " " .. (row.code or "")
  end
  luaunit.assertEquals(outcomes, { "done ", "refused 1199014", "unknown net.timeout", "open " })
end

function tests.test_an_existing_journal_is_opened_again()
  local directory <close> = fs.temporary()
  local path = directory.path .. "/journal.db"
  for expected = 1, 2 do
    local book <close> = assert(journal.open(path))
    luaunit.assertEquals(book:begin(RUN), expected)
  end
end

function tests.test_a_place_that_cannot_be_written_is_a_fault()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/file", "")
  local book, refused = journal.open(directory.path .. "/file/journal.db")
  luaunit.assertIsNil(book)
  luaunit.assertTrue(fault.is(refused))
  luaunit.assertStrContains(refused.message, "the journal cannot be written")
end

return tests
