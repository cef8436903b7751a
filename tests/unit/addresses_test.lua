-- The addresses of a host, from the members that the platform writes them in.

local addresses = require "remora.model.addresses"
local json = require "json"
local lu = require "luaunit"

local null = json.null

-- v4, v6, outer v4, outer v6 as the platform tells them; ip, inner, all inner addresses, and those
-- of the kinds 3, 7, 4 and 8
local HOSTS = {
  { { "10.0.0.1", "", null, nil }, "10.0.0.1", "10.0.0.1", { "10.0.0.1" }, { "10.0.0.1" } },
  { { "10.0.0.1,10.0.0.2", nil, "1.1.1.1,1.1.1.2", "" }, "10.0.0.1", "10.0.0.1,10.0.0.2",
    { "10.0.0.1", "10.0.0.2" }, { "10.0.0.1", nil, "1.1.1.1", nil } },
  { { "10.0.0.1", "fd00::1 fd00::2", "", "2001::1" }, "10.0.0.1", "10.0.0.1",
    { "10.0.0.1", "fd00::1", "fd00::2" }, { "10.0.0.1", "fd00::1", nil, "2001::1" } },
  { { null, "fd00::1", nil, nil }, "fd00::1", "fd00::1", { "fd00::1" }, { nil, "fd00::1" } },
  { { "10.0.0.1, 10.0.0.1", "", nil, nil }, "10.0.0.1", "10.0.0.1, 10.0.0.1", { "10.0.0.1" },
    { "10.0.0.1" } },
  { { "", null, "1.1.1.1", nil }, "host 7", nil, {}, { nil, nil, "1.1.1.1" } },
}

local tests = {}

function tests.test_addresses_of_a_host()
  for _, each in ipairs(HOSTS) do
    local told, ip, inner, all, of_kind = table.unpack(each, 1, 5)
    local host = addresses.host { bk_host_id = 7, bk_cloud_id = 0, bk_host_innerip = told[1],
      bk_host_innerip_v6 = told[2], bk_host_outerip = told[3], bk_host_outerip_v6 = told[4] }
    local found = {}
    for i, address in addresses.each(host) do found[i] = address end
    lu.assertEquals({ host.id, host.cloud_id, host.ip }, { 7, 0, ip })
    lu.assertEquals(host.inner, inner)
    lu.assertEquals(found, all)
    for i, kind in ipairs { "3", "7", "4", "8" } do
      lu.assertEquals(addresses.of_kind(host, kind), of_kind[i], kind)
    end
    lu.assertNil(addresses.of_kind(host, "1"))
  end
end

return tests
