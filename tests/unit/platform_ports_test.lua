-- Port texts and addresses of bind rows, as the platform takes and refuses them.

local host_address = require "remora.platform.host_address"
local lu = require "luaunit"
local ports = require "remora.platform.ports"

-- text, fits an instance row, fits a template row
local PORTS = {
  { "80", true, true }, { "1", true, true }, { "65535", true, true }, { "8000-8003", true, true },
  { "80-80", true, true }, { "80-70", true, false }, { "80,81", false, true },
  { "8000-8003,9000", false, true }, { "80,80", false, false }, { "80-90,85", false, false },
  { "80-90,90-95", false, false }, { "90,80", false, true }, { "", false, false },
  { "0", false, false }, { "65536", false, false }, { "65535-65536", false, false },
  { "08", false, false }, { " 80", false, false }, { "80,", false, false }, { ",80", false, false },
  { "-80", false, false }, { "80-", false, false }, { "x", false, false },
  { "99999999999999999999", false, false }, { 80, false, false },
}

-- What only platforms before 3.5 take: they look at neither order nor overlap.
local LOOSE = { ["80,80"] = true, ["80-90,85"] = true, ["80-90,90-95"] = true }

local HOST = {
  bk_host_innerip = "10.0.0.1,10.0.0.2", bk_host_outerip = "1.2.3.4",
  bk_host_innerip_v6 = { "fd00::1", "fd00::2" },
}

-- enum id of a template, address on the host
local RESOLVED = {
  { "1", "127.0.0.1" }, { "2", "0.0.0.0" }, { "3", "10.0.0.1" }, { "4", "1.2.3.4" },
  { "5", "::1" }, { "6", "::" }, { "7", "fd00::1" }, { "8", "" }, { "", "" }, { "9", "" },
}

return {
  test_ports = function()
    for _, row in ipairs(PORTS) do
      lu.assertEquals(ports.is_single(row[1]), row[2], row[1])
      lu.assertEquals(ports.is_list(row[1]), row[3], row[1])
      lu.assertEquals(ports.is_loose_list(row[1]), row[2] or row[3] or LOOSE[row[1]] == true,
        row[1])
    end
  end,

  test_resolution = function()
    for _, row in ipairs(RESOLVED) do
      lu.assertEquals(host_address.resolve(row[1], HOST), row[2], row[1])
    end
  end,

  test_a_host_without_addresses = function()
    lu.assertEquals(host_address.resolve("3", {}), "")
  end,
}
