-- The order of changes that trade unique keys.

local lu = require "luaunit"
local unique = require "remora.model.unique"

-- "a>b" holds a and wants b; ">b" is new; "a>" goes away; "a" stays; of "a>b!" the a lingers.
local function sibling(text)
  local now, arrow, next_key, mark = text:match("^(%w*)(>?)(%w*)(!?)$")
  local function keys(key) return key ~= "" and { [key] = "the key " .. key } or nil end
  return { text = text, now = keys(now), next = keys(arrow == "" and now or next_key),
    lingers = mark == "!" }
end

local CASES = {
  { { "a", "b" }, waiting = {}, conflicts = 0 },
  { { "a>c", "b" }, waiting = {}, conflicts = 0 },
  { { "a>b", "b>c" }, waiting = { "a>b" }, conflicts = 0 },
  { { "a>b", "b>c", "c>d" }, waiting = { "a>b", "b>c" }, conflicts = 0 },
  { { ">b", "b>" }, waiting = { ">b" }, conflicts = 0 },
  { { "a>b", "b>a" }, waiting = { "a>b", "b>a" }, stepping = { "a>b" }, conflicts = 0 },
  { { "z>a", "a>b", "b>c", "c>a" }, waiting = { "z>a", "a>b", "b>c", "c>a" }, stepping = { "a>b" },
    conflicts = 1 },
  { { "a>b", "c>d", "b>a", "d>c" }, waiting = { "a>b", "c>d", "b>a", "d>c" },
    stepping = { "a>b", "c>d" }, conflicts = 0 },
  { { "a>b!", "b>a" }, waiting = { "a>b!", "b>a" }, stepping = { "b>a" }, conflicts = 0 },
  -- After c goes b, and then a is held up; b in the beginning, a is at once.
  { { "a>b!", "b>c", "c>a" }, waiting = { "a>b!", "b>c", "c>a" }, stepping = { "c>a" },
    conflicts = 0 },
  { { "z>a", "a>b!", "b>c!", "c>a!" }, waiting = { "z>a", "a>b!", "b>c!", "c>a!" },
    stepping = { "a>b!" }, conflicts = 1 },
  { { "a>b", "b" }, waiting = {}, conflicts = 1 },
  { { ">c", ">c" }, waiting = {}, conflicts = 1 },
}

local tests = {}

function tests.test_who_waits_who_steps_aside_and_who_conflicts()
  for i, case in ipairs(CASES) do
    local siblings = {}
    for n, text in ipairs(case[1]) do siblings[n] = sibling(text) end
    local waits, stepping, conflicts = unique.settle(siblings)
    local function those(set)
      local texts = {}
      for _, each in ipairs(siblings) do
        if set[each] then texts[#texts + 1] = each.text end
      end
      return texts
    end
    lu.assertEquals(those(waits), case.waiting, "case " .. i)
    lu.assertEquals(those(stepping), case.stepping or {}, "case " .. i)
    lu.assertEquals(#conflicts, case.conflicts, "case " .. i)
  end
end

-- A chain, a ring and one that nobody waits for: how long the row is that begins with each.
function tests.test_rows_of_changes_that_come_one_after_the_other()
  local siblings = {}
  for i, text in ipairs { "a>b", "b>c", "c>d", "p>q", "q>p", "x>y", ">a" } do
    siblings[i] = sibling(text)
  end
  local waits, stepping = unique.settle(siblings)
  local row = unique.rows(waits, stepping, function(each) return each.now ~= nil end)
  local rows = {}
  for i, each in ipairs(siblings) do rows[i] = row(each) end
  lu.assertEquals(rows, { 1, 2, 3, 1, 2, 1, 1 })
  lu.assertEquals(row(siblings[4], true), 3)
end

-- Of two rings with one member in common, one is opened at a time: the other one has no beginning.
function tests.test_a_ring_that_nobody_opens_has_an_end_all_the_same()
  local function two(now, following)
    local function keys(text) return { [text:sub(1, 1)] = text, [text:sub(2)] = text } end
    return { now = keys(now), next = keys(following) }
  end
  local b, a, c = two("b1", "a1"), two("ap", "bc"), two("c2", "p2")
  local waits, stepping, conflicts = unique.settle { b, a, c }
  lu.assertEquals(conflicts, {})
  lu.assertEquals(waits[a], { b, c })
  lu.assertEquals({ stepping[b], stepping[a], stepping[c] }, { true })
  local row = unique.rows(waits, stepping, function() return true end)
  lu.assertTrue(row(a) > row(b))
end

-- Two that would hold the same key: who of them moves, in the order they are told in.
function tests.test_a_conflict_is_the_doing_of_one_that_moves()
  local keys = { k = "the key k" }
  local stays, comes, changes = { now = keys, next = keys }, { next = keys },
    { now = {}, next = keys }
  local rows = { { stays, comes, comes, stays }, { comes, stays, comes, stays },
    { comes, changes, changes, comes }, { stays, stays } }
  for i, row in ipairs(rows) do
    local told = unique.intrusions { { a = row[1], b = row[2], words = "the key k" } }
    lu.assertEquals(told, row[3]
      and { { mover = row[3], holder = row[4], words = "the key k" } } or {}, i)
  end
  lu.assertEquals(#unique.intrusions {
    { a = stays, b = comes }, { a = stays, b = stays }, { a = stays, b = changes } }, 2)
end

function tests.test_keys_to_take_may_differ_from_keys_wanted()
  local holder, taker = sibling "a>b", sibling ">c"
  taker.takes = { a = "the key a" }
  lu.assertEquals(unique.settle({ holder, taker })[taker], { holder })
  holder = sibling "a"
  local _, _, conflicts = unique.settle { holder, taker }
  lu.assertEquals(#conflicts, 1)
end

-- In whatever order they stand.
function tests.test_who_needs_a_key_for_a_moment_goes_before_who_keeps_it()
  local claimant, changes, comes, stays = sibling "b>a", sibling "x", sibling ">c", sibling "y"
  changes.takes, comes.takes = { a = "the key a" }, { a = "the key a", c = "the key c" }
  for _, siblings in ipairs { { claimant, changes, comes, stays },
    { stays, changes, comes, claimant } } do
    local waiting, stepping, conflicts = unique.settle(siblings)
    lu.assertEquals(waiting, { [claimant] = { changes, comes } })
    lu.assertEquals({ next(stepping), #conflicts }, { nil, 0 })
  end
end

-- A ring that one of those belongs to is opened by one that lets go of a key.
function tests.test_a_ring_is_not_opened_by_who_needs_a_key_for_a_moment()
  local passing, claimant, holder = sibling ">c", sibling "b>a", sibling "a>b"
  passing.takes = { a = "the key a", c = "the key c" }
  local waiting, stepping = unique.settle { passing, claimant, holder }
  lu.assertEquals(waiting,
    { [passing] = { holder }, [claimant] = { holder, passing }, [holder] = { claimant } })
  lu.assertEquals(stepping, { [claimant] = true })
end

return tests
