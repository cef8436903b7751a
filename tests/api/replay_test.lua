-- Replays the exchanges recorded from a real platform (tests/data/golden.jsonl, in their order, on
-- an empty one) against the embedded platform, as a client of each route sends them.

local json = require "json"
local lu = require "luaunit"
local system = require "system"
local exchange = require "tests.support.exchange"
local fs = require "tests.support.fs"
local platform = require "tests.support.platform"
local source = require "tests.support.source"

local RECORDING = source.directory() .. "/tests/data/golden.jsonl"

local PATIENCE = 20 -- seconds for background work

-- An empty fleet: the recording makes everything it needs.
local EMPTY = "businesses: {}\n"

local function records()
  local list = {}
  for line in fs.read(RECORDING):gmatch("[^\n]+") do
    list[#list + 1] = assert(json.decode(line))
  end
  return list
end

-- Method, path and body of a record as the backend gets it; nil when an id is unknown.
local function on_backend(record, ids)
  local body = record.request
  if not record.raw then body = ids:translate(body) end
  local path = ids:translate(record.path)
  if body == json.null then body = "" end
  return record.method, path, body
end

-- The same as an ESB client sends it: what the backend has in the path travels in the body.
local function on_esb(record, ids)
  local body = record.esb_request
  if body == nil then
    body = {}
    for key, value in pairs(record.request ~= json.null and record.request or {}) do
      body[key] = value
    end
    for key, value in pairs(record.params or {}) do body[key] = value end
  end
  return "POST", "/api/c/compapi/v2/cc/" .. record.call .. "/", ids:translate(body)
end

local function replay(route)
  local server <close> = platform.new { topology = EMPTY }
  local ids, failures = exchange.new(), {}
  for _, record in ipairs(records()) do
    if not (route == on_esb and record.raw) then
      local method, path, body = route(record, ids)
      local headers = { bk_user = "admin", http_blueking_supplier_id = "0" }
      for name, value in pairs(record.headers or {}) do headers[name:lower()] = value end
      local deadline = system.monotonic() + (record.poll and PATIENCE or 0)
      local differences
      repeat
        local answer, status = server:request(method, path, body, headers)
        differences = ids:compare(record.response, answer, record.unordered)
        if status ~= record.status then table.insert(differences, 1, "status " .. status) end
        local again = #differences > 0 and system.monotonic() < deadline
        if again then system.sleep(0.05) end
      until not again
      if #differences > 0 then
        failures[#failures + 1] = record.name .. ": " .. table.concat(differences, "; ")
      end
    end
  end
  lu.assertEquals(failures, {})
  lu.assertEquals(server.logged, {})
end

return {
  test_backend_route = function() replay(on_backend) end,
  test_esb_route = function() replay(on_esb) end,
}
