-- Names with wildcards: what is one, and what it fits.

local glob = require "remora.core.glob"
local lu = require "luaunit"

local tests = {}

function tests.test_what_is_a_glob()
  for text, is in pairs { ["web*"] = true, ["?"] = true, web = false, ["[ab]"] = false } do
    lu.assertEquals(glob.is(text), is, text)
  end
  lu.assertFalse(glob.is(7))
end

function tests.test_what_fits()
  for _, row in ipairs {
    -- wanted, fits, does not fit
    { "web", "web", "web1" }, { "web*", "web", "my-web" }, { "*web", "my-web", "web1" },
    { "w?b", "wab", "wb" }, { "web?", "web1", "web12" }, { "*", "", nil },
    { "prod-?.(a)*", "prod-1.(a)b", "prod-1x(a)b" },
    { "[ab]*", "[ab]c", "ac" }, { "%a?", "%ab", "xy" },
    { "网?", "网站", "网站点" }, -- a character, however many bytes it has
    { 7, nil, "7" },
  } do
    local fits = glob.matcher(row[1])
    if row[2] then lu.assertTrue(fits(row[2], 1), row[1]) end
    if row[3] then lu.assertFalse(fits(row[3], 1), row[1]) end
  end
  lu.assertTrue(glob.matcher(7)("web", 7))
  lu.assertFalse(glob.matcher "web"("7", 7))
end

function tests.test_what_any_of_a_list_fits()
  local fits = glob.any { "web*", 7 }
  lu.assertTrue(fits("web1", 1))
  lu.assertTrue(fits("db", 7))
  lu.assertFalse(fits("db", 1))
  lu.assertFalse(glob.any {}("web", 7))
end

return tests
