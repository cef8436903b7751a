-- Documents in SQLite: what is found, in which order, and what a transaction leaves behind.

local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"
local store = require "remora.platform.store"

local function category(name, parent)
  return { name = name, bk_biz_id = 0, bk_parent_id = parent or 0 }
end

local function filled()
  local data = assert(store.open(":memory:"))
  for _, name in ipairs { "b", "a", "c", "a" } do data:insert("category", category(name)) end
  return data
end

local function names(docs)
  local list = {}
  for i, doc in ipairs(docs) do list[i] = doc.name end
  return table.concat(list, " ")
end

return {
  test_finding_and_sorting = function()
    local data = filled()
    for _, row in ipairs {
      { nil, {}, "b a c a" }, { { name = "a" }, {}, "a a" }, { { name = { "b", "c" } }, {}, "b c" },
      { { name = {} }, {}, "" }, { nil, { sort = "name" }, "a a b c" },
      { nil, { sort = "-name" }, "c b a a" }, { nil, { sort = "name:-1,-id" }, "c b a a" },
      { nil, { sort = "name", start = 1, limit = 2 }, "a b" }, { nil, { limit = 0 }, "b a c a" },
      { nil, { sort = "'; DROP TABLE category; --" }, "b a c a" },
      { nil, { sort = "-nonsense" }, "b a c a" },
    } do
      lu.assertEquals(names(data:find("category", row[1], row[2])), row[3])
      lu.assertEquals(json.decode(json.encode(data:list("category", row[1], row[2]))),
        data:find("category", row[1], row[2]))
    end
    lu.assertEquals(data:count("category", { name = "a" }), 2)
    lu.assertEquals(data:column("category", "id", { name = "a" }), json.array { 2, 4 })
    lu.assertErrorMsgContains("has no column", data.find, data, "category", { nonsense = 1 })
  end,

  test_writing = function()
    local data = filled()
    lu.assertEquals(data:patch("category", { name = "a" }, { name = "d" }), 2)
    lu.assertEquals(names(data:find("category", {}, { sort = "id" })), "b d c d")
    local doc = data:get("category", 1)
    doc.name = "z"
    lu.assertEquals(data:put("category", doc), 1)
    lu.assertEquals(data:first("category", { name = "z" }), doc)
    lu.assertEquals(data:delete("category", { id = { 1, 2, 99 } }), 2)
    lu.assertEquals(data:count("category"), 2)
    lu.assertNil(data:get("category", 1))
  end,

  test_a_refusal_undoes_everything_but_the_numbers = function()
    local data = filled()
    local kept, refused = data:transaction(function()
      data:insert("category", category "e")
      lu.assertEquals(data:count("category"), 5)
      return nil, "no"
    end)
    lu.assertEquals({ kept, refused }, { nil, "no" })
    lu.assertEquals(data:count("category"), 4)
    lu.assertEquals(data:insert("category", category "f").id, 6)
  end,

  test_an_error_undoes_everything_and_stays_an_error = function()
    local data = filled()
    lu.assertErrorMsgContains("bug", data.transaction, data, function()
      data:delete("category", {})
      error("bug")
    end)
    lu.assertEquals(data:count("category"), 4)
  end,

  test_a_failing_storage_is_a_value = function()
    local data = filled()
    local kept, refused = data:transaction(function()
      data:insert("category", { id = 1, name = "twice" })
    end)
    lu.assertNil(kept)
    lu.assertTrue(fault.is(refused))
    lu.assertEquals(data:count("category"), 4)
  end,

  test_an_inner_transaction_is_part_of_the_outer = function()
    local data = filled()
    data:transaction(function()
      data:transaction(function() data:delete("category", {}) end)
      return nil, "no"
    end)
    lu.assertEquals(data:count("category"), 4)
  end,

  test_a_null_escapes_a_unique_index = function()
    local data = assert(store.open(":memory:"))
    local process = { service_instance_id = 1, bk_process_name = "a", bk_func_name = "f",
      bk_start_param_regex = json.null }
    data:insert("process", process)
    process.bk_process_id, process.bk_process_name = nil, "b"
    data:insert("process", process)
    process.bk_process_id = nil
    local _, refused = data:transaction(function() data:insert("process", process) end)
    lu.assertTrue(fault.is(refused))
  end,

  test_two_servers_share_a_file = function()
    local directory <close> = fs.temporary()
    local one = assert(store.open(directory.path .. "/platform.db"))
    local other = assert(store.open(directory.path .. "/platform.db"))
    lu.assertEquals(other:count("category"), 0)
    one:insert("category", category "a")
    lu.assertEquals(other:count("category"), 1)
    lu.assertEquals(other:insert("category", category "b").id, 2)
    lu.assertEquals(one:count("category"), 2)
    one:close()
    other:close()
  end,

  test_a_file_that_is_not_ours = function()
    local directory <close> = fs.temporary()
    fs.write(directory.path .. "/text", ("not a database "):rep(100))
    local data, refused = store.open(directory.path .. "/text")
    lu.assertNil(data)
    lu.assertEquals(refused.code, "sqlite.notadb")
  end,
}
