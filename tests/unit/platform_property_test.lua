-- The property of process templates: merging, checks, and what locks leave to processes.

local json = require "json"
local lu = require "luaunit"
local messages = require "remora.platform.messages"
local property = require "remora.platform.property"

local null = json.null
local HOST = { bk_host_innerip = "10.0.0.1" }

local function slot(value, flag) return { value = value, as_default_value = flag } end

local function complete(raw)
  raw.bk_process_name = raw.bk_process_name or slot("nginx", false)
  raw.bk_func_name = raw.bk_func_name or slot("nginx", false)
  return property.complete(property.decode(raw))
end

local function merged(stored, sent)
  return property.merge(stored, property.decode(sent))
end

return {
  test_names_are_always_locked = function()
    local whole = complete {}
    lu.assertTrue(whole.bk_process_name.as_default_value)
    lu.assertTrue(whole.bk_func_name.as_default_value)
    lu.assertEquals(whole.user, slot(null, null))
    lu.assertEquals(whole.bind_info, slot(null, null))
  end,

  test_an_update_replaces_inside_the_key = function()
    local stored = complete { user = slot("root", true), timeout = slot(30, false) }
    -- what is sent for user → what is stored
    for _, case in ipairs {
      { nil, slot("root", true) }, { { value = "www" }, slot("www", null) },
      { { as_default_value = true }, slot(null, true) }, { null, slot(null, null) },
      { slot("www", false), slot("www", false) }, { {}, slot(null, null) },
    } do
      local after = merged(stored, { user = case[1] })
      lu.assertEquals(after.user, case[2])
      lu.assertEquals(after.timeout, slot(30, false))
    end
  end,

  test_the_executable_never_changes = function()
    local after = merged(complete {}, { bk_func_name = slot("java", false) })
    lu.assertEquals(after.bk_func_name, slot("nginx", true))
  end,

  test_the_name_changes_and_stays_locked = function()
    local after = merged(complete {}, { bk_process_name = slot("web", false) })
    lu.assertEquals(after.bk_process_name, slot("web", true))
  end,

  test_wrong_types_are_not_decoded = function()
    for _, raw in ipairs {
      { user = slot(5, true) }, { user = slot("u", "yes") }, { user = "root" },
      { proc_num = slot("3", true) }, { proc_num = slot(1.5, true) }, { auto_start = slot("true") },
      { bind_info = slot({}, true) },
      { bind_info = slot(json.array { { port = slot(80) } }, true) },
      { bind_info = slot(json.array {}, "yes") }, { user = json.array {} },
    } do
      lu.assertNil(property.decode(raw), json.encode(raw))
    end
    lu.assertEquals(property.decode { nonsense = 5 }, {})
  end,

  test_ranges = function()
    for _, case in ipairs {
      { "proc_num", 0, false }, { "proc_num", 1, true }, { "proc_num", 10000, true },
      { "proc_num", 10001, false }, { "timeout", 0, false }, { "timeout", 1, true },
      { "bk_start_check_secs", 601, true }, { "bk_start_check_secs", 10001, false },
      { "priority", -100, true }, { "priority", -101, false }, { "priority", 10001, false },
      { "proc_num", null, true },
    } do
      local refusal = property.check(complete { [case[1]] = slot(case[2], true) })
      lu.assertEquals(refusal == nil, case[3], case[1])
      if refusal then lu.assertEquals({ refusal.code, refusal.args[1] }, { 1199006, case[1] }) end
    end
  end,

  test_names_may_not_be_empty = function()
    for _, name in ipairs { "bk_process_name", "bk_func_name" } do
      for _, value in ipairs { "", null } do
        local refusal = property.check(complete { [name] = slot(value, true) })
        lu.assertEquals(refusal.args[1], name)
      end
    end
  end,

  test_blanks_are_refused_with_their_text = function()
    for _, value in ipairs { " root", "root ", "root\t", " " } do
      local refusal = property.check_blanks(property.decode { user = slot(value, true) })
      lu.assertEquals(messages.text(refusal, "zh"), "field user contains space: " .. value)
    end
    lu.assertNil(property.check_blanks(property.decode { user = slot("a b", true) }))
  end,

  test_a_patch_writes_what_is_open = function()
    local whole = complete { user = slot("root", true), timeout = slot(30, false) }
    local changes = property.patch(whole,
      { user = "www", timeout = 60, description = null, bk_process_name = "x" }, HOST)
    lu.assertEquals(changes, { timeout = 60, description = null, bind_info = json.array {} })
  end,

  test_a_sync_forces_locked_values = function()
    local whole = complete { user = slot("root", true), timeout = slot(30, false),
      work_path = slot(null, true) }
    local process = property.instantiate(whole, HOST)
    lu.assertNil(property.synchronise(whole, process, HOST))
    lu.assertFalse(property.differs(whole, process, HOST))
    process.user, process.timeout, process.work_path = "www", 60, ""
    lu.assertTrue(property.differs(whole, process, HOST))
    lu.assertEquals(property.synchronise(whole, process, HOST), { user = "root", work_path = null })
  end,

  test_the_column_flag_decides_about_differences_not_about_syncs = function()
    local row = { ip = slot("2", true), port = slot("80", true), protocol = slot("1", true),
      enable = slot(true, true), row_id = 1 }
    for _, flag in ipairs { true, false } do
      local whole = complete { bind_info = slot(json.array { row }, flag) }
      local process = property.instantiate(whole, HOST)
      process.bind_info[1].port = "81"
      lu.assertEquals(property.differs(whole, process, HOST), flag)
      lu.assertEquals(property.synchronise(whole, process, HOST).bind_info[1].port, "80")
    end
  end,
}
