-- The outermost members of an answer, which differ by layer and version: what the bus, the API
-- gateway, the backend, job and the old process API write around the data.

local order = require "remora.core.order"
local platform = require "tests.support.platform"
local lu = require "luaunit"

local tests = {}

local LIST = "/api/v3/findmany/proc/service_category"
local SYNC = "/api/v2/proc/sync_proc_status"
local PAGE = { meta = { namespace = "gse" }, page = { start = 0, limit = 1 } }
local BIZ = { bk_biz_id = 1 }
local NATIVE = "bk_error_code bk_error_msg data permission result"
local BUS = "code data message permission request_id result"
local GATEWAY = "code data message permission result"

function tests.test_members_by_layer()
  local p <close> = platform.new()
  for _, row in ipairs {
    { "POST", LIST, BIZ, NATIVE },
    { "POST", LIST, { bk_biz_id = "1" }, NATIVE },
    { "POST", "/api/c/compapi/v2/cc/list_service_category/", BIZ, BUS },
    { "POST", "/api/bk-cmdb/prod" .. LIST, BIZ, GATEWAY },
    { "POST", "/api/bk-cmdb/prod" .. LIST, { bk_biz_id = "1" }, GATEWAY },
    { "POST", "/api/bk-gse/prod" .. SYNC, PAGE, GATEWAY },
    { "POST", "/api/c/compapi/v2/gse/sync_proc_status/", PAGE, BUS },
    { "POST", "/api/c/compapi/v2/jobv3/manage_proc/", {},
      "code data job_request_id message permission request_id result" },
    { "GET", "/api/v3/proc/0/1/1", nil, "bk_error_code bk_error_msg data result" },
    { "GET", "/api/v3/proc/0/1/x", nil, "bk_error_code bk_error_msg data result" },
  } do
    local answer = p:request(row[1], row[2], row[3])
    lu.assertEquals(table.concat(order.keys(answer), " "), row[4], row[2])
  end
end

function tests.test_a_gateway_tells_the_request_in_a_header()
  local p <close> = platform.new()
  local function header(path)
    local _, headers = p.router:handle { method = "POST", path = path, headers = {}, body = "" }
    return headers["X-Bkapi-Request-Id"]
  end
  lu.assertStrMatches(header("/api/bk-cmdb/prod" .. LIST), "%x+")
  lu.assertNil(header(LIST))
end

return tests
