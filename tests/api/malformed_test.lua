-- Whatever a request holds, the platform answers in its envelope: every member of every recorded
-- request is replaced by values of all kinds, at the point of the recording where it is valid.

local json = require "json"
local lu = require "luaunit"
local system = require "system"
local exchange = require "tests.support.exchange"
local fs = require "tests.support.fs"
local platform = require "tests.support.platform"
local source = require "tests.support.source"

local RECORDING = source.directory() .. "/tests/data/golden.jsonl"

local SAMPLES = 2 -- of each call
-- With the collector running all the time a request takes a hundred times as long.
local STRIDE = system.getenv("REMORA_GC_STRESS") and 7 or 1

local JUNK = {
  json.null, true, -1, 0, 1.5, 9223372036854775807, 1e300, "", "x", ("x"):rep(3000), "\0\u{7f}é",
  {}, json.array {}, json.array { json.null }, json.array { json.array {} }, json.array { 1, "x" },
  json.array { {} }, { a = 1 }, { value = {}, as_default_value = 3 },
}

local function deep(levels)
  return ("["):rep(levels) .. ("]"):rep(levels)
end

-- Every place in a value, as a list of keys.
local function places(value, prefix, found)
  found[#found + 1] = prefix
  if type(value) == "table" then
    for key, item in pairs(value) do
      local below = table.move(prefix, 1, #prefix, 1, {})
      below[#below + 1] = key
      places(item, below, found)
    end
  end
  return found
end

local function replaced(value, place, junk, depth)
  if depth > #place then return junk end
  local copy = json.is_array(value) and json.array {} or {}
  for key, item in pairs(value) do copy[key] = item end
  copy[place[depth]] = replaced(value[place[depth]], place, junk, depth + 1)
  return copy
end

local function is_answered(answer, status)
  return type(answer) == "table" and type(answer.result) == "boolean" and status < 500
end

-- Replays the recording; ahead of the first requests of each call that succeed, gives `check` a
-- platform in the state they need. What it does there is undone.
local function each_sample(check)
  local server <close> = platform.new { topology = "businesses: {}\n" }
  local ids, seen = exchange.new(), {}
  for line in fs.read(RECORDING):gmatch("[^\n]+") do
    local record = assert(json.decode(line))
    local body = record.raw and record.request or ids:translate(record.request)
    local sample = { method = record.method, path = ids:translate(record.path), body = body }
    local count = seen[record.call] or 0
    if count < SAMPLES and type(body) == "table" and record.response.result then
      seen[record.call] = count + 1
      server.store:transaction(function()
        check(server, record.call, sample)
        return nil, "undo"
      end)
    end
    local answer = server:request(sample.method, sample.path, body ~= json.null and body or "")
    ids:compare(record.response, answer, record.unordered)
  end
  lu.assertEquals(server.logged, {})
end

return {
  test_every_member_replaced = function()
    each_sample(function(server, call, sample)
      for at, place in ipairs(places(sample.body, {}, {})) do
        for i = 1 + at % STRIDE, #JUNK, STRIDE do
          local body = json.encode(replaced(sample.body, place, JUNK[i], 1))
          local answer, status = server:request(sample.method, sample.path, body)
          lu.assertTrue(is_answered(answer, status),
            ("%s %s, junk %d: %s"):format(call, table.concat(place, "."), i, server.logged[1]))
        end
      end
    end)
  end,

  test_bodies_that_are_no_objects = function()
    each_sample(function(server, call, sample)
      for _, body in ipairs { "{", "[]", "1", '"x"', "nul", "\xff\xfe", deep(100), deep(100000),
        '{"bk_biz_id":' .. deep(100) .. "}", '{"a":1}{', '{"bk_biz_id":1e999}' } do
        local answer, status = server:request(sample.method, sample.path, body)
        lu.assertTrue(is_answered(answer, status), call .. ": " .. body:sub(1, 40))
      end
    end)
  end,

  test_paths_that_are_none = function()
    local server <close> = platform.new { topology = "businesses: {}\n" }
    for _, path in ipairs { "/", "", "/api/v3", "/api/c/compapi/v2/cc/nothing/", "//",
      "/api/v3/x/%00",
      "/api/v3/find/proc/service_template/" .. ("9"):rep(400) } do
      for _, method in ipairs { "GET", "POST", "PUT", "DELETE", "PATCH" } do
        local answer, status = server:request(method, path, "{}")
        lu.assertTrue(is_answered(answer, status), method .. " " .. path)
      end
    end
  end,
}
