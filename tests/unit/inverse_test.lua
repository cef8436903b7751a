-- What the way back from a run asks for.

local luaunit = require "luaunit"
local inverse = require "remora.reconcile.inverse"
local json = require "json"

local tests = {}

local function update(before, ...)
  local fields = {}
  for i, name in ipairs { ... } do fields[i] = { name = name } end
  return { outcome = "done", changes = { { kind = "instances", type = "process", action = "update",
    id = 1, label = { "prod", "web", "10.0.0.1", "nginx" }, fields = fields, before = before,
    place = { module = 1, host = 2 } } } }
end

-- The fields that undoing the calls sets.
local function undone(...)
  local pb = inverse.of({ id = 1, business = 2 }, { ... })
  return pb.sections.instances[1].processes.nginx
end

function tests.test_a_process_gets_back_what_it_had_before_the_first_change_of_each_field()
  local cases = {
    { undone(update({ timeout = 1, user = "a" }, "timeout")), { timeout = 1 } },
    { undone(update({ timeout = 1 }, "timeout"), update({ timeout = 2 }, "timeout")),
      { timeout = 1 } },
    { undone(update({ timeout = 1 }, "timeout"), update({ user = "a" }, "user")),
      { timeout = 1, user = "a" } },
    { undone(update({}, "timeout"), update({ timeout = 2 }, "timeout")), { timeout = json.null } },
  }
  for i, case in ipairs(cases) do luaunit.assertEquals(case[1], case[2], i) end
end

return tests
