-- Which updates go as the same change of many: the fewest calls of 1,000 alike and of 100 of any.

local alike = require "remora.kinds.instances.alike"
local lu = require "luaunit"

-- Updates that give so many processes each of several users, in turn.
local function updates_of(sizes)
  local updates, left, id = {}, table.move(sizes, 1, #sizes, 1, {}), 0
  local more = true
  while more do
    more = false
    for number, size in ipairs(left) do
      if size > 0 then
        left[number], id, more = size - 1, id + 1, true
        updates[id] = { id = id, fields = { { name = "user", new = "u" .. number } } }
      end
    end
  end
  return updates
end

-- sizes of the changes; calls for 100 of any, for many alike
local ROWS = {
  { {}, 0, 0 },
  { { 1 }, 1, 0 },
  { { 100 }, 1, 0 },
  { { 101 }, 0, 1 },
  { { 1000 }, 0, 1 },
  { { 1001 }, 1, 1 },  -- as good as two of a thousand, and the one is sent whole
  { { 1101 }, 0, 2 },
  { { 60, 60 }, 1, 1 },  -- 120 of any are two calls as well, but not fewer
  { { 150, 150 }, 1, 1 },
  { { 300, 1, 1, 1 }, 1, 1 },
  { { 250, 40, 40, 40 }, 2, 1 },
  { { 2500, 30, 30 }, 1, 3 },
}

local function calls(count, limit) return (count + limit - 1) // limit end

return {
  test_the_fewest_calls = function()
    for _, row in ipairs(ROWS) do
      local sizes = row[1]
      local single, many = alike.parted(updates_of(sizes))
      local of_many, carried = 0, #single
      for _, part in ipairs(many) do
        of_many, carried = of_many + calls(#part.changes, 1000), carried + #part.changes
      end
      local total = 0
      for _, size in ipairs(sizes) do total = total + size end
      lu.assertEquals(carried, total)
      lu.assertEquals(calls(#single, 100) + of_many, row[2] + row[3],
        table.concat(sizes, " "))
    end
  end,

  -- No other choice of changes to send as such would do with fewer calls.
  test_no_choice_is_better = function()
    for _, sizes in ipairs { { 150, 130, 90, 220 }, { 99, 101, 99, 101 }, { 1050, 70, 30, 950 },
      { 210, 190, 10 }, { 40, 50, 60, 70 } } do
      local best = math.huge
      for choice = 0, (1 << #sizes) - 1 do
        local pool, total = 0, 0
        for i, size in ipairs(sizes) do
          if choice >> (i - 1) & 1 == 1 then
            total = total + calls(size, 1000)
          else
            pool, total = pool + size % 1000, total + size // 1000
          end
        end
        best = math.min(best, total + calls(pool, 100))
      end
      local single, many = alike.parted(updates_of(sizes))
      local scheduled = calls(#single, 100)
      for _, part in ipairs(many) do scheduled = scheduled + calls(#part.changes, 1000) end
      lu.assertEquals(scheduled, best, table.concat(sizes, " "))
    end
  end,

  test_what_goes_is_what_all_of_them_get = function()
    local updates = updates_of { 101 }
    local single, many = alike.parted(updates)
    lu.assertEquals(#single, 0)
    lu.assertEquals(many[1].patch, { user = "u1" })
    lu.assertEquals(many[1].changes, updates)
  end,
}
