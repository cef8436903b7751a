-- What the way back from a run asks for.

local lu = require "luaunit"
local inverse = require "remora.undo.inverse"
local json = require "json"
local selection = require "remora.reconcile.selection"

local tests = {}

local function update(before, ...)
  local fields = {}
  for i, name in ipairs { ... } do fields[i] = { name = name } end
  return { outcome = "done", changes = { { kind = "instances", type = "process", action = "update",
    id = 1, label = { "prod", "web", "10.0.0.1", "nginx" }, fields = fields, before = before,
    place = { module = 1, host = 2 } } } }
end

-- The fields that undoing the calls sets, and what it says to be lost.
local function undone(...)
  local pb, lost = inverse.of({ id = 1, business = 2 }, { ... })
  return pb.sections.instances[1].processes.nginx, lost
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
  for i, case in ipairs(cases) do lu.assertEquals(case[1], case[2], i) end
end

-- A process template that steps aside first is changed twice.
function tests.test_what_the_second_change_of_a_template_locks_is_said_to_be_lost()
  local function change(name, locked)
    return { outcome = "done", changes = { { kind = "service_templates", type = "process template",
      action = "update", id = 1, label = { "web", "nginx" }, fields = { { name = name, new = "x",
        locked = locked } }, before = { timeout = { value = 1 } } } } }
  end
  local _, lost = inverse.of({ name = "undo", business = 1 },
    { change("bk_start_param_regex", false), change("timeout", true) })
  lu.assertEquals(#lost, 1)
  lu.assertEquals(lost[1].reason, "what instances had in timeout before it was locked is lost")
end

-- Whoever undoes a part is told of that part only.
function tests.test_what_is_lost_of_a_part()
  local calls = {}
  for i, name in ipairs { "one", "two" } do
    calls[i] = update({ timeout = 1 }, "timeout")
    calls[i].changes[1].label[1], calls[i].changes[1].losses = name, { "something" }
  end
  local _, lost = inverse.of({ name = "undo", business = 1,
    selection = selection.new({ "two" }, {}) }, calls)
  lu.assertEquals(lost, { { label = "process two/web/10.0.0.1/nginx", reason = "something",
    left = true } })
end

-- A process that was made without an address, or without more of a row.
function tests.test_an_address_that_a_row_did_not_have_is_taken_from_it_again()
  local row = { port = "80", protocol = "1", enable = true }
  local fields, lost = undone(update({ bind_info = json.array { row } }, "bind_info"))
  lu.assertEquals({ fields.bind_info[1].ip, fields.bind_info[1].port, #lost },
    { json.null, "80", 0 })
  row.enable = nil
  lost = select(2, undone(update({ bind_info = json.array { row } }, "bind_info")))
  lu.assertEquals({ lost[1].reason, lost[1].left },
    { "its bind rows had no enable, which no update can leave out", true })
end

return tests
