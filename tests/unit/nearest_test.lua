-- Suggestions for mistyped names.

local lu = require "luaunit"
local nearest = require "remora.core.nearest"

-- Edits counted the plain way: every cell of the whole table.
local function edits(a, b)
  local rows = { [0] = {} }
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    rows[i] = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      rows[i][j] = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        rows[i][j] = math.min(rows[i][j], rows[i - 2][j - 2] + 1)
      end
    end
  end
  return rows[#a][#b]
end

local function plainly(name, candidates)
  local best, least = nil, #name <= 3 and 1 or math.max(2, #name // 3)
  table.sort(candidates)
  for _, candidate in ipairs(candidates) do
    local count = edits(name, candidate)
    if count < least or count == least and not best then best, least = candidate, count end
  end
  return best
end

local tests = {}

-- Few letters, so that words are often near.
function tests.test_counting_less_finds_the_same()
  local state = 7
  local function draw(limit)
    state = state * 1103515245 % 2147483648 + 12345
    return (state >> 8) % limit + 1
  end
  local function word()
    local letters = {}
    for i = 1, draw(14) do letters[i] = ("abcd"):sub(draw(4)):sub(1, 1) end
    return table.concat(letters)
  end
  for _ = 1, 1000 do
    local name, candidates = word(), {}
    for i = 1, 6 do candidates[i] = word() end
    lu.assertEquals(nearest(name, candidates), plainly(name, candidates), name)
  end
end

function tests.test_what_nobody_types_is_not_guessed_at()
  local long = ("x"):rep(200)
  lu.assertNil(nearest(long, { long }))
end

function tests.test_names()
  local names = { "timeout", "port", "protocol", "proc_num", "ip", "bk_process_name" }
  for _, row in ipairs {
    { "tiemout", "timeout" },            -- neighbours swapped
    { "prot", "port" },
    { "protocl", "protocol" },
    { "TIMEOUT", "timeout" },
    { "bk_proces_nam", "bk_process_name" },
    { "ipp", "ip" },
    { "zzzzzz", nil },
    { "x", nil },
  } do
    lu.assertEquals(nearest(row[1], names), row[2], row[1])
  end
end

function tests.test_a_table_keyed_by_names()
  lu.assertEquals(nearest("prt", { port = true, user = true }), "port")
  lu.assertNil(nearest("prt", {}))
end

function tests.test_equally_near_names_are_decided_by_the_alphabet()
  lu.assertEquals(nearest("bat", { "cat", "hat" }), "cat")
  lu.assertEquals(nearest("bat", { "hat", "cat" }), "cat")
end

return tests
