-- What Tab offers, by what stands before the cursor.

local complete = require "remora.script.complete"
local lu = require "luaunit"

local ENV = {
  remora = {
    cc = { search_set = print, search_module = print, update_process_instance = print },
    pages = print,
    json = { encode = print, decode = print },
  },
  print = print,
  prefix = 1,
}

-- Text, the words offered. Calls' arguments come from the catalogue.
local WORDS = {
  { "rem", { "remora." } },
  { "pr", { "prefix", "print" } },
  { "x", {} },
  { "", {} },
  { "remora.", { "remora.cc.", "remora.json.", "remora.pages" } },
  { "x = remora.cc.se", { "remora.cc.search_module", "remora.cc.search_set" } },
  { "remora.json.", { "remora.json.decode", "remora.json.encode" } },
  { "remora.nothing.", {} },
  { "help(remora.cc.upd", { "remora.cc.update_process_instance" } },
  { "remora.cc.update_process_instance { bk_b", { "bk_biz_id = " } },
  { "remora.cc.update_process_instance({ bk_b", { "bk_biz_id = " } },
  { "remora.cc.update_process_instance { ", { "bk_biz_id = ", "processes = " } },
  { "remora.cc.update_process_instance { bk_biz_id = 1,\nprocesses = { { bk_pr",
    { "bk_process_id = ", "bk_process_name = " } },
  { "remora.cc.update_process_instance { processes = { { bind_info = { { po", { "port = " } },
  { "remora.cc.update_process_instance { processes = {}, bk_", { "bk_biz_id = " } },
  { "remora.cc.update_process_instance { bk_biz_id = pr", { "processes = " } },
  { 'remora.pages("cc.list_process_instance', { "cc.list_process_instance",
    "cc.list_process_instances_details_by_ids", "cc.list_process_instances_name_ids" } },
  { 'remora.pages("cc.list_process_related_info", { page = { li', { "limit = " } },
  { 'help "job.m', { "job.manage_proc" } },
  { "print('closed') pr", { "prefix", "print" } },
}

return {
  test_words = function()
    for _, row in ipairs(WORDS) do
      lu.assertEquals((complete.words(row[1], ENV)), row[2], row[1])
    end
  end,

  test_the_word_that_is_replaced = function()
    lu.assertEquals(select(2, complete.words("x = remora.c", ENV)), "remora.c")
    lu.assertEquals(select(2, complete.words("help 'cc.se", ENV)), "cc.se")
    lu.assertEquals(select(2, complete.words("f(", ENV)), "")
  end,

  test_common = function()
    lu.assertEquals(complete.common {}, "")
    lu.assertEquals(complete.common { "abc" }, "abc")
    lu.assertEquals(complete.common { "abc", "abd", "ab" }, "ab")
    lu.assertEquals(complete.common { "a", "b" }, "")
  end,

  test_columns = function()
    local words = { "a", "bb", "c", "d", "e" }
    lu.assertEquals(complete.columns(words, 80), "a   bb  c   d   e")
    lu.assertEquals(complete.columns(words, 12), "a   c   e\nbb  d")
    lu.assertEquals(complete.columns(words, 1), "a\nbb\nc\nd\ne")
  end,
}
