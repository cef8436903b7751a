-- Every row of the catalogue is served: called with the least it takes, over the bus, the backend
-- and the gateway, it is answered by a handler. What the handlers do is tested elsewhere.

local lu = require "luaunit"
local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local client = require "remora.net.client"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local server = require "remora.platform.server"

local tests = {}

local BROKEN = 1199998 -- what a bug in a handler is answered with

local value_of

local function object_of(fields)
  local object = {}
  for _, field in ipairs(fields) do
    if field.required then object[field[1]] = value_of(field) end
  end
  return object
end

function value_of(field)
  local kind = field[2]:match("^%a+")
  if field.enum then return field.enum[1] end
  if kind == "integer" or kind == "number" then return field.min or 1 end
  if kind == "string" then return "x" end
  if kind == "boolean" then return false end
  if kind == "any" then return json.null end
  if kind == "object" then return object_of(field.fields or {}) end
  if field.min_items == nil then return json.array {} end
  local items = field.items
  local item = type(items) == "string" and value_of { "item", items } or object_of(items)
  return json.array { item }
end

-- Where nothing happens with any text, a text that something happens with.
local KNOWN = { ["cc.resource_watch"] = { bk_resource = "process" } }

local function arguments_for(row)
  local args = object_of(row.takes)
  for name, value in pairs(KNOWN[row.key] or {}) do args[name] = value end
  return assert(check.arguments(row, args))
end

-- Calls every row the route has; the texts of what was not answered as a platform answers.
local function call_all(route, offers)
  local directory <close> = fs.temporary()
  local wrong, logged = {}, {}
  local its_loop = loop.new()
  its_loop:run(function()
    local running = assert(server.start(its_loop, { listen = "127.0.0.1:0",
      data = directory.path .. "/platform.db",
      log = function(text) logged[#logged + 1] = text end }))
    local url = running.url
    if route == "gateway" then url = url .. "/api/{api_name}/prod" end
    local caller = client.new { loop = its_loop, target = { url = url, route = route } }
    for _, row in ipairs(catalogue.rows()) do
      if offers(row) then
        local answer, failure = caller:exchange(row, arguments_for(row))
        if not answer then
          wrong[#wrong + 1] = row.key .. ": " .. failure.message
        elseif math.type(answer.code) ~= "integer" or answer.code == BROKEN then
          wrong[#wrong + 1] = row.key .. ": " .. tostring(answer.code) .. " " .. answer.message
        end
      end
    end
    running:close()
  end)
  table.move(logged, 1, #logged, #wrong + 1, wrong)
  return table.concat(wrong, "\n")
end

function tests.test_over_the_bus()
  lu.assertEquals(call_all("esb", function(row) return row.esb ~= nil end), "")
end

function tests.test_over_the_backend()
  lu.assertEquals(call_all("backend", function() return true end), "")
end

function tests.test_over_the_gateway()
  lu.assertEquals(call_all("gateway", function(row) return row.gateway end), "")
end

return tests
