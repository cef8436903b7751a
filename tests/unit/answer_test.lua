-- Envelopes of every flavour and everything that is none, told in one shape.

local lu = require "luaunit"
local answer = require "remora.net.answer"
local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"
local json = require "json"

local tests = {}

local PLACE = "https://paas.example.com"

local function read(call, status, body, headers)
  local row = assert(catalogue.get(call))
  return answer.read(row, PLACE, { status = status, headers = headers or {}, body = body })
end

function tests.test_every_flavour_of_success()
  for call, body in pairs {
    ["cc.search_set"] = -- bus
      '{"result":true,"code":0,"message":"success","permission":null,"request_id":"r","data":[7]}',
    ["cc.search_module"] = -- backend; the id travels in a header
      '{"result":true,"bk_error_code":0,"bk_error_msg":"success","permission":null,"data":[7]}',
    ["job.manage_proc"] = '{"code":0,"result":true,"job_request_id":"r","message":"","data":[7]}',
    ["gse.operate_proc_v2"] = '{"code":"00","message":"ok","request_id":"r","data":[7]}',
  } do
    local envelope = read(call, 200, body, { ["x-bkapi-request-id"] = "r" })
    lu.assertTrue(envelope.result)
    lu.assertEquals(envelope.code, 0)
    lu.assertEquals(envelope.data, { 7 })
    lu.assertEquals(envelope.request_id, "r")
    lu.assertNil(envelope.permission)
  end
end

function tests.test_no_data_is_null()
  for _, body in ipairs { '{"result":true,"code":0,"data":null}', '{"result":true,"code":0}' } do
    lu.assertEquals(read("cc.search_set", 200, body).data, json.null)
  end
end

function tests.test_every_flavour_of_refusal()
  for _, row in ipairs {
    { 200, '{"result":false,"code":1199006,"message":"bad id","data":null}' },
    { 200, '{"result":false,"bk_error_code":1199006,"bk_error_msg":"bad id","data":null}' },
    { 200, '{"code":"1199006","message":"bad id"}' },
    { 400, '{"result":false,"bk_error_code":1199006,"bk_error_msg":"bad id","data":null}' },
    { 500, '{"result":false,"bk_error_code":1199006,"bk_error_msg":"bad id","data":null}' },
  } do
    local envelope = read("cc_v3.search_process", table.unpack(row))
    lu.assertEquals({ envelope.result, envelope.code, envelope.message, envelope.status },
      { false, 1199006, "bad id", row[1] })
  end
  local envelope = read("cc.search_set", 200,
    '{"result":false,"code":9900403,"message":"no","permission":{"system_id":"bk_cmdb"}}')
  lu.assertEquals(envelope.permission, { system_id = "bk_cmdb" })
end

function tests.test_results_of_agents_are_decoded()
  local inner = '{\\"process\\":[{\\"pid\\":9007199254740993}]}'
  local entry = '"k":{"error_code":0,"error_msg":"","content":"' .. inner .. '"}'
  local odd = '"odd":{"error_code":0,"content":"{cut"},"none":{"error_code":0,"content":""}'
  local envelope = read("gse.get_proc_operate_result_v2", 200,
    ('{"result":true,"code":0,"data":{%s,%s}}'):format(entry, odd))
  lu.assertEquals(envelope.data.k.content.process[1].pid, 9007199254740993)
  lu.assertEquals(envelope.data.odd.content, "{cut")
  lu.assertEquals(envelope.data.none.content, "")
  envelope = read("job.get_proc_result", 200,
    ('{"result":true,"code":0,"data":{"status":0,"result":{%s}}}'):format(entry))
  lu.assertEquals(envelope.data.result.k.content.process[1].pid, 9007199254740993)
end

function tests.test_what_is_no_answer_of_the_platform()
  local fine = '{"result":true,"code":0,"data":null}'
  for _, row in ipairs {
    -- status, body, code, what the message has to say, and what the answer says that it is
    { 401, fine, "http.unauthorized", "credentials" },
    { 401, '{"result":false,"code":1306401,"message":"who?"}', "http.unauthorized", "who?" },
    { 403, "<html>no</html>", "http.forbidden", "refuses access" },
    { 404, "not here", "http.not_found", "path" },
    { 404, '{"result":false,"code":404}', "http.not_found", "path" },
    { 302, "", "http.redirect", "https://login.example.com/x" },
    { 429, "", "http.too_many", "rate" },
    { 502, "<html><title>502 Bad Gateway</title>", "http.server_error", "answered with an error" },
    { 500, '{"error":"x"}', "http.server_error", "answered with an error" },
    { 400, "", "http.refused", "refuses" },
    { 200, "<html><head><TITLE>\n Sign in </TITLE>", "http.not_json", "'Sign in'" },
    { 200, " <p>", "http.not_json", "a web page" },
    { 200, "", "http.not_json", "nothing" },
    { 200, "hello", "http.not_json", "text/odd" },
    { 200, "\xEF\xBB\xBF{}", "http.not_json", "something unknown", "application/json" },
    { 200, "null", "http.not_platform", "neither" },
    { 200, "[{}]", "http.not_platform", "neither" },
    { 200, '{"result":true,"code":0,"data":[1,', "http.bad_json", "of 34" },
    { 200, '{"result":true}}', "http.bad_json", "byte 16" },
    { 200, '{"ok":true}', "http.not_platform", "neither" },
  } do
    local envelope, f = read("cc.search_set", row[1], row[2],
      { location = "https://login.example.com/x?token=1", ["content-type"] = row[5] or "text/odd" })
    lu.assertNil(envelope, row[2])
    lu.assertEquals(f.code, row[3], row[2])
    lu.assertStrContains(f.message, row[4])
    lu.assertStrContains(f.message, PLACE)
    lu.assertNotStrContains(f.message, "token")
    lu.assertEquals(f.call, "cc.search_set")
    lu.assertEquals(f.status, row[1])
    lu.assertTrue(#f.hint > 0)
  end
end

-- Who turns a call away before it is handed on has kept it from doing anything; all others may
-- have done it before they answered like this.
function tests.test_which_answers_prove_that_nothing_was_done()
  for status, certain in pairs {
    [401] = true, [403] = true, [404] = true, [407] = true, [413] = true, [429] = true,
    [200] = false, [302] = false, [400] = false, [408] = false, [500] = false, [502] = false,
    [504] = false,
  } do
    local _, f = read("cc.create_set", status, "<html>", { location = "/" })
    lu.assertEquals(fault.is_certain(f), certain, status)
  end
  for _, body in ipairs { "", '{"result":tr', "{}", '{"result":true,"code":0,"data":[[]]}x' } do
    local _, f = read("cc.create_set", 200, body)
    lu.assertFalse(fault.is_certain(f), body)
  end
end

return tests
