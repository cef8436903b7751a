-- Percent-encoding: RFC 3986, section 2.

local lu = require "luaunit"
local percent = require "remora.core.percent"

local tests = {}

local ROWS = {
  { "abc-._~019XYZ", "abc-._~019XYZ" }, -- unreserved characters (2.3)
  { "a b/c?d#e", "a%20b%2Fc%3Fd%23e" },
  { "user:p@ss%", "user%3Ap%40ss%25" },
  { "中", "%E4%B8%AD" },
  { "", "" },
}

function tests.test_there_and_back()
  for _, row in ipairs(ROWS) do
    lu.assertEquals(percent.encoded(row[1]), row[2])
    lu.assertEquals(percent.decoded(row[2]), row[1])
  end
end

function tests.test_digits_of_either_case_are_read_and_what_is_no_encoding_stays()
  lu.assertEquals(percent.decoded("%2f%2F%zz%"), "//%zz%")
end

return tests
