-- Bind rows of templates and of processes: numbering, checks, instantiation, what an update
-- rebuilds and what a sync leaves.

local bind = require "remora.platform.bind"
local json = require "json"
local lu = require "luaunit"
local messages = require "remora.platform.messages"

local HOST = { bk_host_innerip = "10.0.0.1" }

-- A template row "ip port protocol enable"; cells named in `free` are not locked.
local function template_row(id, cells, free)
  local row = { row_id = id }
  for name, value in pairs { ip = "2", port = "80", protocol = "1", enable = true } do
    if cells[name] ~= nil then value = cells[name] end
    row[name] = { value = value, as_default_value = not (free and free:find(name)) }
  end
  return row
end

local function property(rows, flag)
  return { bind_info = { value = json.array(rows), as_default_value = flag } }
end

local function row(id, ip, port, protocol, enable)
  return { template_row_id = id, ip = ip, port = port, protocol = protocol or "1",
    enable = enable == nil or enable }
end

local function numbered(rows)
  local column = { value = rows }
  local refusal = bind.check_column(column)
  local ids = {}
  for i, one in ipairs(rows) do ids[i] = one.row_id end
  return refusal and messages.text(refusal, "en") or ids
end

return {
  test_new_rows_are_numbered_after_the_largest = function()
    lu.assertEquals(numbered { template_row(0, {}), template_row(0, {}) }, { 1, 2 })
    lu.assertEquals(numbered { template_row(0, {}), template_row(7, {}) }, { 8, 7 })
    lu.assertEquals(numbered { template_row(77, {}) }, { 77 })
    lu.assertEquals(numbered { template_row(1, {}), template_row(0, {}) }, { 1, 2 })
  end,

  test_rows_are_checked_cell_by_cell = function()
    for _, case in ipairs {
      { { ip = "9" }, "ip" }, { { ip = "127.0.0.1" }, "ip" }, { { port = json.null }, "port" },
      { { port = "80,80" }, "port" }, { { protocol = json.null }, "protocol" },
      { { protocol = "5" }, "protocol" }, { { protocol = "3" }, "(ip and protocol)" },
      { { ip = "6" }, "(ip and protocol)" }, { { ip = "9", port = "x" }, "ip" },
    } do
      lu.assertEquals(numbered { template_row(0, {}), template_row(0, case[1]) },
        ("'bind_info[1].%s' data parameter verification does not pass"):format(case[2]))
    end
    lu.assertEquals(numbered { template_row(0, { ip = json.null, protocol = "4" }) }, { 1 })
    lu.assertEquals(numbered { template_row(0, { ip = "", enable = json.null }) }, { 1 })
  end,

  test_instantiation_takes_every_value = function()
    lu.assertEquals(bind.instantiate(property {
      template_row(1, {}),
      template_row(2, { ip = "3", port = "81", enable = json.null }, "ip port"),
    }, HOST), json.array { row(1, "0.0.0.0", "80"), row(2, "10.0.0.1", "81", "1", false) })
    lu.assertEquals(bind.instantiate(property {}, HOST), json.null)
  end,

  test_an_unset_port_cannot_be_instantiated = function()
    local rows, refusal = bind.instantiate(property { template_row(1, { port = json.null }) }, HOST)
    lu.assertNil(rows)
    lu.assertEquals(refusal.code, 1107014)
  end,

  test_an_update_rebuilds_rows = function()
    local template = property { template_row(1, {}), template_row(2, { port = "81" }, "port ip") }
    -- what is sent → what is stored
    for _, case in ipairs {
      { {}, { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "81") } },
      { { row(1, "1.2.3.4", "99"), row(2, "10.0.0.9", "8081", "2") },
        { row(1, "0.0.0.0", "80"), row(2, "10.0.0.9", "8081") } },
      { { row(2, json.null, json.null) },
        { row(1, "0.0.0.0", "80"), row(2, json.null, json.null) } },
      { { row(0, "1.2.3.4", "1"), row(9, "1.2.3.4", "2") },
        { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "81") } },
      { { row(2, "a", "1"), row(2, "b", "2") }, { row(1, "0.0.0.0", "80"), row(2, "b", "2") } },
    } do
      lu.assertEquals(bind.rebuild(template, case[1], HOST), json.array(case[2]))
    end
  end,

  test_a_template_without_rows_rebuilds_to_none = function()
    lu.assertEquals(bind.rebuild(property {}, { row(0, "1.2.3.4", "1") }, HOST), json.array {})
  end,

  test_a_sync_keeps_unlocked_cells = function()
    local template = property { template_row(1, {}), template_row(2, { port = "81" }, "port") }
    -- current rows → rows after a sync, whether they changed
    for _, case in ipairs {
      { json.null, { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "81") }, true },
      { { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "8081") },
        { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "8081") }, false },
      { { row(2, "0.0.0.0", "8081"), row(1, "0.0.0.0", "80") },
        { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "8081") }, true },
      { { row(1, "1.1.1.1", "80"), row(3, "0.0.0.0", "82") },
        { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "81") }, true },
    } do
      local rows, changed = bind.synchronise(template, case[1], HOST)
      lu.assertEquals(rows, json.array(case[2]))
      lu.assertEquals(changed, case[3])
    end
  end,

  test_a_locked_address_that_is_unset_changes_every_time = function()
    local template = property { template_row(1, { ip = json.null }) }
    local rows, changed = bind.synchronise(template, { row(1, json.null, "80") }, HOST)
    lu.assertEquals(rows[1].ip, json.null)
    lu.assertTrue(changed)
    template = property { template_row(1, { ip = json.null }, "port protocol enable") }
    rows, changed = bind.synchronise(template, { row(1, "", "80") }, HOST)
    lu.assertEquals(rows[1].ip, json.null)
    lu.assertTrue(changed)
  end,

  test_a_sync_takes_no_flag_for_off = function()
    local template, off = property { template_row(1, { enable = json.null }) },
      row(1, "0.0.0.0", "80", "1", false)
    local rows, changed = bind.synchronise(template, { off }, HOST)
    lu.assertEquals({ rows, changed }, { json.array { off }, false })
    lu.assertFalse(bind.differs(template, { off }, HOST))
    lu.assertTrue(bind.differs(template, { row(1, "0.0.0.0", "80") }, HOST))
  end,

  test_differences_look_at_locked_cells_only = function()
    local template = property { template_row(1, {}, "port") }
    for _, case in ipairs {
      { { row(1, "0.0.0.0", "99") }, false }, { { row(1, "1.2.3.4", "80") }, true },
      { { row(2, "0.0.0.0", "80") }, true }, { json.null, true }, { {}, true },
      { { row(1, "0.0.0.0", "80"), row(2, "0.0.0.0", "80") }, true },
    } do
      lu.assertEquals(bind.differs(template, case[1], HOST), case[2])
    end
    lu.assertFalse(bind.differs(property {}, json.null, HOST))
  end,

  test_typed_rows = function()
    lu.assertEquals(bind.decode_rows(json.array { { port = "80", row_id = 3 } }),
      json.array { { ip = json.null, port = "80", protocol = json.null, enable = json.null,
        template_row_id = 0 } })
    for _, wrong in ipairs { "x", json.array { "x" }, json.array { { port = 80 } },
      json.array { { enable = "true" } }, json.array { { template_row_id = 1.5 } } } do
      lu.assertNil(bind.decode_rows(wrong))
    end
  end,

  test_typed_rows_of_a_template = function()
    local unset = { value = json.null, as_default_value = json.null }
    lu.assertEquals(bind.decode_template_rows(json.array { { row_id = 5, odd = 1,
      port = { value = "80", as_default_value = true } }, json.null, { row_id = json.null,
      enable = { value = false } } }), json.array {
        { row_id = 5, ip = unset, protocol = unset, enable = unset,
          port = { value = "80", as_default_value = true } },
        { row_id = 0, ip = unset, port = unset, protocol = unset, enable = unset },
        { row_id = 0, ip = unset, port = unset, protocol = unset,
          enable = { value = false, as_default_value = json.null } },
      })
    for _, wrong in ipairs { "x", json.array { "x" }, json.array { { row_id = "1" } },
      json.array { { port = "80" } }, json.array { { port = { value = 80 } } },
      json.array { { enable = { value = "true" } } },
      json.array { { ip = { value = "1", as_default_value = 1 } } } } do
      lu.assertNil(bind.decode_template_rows(wrong))
    end
  end,

  test_rows_of_an_instance = function()
    for _, case in ipairs {
      { {}, true }, { { ip = "", port = "80" }, true }, { { ip = json.null }, true },
      { { row_id = 1 }, false }, { { port = json.null }, false }, { { ip = "1" }, false },
      { { protocol = "tcp" }, false }, { { enable = json.null }, false },
      { { port = "80,81" }, false }, { { template_row_id = 1 }, true },
      { { template_row_id = json.null }, true }, { { template_row_id = "1" }, false }, { 1, false },
    } do
      lu.assertEquals(bind.rows_are_valid(json.array { case[1] }), case[2], json.encode(case[1]))
    end
    lu.assertFalse(bind.rows_are_valid("x"))
  end,
}
