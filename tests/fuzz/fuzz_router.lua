-- Whatever requests arrive, and in whatever order, the platform's router answers each of them in
-- the envelope and logs no bug. The bytes choose the requests; what one input wrote is undone.

local json = require "json"
local platform = require "tests.support.platform"
local requests = require "tests.support.requests"

local MOST_REQUESTS = 16
local RAW = 255 -- a first byte that makes the rest one request as it is

local server = platform.new()
local data = server.store

-- Inside the transaction of an input, that of a request is a savepoint.
local function within(fn, ...)
  assert(data.db:exec("SAVEPOINT request"))
  local results = table.pack(fn(...))
  if results[1] == nil and results[2] ~= nil then assert(data.db:exec("ROLLBACK TO request")) end
  assert(data.db:exec("RELEASE request"))
  return table.unpack(results, 1, results.n)
end

local function check(request)
  local status, _, body = server.router:handle(request)
  local answer = json.decode(body)
  local enveloped = type(answer) == "table" and type(answer.result) == "boolean"
  if enveloped and #server.logged == 0 then return end -- bugs are logged; cc_v3 refuses with 500
  error(("%s %s\n%s\n→ %d %s\n%s"):format(request.method, request.path, request.body, status, body,
    server.logged[1] or ""))
end

local function raw_request(text)
  local method, path, query, body = text:match("^(%u+) ([^%s?]*)%??(%S*)\n?(.*)$")
  if not method then return nil end
  return { method = method, path = path, query = query, headers = {}, body = body }
end

local function run(text)
  if text:byte() == RAW then
    local request = raw_request(text:sub(2))
    if request then check(request) end
    return
  end
  local choose, are_left = requests.chosen_by(text)
  for _ = 1, MOST_REQUESTS do
    check((requests.make(choose)))
    if not are_left() then break end
  end
end

return function(text)
  data:transaction(function()
    data.transaction = function(_, fn, ...) return within(fn, ...) end
    run(text)
    return nil, "undo"
  end)
  data.transaction = nil
end
