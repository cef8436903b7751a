-- Which texts are IP addresses.

local address = require "remora.core.address"
local lu = require "luaunit"

-- text, whether it is one
local TEXTS = {
  { "127.0.0.1", true }, { "0.0.0.0", true }, { "255.255.255.255", true }, { "::1", true },
  { "::", true }, { "1:2:3:4:5:6:7:8", true }, { "fe80::1", true }, { "::ffff:10.0.0.1", true },
  { "1::8", true }, { "1:2:3:4:5:6:7::", true }, { "256.0.0.1", false }, { "1.2.3", false },
  { "01.2.3.4", false }, { "1.2.3.4.5", false }, { "1", false }, { "", false },
  { "a.b.c.d", false },
  { "1:2:3:4:5:6:10.0.0.1", true }, { "1:2:3:4:5:6:7:10.0.0.1", false }, -- an end of two groups
  { "10.0.0.1::", false }, { "10.0.0.1::1", false }, { "::10.0.0.1:1", false }, { "::g", false },
  { "1:2:3", false }, { "1::2::3", false }, { ":::", false }, { "12345::", false },
  { "1:2:3:4:5:6:7:8:9", false }, { "1:2:3:4:5:6:7:8::", false }, { "10.0.0.1,10.0.0.2", false },
}

return {
  test_which_texts_are_addresses = function()
    for _, row in ipairs(TEXTS) do
      lu.assertEquals(address.is_literal(row[1]), row[2], row[1])
    end
    lu.assertFalse(address.is_literal(1))
  end,
}
