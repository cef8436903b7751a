-- Rows that are members of an object: read the same whether they are picked or decoded.

local columns = require "remora.net.columns"
local draws = require "tests.support.draws"
local json = require "json"
local lu = require "luaunit"

local null = json.null

local tests = {}

local NAMED = { ["job.get_proc_result"] = '{"data":{"status":0,"result":%s},"code":0}',
  ["gse.get_proc_operate_result_v2"] = '{"code":0,"data":%s,"result":true}' }

-- rows by name, what is read of them, picked
local BY_NAME = {
  { "{}", {} },
  { '{"a:1":{"error_code":0,"content":{"x":[1]}} , "b\\n" : {"content":"\\"","error_code":115}}',
    { ["a:1"] = { code = 0, content = '[{"x":[1]}]' },
      ["b\n"] = { code = 115, content = '["\\""]' } } },
  { '{"a":{"key":"b","error_code":null}}', { a = { code = null, content = "[null]" } } },
  { '{"a":{"error_code":0.5},"b":{"error_code":1}}', { a = { code = 0.5, content = "[null]" },
    b = { code = 1, content = "[null]" } }, false },
  { '{"a":{"error_code":0},"b":7}', { a = { code = 0, content = "[null]" } }, false },
}

-- What is read of the rows of an answer, each once, and the text without them if they were picked.
local function named_rows(call, text)
  local rest, picked, found = nil, nil, {}
  local caller = { call = function(_, _, _, account)
    rest, picked = account.columns:page(text)
    account.picked = picked
    return json.decode(rest).data
  end }
  assert(columns.read(caller, call, {}, { code = "error_code", content = { "content" } },
    function(row)
      lu.assertNil(found[row.key], text)
      found[row.key] = { code = row.code, content = row.content }
    end))
  return found, picked and rest
end

-- Some calls give their rows as members of an object.
function tests.test_rows_that_have_names()
  for call, form in pairs(NAMED) do
    for _, each in ipairs(BY_NAME) do
      local text = form:format(each[1])
      local found, rest = named_rows(call, text)
      lu.assertEquals(found, each[2], text)
      lu.assertEquals(rest, each[3] ~= false and form:format "{}" or nil, text)
    end
  end
end

function tests.test_of_rows_with_one_name_the_last_counts_as_when_they_are_decoded()
  local r, repeated = draws.new(3), 0
  for _ = 1, 300 do
    local members, names = {}, {}
    for i = 1, 4 do
      local name = r:pick { "a", "b", "c", "d", "\\u0061" }
      members[i] = ('"%s":{"error_code":%d,"content":"%d"}'):format(name, r:next(3), i)
      names[json.decode('"' .. name .. '"')] = true
    end
    for call, form in pairs(NAMED) do
      local text = form:format("{" .. table.concat(members, ",") .. "}")
      local data, expected = json.decode(text).data, {}
      for name in pairs(names) do
        local row = (data.result or data)[name]
        expected[name] = { code = row.error_code, content = json.encode { row.content } }
      end
      local found, rest = named_rows(call, text)
      lu.assertEquals(found, expected, text)
      lu.assertNotNil(rest, text)
    end
    local count = 0
    for _ in pairs(names) do count = count + 1 end
    if count < #members then repeated = repeated + 1 end
  end
  lu.assertTrue(repeated > 100, repeated)
end

function tests.test_rows_that_have_names_and_are_not_there()
  for _, data in ipairs { null, { status = 0 }, { status = 0, result = null },
    { result = json.array {} } } do
    local done = columns.read({ call = function() return data end }, "job.get_proc_result", {},
      { code = "error_code" }, function() error "there is none" end)
    lu.assertTrue(done, json.encode(data))
  end
end

function tests.test_a_refused_call_has_no_rows()
  local done, failure = columns.read({ call = function() return nil, "no" end },
    "job.get_proc_result", {}, { code = "error_code" }, error)
  lu.assertEquals({ done, failure }, { nil, "no" })
end

return tests
