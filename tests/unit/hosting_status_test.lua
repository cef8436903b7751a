-- How processes look in remora status: what is said of each, in which order, and under each other.

local lu = require "luaunit"
local status = require "remora.hosting.status"

local tests = {}

local function row(set, name, more)
  local made = { set = set, module = "web", ip = "10.0.0.1", name = name,
    process = { priority = 1, user = "root", work_path = "/d" }, pids = {} }
  for key, value in pairs(more) do made[key] = value end
  return made
end

local function plain(_, text) return text end

-- The styles of a row's last two cells and of the closing line, in turn.
local function styles(rows)
  local list = {}
  status.text(rows, function(name, text)
    list[#list + 1] = name
    return text
  end)
  return list
end

local OURS = { via = "job", changed = false }

local ROWS = {
  row("一区", "a_1", { hosted = true, running = true, pids = { 7 }, registered = OURS }),
  row("b", "a_1", { hosted = true, running = true, pids = { 8, 9 } }),
  row("b", "a_2", { hosted = true, running = false, registered = OURS }),
  row("b", "a_3", { hosted = false, running = false, process = {} }),
  row("b", "a_10", { silent = { code = 117, reason = "the agent cannot be reached" } }),
  row("b", "a_11", { hosted = true, running = true, pids = { 5 },
    registered = { via = "gse", changed = true } }),
}

function tests.test_the_table()
  lu.assertEquals(status.text(ROWS, plain), [[
process                priority  user  directory  hosted                      running
一区/web/10.0.0.1/a_1         1  root  /d         over job                    pid 7
b/web/10.0.0.1/a_1            1  root  /d         by someone else             pid 8 9
b/web/10.0.0.1/a_2            1  root  /d         over job                    no
b/web/10.0.0.1/a_3            -  -     -          no                          no
b/web/10.0.0.1/a_10           1  root  /d         ?                           ]]
    .. [[the agent cannot be reached
b/web/10.0.0.1/a_11           1  root  /d         over gse, as it was before  pid 5
6 processes: 4 hosted, 3 running, 1 unknown]])
end

function tests.test_nothing_at_all()
  lu.assertEquals(status.text({}, plain), "0 processes: 0 hosted, 0 running")
end

function tests.test_what_is_not_as_it_should_be_stands_out()
  for i, its in ipairs { "good", "good", "warning", "dim", "error", "warning" } do
    lu.assertEquals(styles({ ROWS[i] })[7], its, i)
  end
end

return tests
