-- remora undo where a template has lost or locked bind rows since: what an instance had there
-- cannot come back, and everything else does.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"

local tests = {}

local directory

function tests.setUp() directory = workplace.new() end

function tests.tearDown() local _ <close> = directory end

-- Runs remora, which must end with a code; gives what it printed.
local function expect(code, ...)
  local ran = directory:expect(code, ...)
  return ran.stdout, ran.stderr
end

local function write(text) directory:write("p.yml", "business: demo\n" .. text) end

local function apply(text)
  write(text)
  return (expect(0, "apply", "p.yml"))
end

local FREE, LOCKED = "{ value: %d, as_default_value: false }", "%d"

-- A template with a row for each port; the column as a whole is free, so that no sync brings it to
-- instances.
local function template(cell, ...)
  local rows = {}
  for i, port in ipairs { ... } do
    rows[i] = ("{ ip: 0.0.0.0, protocol: TCP, port: %s }"):format(cell:format(port))
  end
  return "service_templates:\n  web:\n    processes:\n      nginx: { bk_func_name: nginx, "
    .. "timeout: { value: 30, as_default_value: false }, bind_info: { as_default_value: false, "
    .. "value: [" .. table.concat(rows, ", ") .. "] } }\n"
end

-- A rule that gives the first row one port, the second row the other one.
local function rule(timeout, first, second)
  return "instances:\n  - where: { set: staging, module: web }\n    processes:\n"
    .. ("      nginx: { timeout: %d, bind_info: [{ template_row_id: 1, port: %d }%s] }\n"):format(
      timeout, first, second and (", { template_row_id: 2, port: %d }"):format(second) or "")
end

-- The time-out and the ports of each process in staging.
local function staging()
  local lines = {}
  for _, row in ipairs(directory:call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 100 } }).info) do
    if row.set.bk_set_name == "staging" then
      local its, ports = row.process, {}
      for i, each in ipairs(its.bind_info) do ports[i] = each.port end
      lines[#lines + 1] = ("%s %s"):format(its.timeout, table.concat(ports, " "))
    end
  end
  return lines
end

local NO_ROW = "not brought back: nginx cannot have the bind row 0.0.0.0:8443 TCP: "
  .. "its template web gives it no such row"

-- The run finds the row gone from the template, and drops it with what it changes.
function tests.test_a_row_that_the_run_dropped_for_good()
  apply(template(FREE, 80, 443) .. rule(60, 8080, 8443))
  apply(template(FREE, 80))
  local changed = rule(90, 9090)
  apply(changed)
  lu.assertEquals(staging(), { "90 9090", "90 9090" })
  local out, err = expect(4, "undo", "last")
  lu.assertEquals(staging(), { "60 8080", "60 8080" })
  lu.assertStrContains(err, NO_ROW)
  lu.assertStrContains(err, "not everything came back: 1 of the above")
  lu.assertStrContains(out, "run 3 is undone in demo, but not everything came back")
  lu.assertNotStrContains(out .. err, "again") -- it would be no better
  expect(0, "resume")
  out, err = expect(4, "undo", "3", "--json")
  lu.assertStrContains(err .. out, '"reason":"' .. NO_ROW:match(": (.*)") .. '"')
  lu.assertStrContains(out, '"converged":false')
  lu.assertStrContains(out, '"exit_code":4')
end

function tests.test_a_row_that_somebody_has_taken_from_the_template_since()
  apply(template(FREE, 80, 443) .. rule(60, 8080, 8443))
  apply(rule(90, 9090, 9443))
  apply(template(FREE, 80))
  lu.assertEquals(staging(), { "90 9090 9443", "90 9090 9443" })
  local _, err = expect(4, "undo", "2")
  lu.assertStrContains(err, "nginx cannot have the bind row with template_row_id 2")
  lu.assertEquals(staging(), { "60 8080", "60 8080" })
end

function tests.test_a_cell_that_somebody_has_locked_since()
  apply(template(FREE, 80, 443) .. rule(60, 8080, 8443))
  apply(rule(90, 9090, 9443))
  apply(template(LOCKED, 80, 443))
  local _, err = expect(4, "undo", "2")
  for row = 1, 2 do
    lu.assertStrContains(err,
      ("not brought back: bind_info[%d].port of nginx is locked"):format(row))
  end
  lu.assertEquals(staging(), { "60 80 443", "60 80 443" })
end

-- The run is about something else, and the row goes with it: said before, and said on the way back.
function tests.test_a_row_that_went_with_another_change()
  apply(template(FREE, 80, 443) .. rule(60, 8080, 8443))
  apply(template(FREE, 80))
  local out = apply(rule(90, 8080))
  lu.assertStrContains(out, "its bind rows follow the template: - 0.0.0.0:8443 TCP")
  local _, err = expect(4, "undo", "last")
  lu.assertStrContains(err, "what it had in bind_info, unlike its template, is lost")
  lu.assertStrContains(err, "not everything came back: 2 of the above")
  lu.assertEquals(staging(), { "60 8080", "60 8080" })
end

-- What undoing would leave is known before the run, and is what it leaves.
function tests.test_the_inverse_of_a_plan_says_the_same()
  apply(template(FREE, 80, 443) .. rule(60, 8080, 8443))
  apply(template(FREE, 80))
  write(rule(90, 9090))
  local _, err = expect(0, "plan", "--inverse", "p.yml")
  local said = {}
  for line in err:gmatch "warning: ([^\n]*)" do said[#said + 1] = line end
  lu.assertEquals(said, { NO_ROW })
end

return tests
