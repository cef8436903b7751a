-- Values of their own that instances lose when a template locks a field, as undo warns of them.

local lu = require "luaunit"
local overwritten = require "remora.undo.overwritten"

local tests = {}

local function cell(value, locked) return { value = value, as_default_value = locked } end

-- A bind row that locks everything but its port, and that if it is asked for.
local function row(id, port_locked)
  return { row_id = id, ip = cell("1", true), port = cell("80", port_locked),
    protocol = cell("1", true), enable = cell(true, true) }
end

-- What a template had and has → whether instances lose something.
local FIELDS = {
  { "locked now", cell("root", false), { new = "www", locked = true }, true },
  { "locked now, and unset before", nil, { new = "www", locked = true }, true },
  { "locked before, too", cell("root", true), { new = "www", locked = true }, false },
  { "free now", cell("root", true), { new = "root", locked = false }, false },
  { "free as it was", cell("root", false), { new = "www" }, false },
}

local ROWS = {
  { "one cell is locked now", { row(1, false) }, { row(1, true) }, true },
  { "a cell of the second row", { row(1, true), row(2, false) }, { row(1, true), row(2, true) },
    true },
  { "all is locked before, too", { row(1, true) }, { row(1, true) }, false },
  { "it stays free", { row(1, false) }, { row(1, false) }, false },
  { "it is free now", { row(1, true) }, { row(1, false) }, false },
  { "it goes with what was free", { row(1, true), row(2, false) }, { row(1, true) }, true },
  { "it goes, and nothing was free", { row(1, true), row(2, true) }, { row(1, true) }, false },
  { "it is in another place", { row(1, false), row(2, true) }, { row(2, true), row(1, false) },
    false },
  { "one comes", { row(1, false) }, { row(1, false), row(2, true) }, false },
}

function tests.test_of_fields()
  for _, case in ipairs(FIELDS) do
    lu.assertEquals(overwritten({ user = case[3] }, { user = case[2] }),
      case[4] and "user" or nil, case[1])
  end
end

function tests.test_of_rows_cell_by_cell()
  for _, case in ipairs(ROWS) do
    lu.assertEquals(overwritten({ bind_info = { new = case[3] } },
      { bind_info = cell(case[2], false) }), case[4] and "bind_info" or nil, case[1])
  end
end

return tests
