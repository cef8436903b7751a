-- What --target and --exclude cover.

local lu = require "luaunit"
local selection = require "remora.reconcile.selection"

local tests = {}

local function nothing() return {} end

-- Targets, excludes, label, whether it is taken.
local ROWS = {
  { { "web/nginx" }, {}, { "web", "nginx" }, true },
  { { "web/nginx" }, {}, { "web", "agent" }, false },
  { { "web/nginx" }, {}, { "web" }, true },
  { { "web" }, {}, { "web", "nginx" }, true },
  { { "prod-1/web/*" }, {}, { "prod-1", "web", "10.0.0.1", "nginx" }, true },
  { { "prod-1/web/*" }, {}, { "prod-2", "web", "10.0.0.1" }, false },
  { { "prod-*" }, {}, { "prod-2", "web", "10.0.0.1" }, true },
  { { "*/*/10.0.0.1/nginx" }, {}, { "a", "b", "10.0.0.1", "nginx" }, true },
  { { "*/*/10.0.0.1/nginx" }, {}, { "a", "b", "10.0.0.2", "nginx" }, false },
  { {}, { "web/nginx" }, { "web", "nginx" }, false },
  { {}, { "web/nginx" }, { "web" }, true },
  { {}, { "prod-1" }, { "prod-1", "web", "10.0.0.1" }, false },
  { {}, { "prod-1" }, { "prod-2", "web", "10.0.0.1" }, true },
  { { "prod-*" }, { "prod-1" }, { "prod-1", "web" }, false },
  { { "web", "cron" }, {}, { "cron" }, true },
}

for i, row in ipairs(ROWS) do
  tests["test_row_" .. i] = function()
    lu.assertEquals(selection.new(row[1], row[2]):takes(row[3]), row[4])
  end
end

function tests.test_what_fits_no_label_is_unmet()
  local wanted = selection.new({ "web", "wbe" }, { "web/nginx", "10.0.0.7", "web/ngin" })
  wanted:takes { "web" }
  local kinds = { { labels = function(_, _, tell) tell { "web", "nginx" } end } }
  lu.assertEquals(wanted:unmet(kinds, {}, nothing),
    { "--target wbe", "--exclude 10.0.0.7", "--exclude web/ngin" })
end

function tests.test_a_part_of_a_label_that_nobody_has_read_may_be_anything()
  local wanted = selection.new({ "prod/web/10.0.0.9/nginx", "prod/web/10.0.0.9/ngin" }, {})
  local kinds = { { labels = function(_, _, tell)
    tell { "prod", "web", selection.ANY, "nginx" }
  end } }
  lu.assertEquals(wanted:unmet(kinds, {}, nothing), { "--target prod/web/10.0.0.9/ngin" })
end

function tests.test_without_globs_there_is_no_selection()
  lu.assertNil(selection.new({}, {}))
end

return tests
