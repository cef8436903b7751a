-- What a process or its template was before a run, as the way back asks for it.

local former = require "remora.undo.former"
local json = require "json"
local lu = require "luaunit"

local tests = {}

local function cell(value, locked) return { value = value, as_default_value = locked } end

local function row(id, port)
  return { row_id = id, ip = cell("1", true), port = cell(port, false), protocol = cell("1", true),
    enable = cell(true, true) }
end

-- As a template had it: some cells say nothing.
local BEFORE = { bk_process_name = cell("nginx", true), user = cell("root", true),
  timeout = cell(30, false), description = cell(json.null, true), work_path = cell(nil, false),
  pid_file = json.null, bind_info = cell(json.array { row(7, "80") }, true) }

function tests.test_a_template_that_went_comes_back_whole_with_new_rows()
  lu.assertEquals(former.template(BEFORE, {}, true), { user = cell("root", true),
    timeout = cell(30, false), description = cell(json.null, true),
    bind_info = cell({ row(nil, "80") }, true) })
end

function tests.test_of_a_template_that_stayed_only_what_was_changed_comes_back()
  lu.assertEquals(former.template(BEFORE, { user = {}, start_cmd = {} }, false),
    { user = cell("root", true), start_cmd = cell(json.null, false) })
end

function tests.test_the_rows_that_a_template_had()
  for _, case in ipairs {
    { { bind_info = cell({ row(3, "80"), row(7, "81") }, true) }, { [3] = true, [7] = true } },
    { { bind_info = cell(json.null, true) }, {} },
    { { bind_info = json.null }, {} },
    { {}, {} },
  } do
    lu.assertEquals(former.row_ids(case[1]), case[2])
  end
end

local function own(id, port)
  return { template_row_id = id, ip = "10.0.0.1", port = port, protocol = "1", enable = true }
end

-- Rows of a templated process before and after, which of them its template had (nil: still has) →
-- the rows to go back to: of each the id and what was changed.
local ROWS = {
  { { own(3, "80"), own(7, "81") }, { own(3, "90"), own(7, "91") }, nil,
    { { template_row_id = 3, port = "80" }, { template_row_id = 7, port = "81" } } },
  { { own(3, "80"), own(7, "81") }, { own(7, "81"), own(3, "90") }, nil,
    { { template_row_id = 3, port = "80" } } },
  { { own(3, "80"), own(7, "81") }, { own(3, "90"), own(7, "91") }, { [7] = true },
    { { template_row_id = 7, port = "81" } } },
  { { own(3, "80") }, {}, nil, { own(3, "80") } },
  { { own(3, "80") }, { own(3, "80") }, nil, nil },
  { { own(3, "80") }, { own(3, "90") }, {}, nil },
}

function tests.test_rows_of_a_templated_process()
  for i, case in ipairs(ROWS) do
    local wanted = former.templated({ user = "www", bind_info = case[1] },
      { user = {}, bind_info = { new = case[2] } }, case[3])
    lu.assertEquals(wanted, { user = "www", bind_info = case[4] }, i)
  end
end

return tests
