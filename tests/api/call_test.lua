-- remora call and remora calls as their users run them, against the embedded platform.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local json = require "json"
local workplace = require "tests.support.workplace"

local tests = {}

-- The working directory of a test, and so its own embedded platform.
local place

function tests.setUp() place = workplace.new() end

function tests.tearDown() local _ <close> = place end

local function remora(...) return place:run(...) end

-- The answer of a call, and the exit code.
local function call(...)
  local ran = remora("call", ...)
  local answer, refused = json.decode(ran.stdout)
  lu.assertNotNil(answer, ran.stdout .. ran.stderr .. tostring(refused and refused.message))
  return answer, ran
end

function tests.test_the_whole_answer_is_printed()
  local answer, ran = call("search_business", '{"page": {"start": 0, "limit": 10}}')
  lu.assertEquals(ran.code, 0)
  lu.assertTrue(answer.result)
  lu.assertEquals(answer.code, 0)
  lu.assertStrMatches(answer.request_id, "%x+")
  lu.assertTrue(answer.data.count >= 2)
  lu.assertStrContains(ran.stderr, "no platform is configured")
end

function tests.test_a_refusal_is_an_answer_too()
  local answer, ran = call("get_proc_template", "bk_biz_id=2", "process_template_id=987654")
  lu.assertEquals(ran.code, 1)
  lu.assertFalse(answer.result)
  lu.assertEquals(answer.code, 1199019)
  lu.assertEquals(answer.data, json.null)
  lu.assertStrContains(ran.stderr, "error: cc.get_proc_template: ")
  lu.assertStrContains(ran.stderr, "1199019")
end

function tests.test_ways_to_give_arguments()
  place:write("body.json", '{"page": {"start": 0,  \n "limit": 1}}')
  for _, arguments in ipairs {
    { '{"page": {"start": 0, "limit": 1}}' },
    { "@body.json" },
    { 'page={"start": 0, "limit": 1}' },
    { "-", stdin = '{"page": {"start": 0, "limit": 1}}' },
  } do
    local ran = cli.run { cwd = place.path, stdin = arguments.stdin, "call", "search_business",
      table.unpack(arguments) }
    lu.assertEquals(ran.code, 0, ran.stderr)
    lu.assertEquals(#json.decode(ran.stdout).data.info, 1)
  end
end

function tests.test_the_direct_route_answers_in_the_backends_words()
  local answer = call("search_business", "--route", "backend")
  lu.assertEquals(answer.bk_error_code, 0)
  lu.assertTrue(answer.result)
end

function tests.test_mistakes_stay_here()
  for _, row in ipairs {
    { "serch_business", "{}", 'did you mean "search_business"?' },
    { "search_business", "{'a': 1}", "not JSON" },
    { "search_business", "page={start: 0}", "JSON, with names and texts in double quotes" },
    { "search_business", "[]", "JSON object" },
    { "search_business", "@missing.json", "missing.json" },
    { "search_business", '{"feilds": []}', 'did you mean "fields"?' },
    { "find_set_batch", "{}", "bk_ids is missing" },
  } do
    local ran = remora("call", row[1], row[2])
    lu.assertEquals(ran.code, 1, row[2])
    lu.assertEquals(ran.stdout, "")
    lu.assertStrContains(ran.stderr, row[3])
  end
end

function tests.test_unchecked_arguments_are_the_platforms_to_judge()
  local answer = call("search_business", '{"feilds": []}', "--unchecked")
  lu.assertTrue(answer.result)
end

function tests.test_secrets_never_appear()
  local ran = remora("call", "search_business",
    '{"bk_app_code": "app", "bk_app_secret": "s3cr3t-of-mine", "bk_token": "t0ken-of-mine"}',
    "--trace")
  lu.assertEquals(ran.code, 0, ran.stderr)
  lu.assertNotStrContains(ran.stdout .. ran.stderr, "s3cr3t-of-mine")
  lu.assertNotStrContains(ran.stdout .. ran.stderr, "t0ken-of-mine")
end

function tests.test_calls()
  local ran = remora("calls")
  lu.assertEquals(ran.code, 0)
  lu.assertStrContains(ran.stdout, "cc.update_process_instance")
  lu.assertEquals(ran.stderr, "")
  ran = remora("calls", "manage_proc")
  lu.assertStrContains(ran.stdout, "process_infos[].ip_list[].bk_cloud_id*")
  local row = json.decode(remora("calls", "cc.search_set", "--json").stdout)
  lu.assertEquals(row.name, "cc.search_set")
  lu.assertEquals(row.version, 1)
  local all = json.decode(remora("--json", "calls").stdout)
  lu.assertEquals({ #all.calls, all.version }, { 97, 1 })
  ran = remora("calls", "cc.search_set", "--markdown")
  lu.assertStrContains(ran.stdout, "| `bk_biz_id` | integer | yes |")
  lu.assertEquals(remora("calls", "nothing_like_it").code, 1)
end

function tests.test_usage()
  for _, row in ipairs {
    { {}, 64, "which command?" },
    { { "cals" }, 64, "did you mean" },
    { { "calls", "--jsn" }, 64, "--json" },
  } do
    local ran = remora(table.unpack(row[1]))
    lu.assertEquals(ran.code, row[2])
    lu.assertStrContains(ran.stderr, row[3])
    lu.assertEquals(ran.stdout, "")
  end
  local ran = remora("--version")
  lu.assertEquals(ran.code, 0)
  lu.assertStrMatches(ran.stdout, "remora %d+%.%d+%.%d+\n")
  lu.assertStrContains(remora("--help").stdout, "Commands:")
end

return tests
