-- bench-pages as who measures sees it: a platform in memory with a fleet, its drift and its
-- latency. Owns its start and its end.

local listening = require "tests.bench.listening"
local loop = require "remora.net.loop"

---@class tests.bench.Pages
---@field url string
---@field net remora.Loop one for all
---@field rows integer processes of the fleet
local Pages = {}
Pages.__index = Pages

local pages = {}

---Starts one.
---@param bin string directory of the built programs
---@param rows integer
---@return tests.bench.Pages to-be-closed
function pages.start(bin, rows)
  local program = listening { argv = { bin .. "/bench-pages", tostring(rows) } }
  return setmetatable({ url = program.url, rows = rows, program = program, net = loop.new() },
    Pages)
end

-- The body of the answer to a request.
local function ask(self, method, path)
  return self.net:run(function()
    local answer = assert(self.net:fetch { method = method, url = self.url .. path, proxy = "" })
    assert(answer.status == 200, path)
    return answer.body
  end)
end

---The playbook that wants the fleet as it is made.
---@return string
function Pages:playbook() return ask(self, "GET", "/playbook") end

---Makes every so-manieth process drift.
---@param every integer 0: none
function Pages:drift(every) ask(self, "POST", "/drift/" .. every) end

---Holds answers back from now on.
---@param milliseconds integer
function Pages:latency(milliseconds) ask(self, "POST", "/latency/" .. milliseconds) end

---How many calls it answered since it was asked this.
---@return integer
function Pages:calls() return math.tointeger(tonumber(ask(self, "POST", "/calls"))) end

Pages.__close = function(self) self.program:close() end

return pages
