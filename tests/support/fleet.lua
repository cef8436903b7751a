-- The embedded platform without a network: calls go straight to its router, in one thread and in
-- order. For tests of planning and applying that make thousands of calls; owns no expectation.

local answer = require "remora.net.answer"
local catalogue = require "remora.catalogue"
local clock = require "remora.platform.clock"
local disorder = require "tests.support.disorder"
local fault = require "remora.core.fault"
local handlers = require "remora.platform.handlers"
local json = require "json"
local reader = require "remora.reconcile.reader"
local registry = require "remora.hosting.registry"
local route = require "remora.net.route"
local router = require "remora.platform.router"
local seed = require "remora.platform.seed"
local store = require "remora.platform.store"
local system = require "system"
local tasks = require "remora.platform.tasks"
local topology = require "remora.platform.topology"

local TARGET = { url = "http://fleet", route = "auto", language = "en" }

local fleet = {}
fleet.__index = fleet

---Starts a platform with the fleet of a topology file.
---@param text string YAML
---@return table fleet to be declared `<close>`; `registry`: what is registered with its agents
function fleet.new(text)
  local data = assert(store.open(":memory:"))
  local ctx = { store = data, user = "admin", account = "0", now = clock.stamp(system.time()) }
  assert(seed(ctx, function() return topology.read(text, "test") end))
  local self = setmetatable({ store = data, sent = {}, total = 0,
    registry = registry.new(":memory:", "test") }, fleet)
  self.router = router.new { rows = catalogue.rows(), handlers = handlers, store = data,
    before = tasks.before(0) }
  return self
end

function fleet:close()
  self.registry:close()
  self.store:close()
end

fleet.__close = fleet.close

---Makes a call as remora.net.client does, counting it by name.
---@param name string
---@param args table
---@param account remora.Account|nil
---@return any data
---@return table? fault
function fleet:call(name, args, account)
  local row = assert(catalogue.get(name))
  self.sent[row.key] = (self.sent[row.key] or 0) + 1
  self.total = self.total + 1
  if self.before_call then
    local refused = self.before_call(row.key, assert(json.decode(json.encode(args)))) -- as sent
    if refused then return nil, refused end
  end
  local request = assert(route.request(row, args, TARGET))
  local path, query = request.url:sub(#TARGET.url + 1):match("^([^?]*)%??(.*)$")
  local headers = {}
  for header, value in pairs(request.headers) do headers[header:lower()] = value end
  local status, _, body = self.router:handle { method = request.method, path = path,
    query = query, headers = headers, body = request.body or "" }
  if account and account.columns then body, account.picked = account.columns:page(body) end
  local envelope = assert(answer.read(row, TARGET.url,
    { status = status, headers = {}, body = body }))
  if envelope.result then return envelope.data end
  return nil, fault.new { code = envelope.code, call = row.key, message = envelope.message }
end

---Reads the rows of a list call as remora.net.client does, page by page.
---@param name string
---@param args table
---@param options {columns: remora.Columns?}|nil
---@return table pages with `each` and `fault`
function fleet:pages(name, args, options)
  local page = assert(catalogue.get(name)).page
  local pages, start = { asked = 0, done = 0, limit = page.limit }, 0
  local columns = options and options.columns
  local account = { columns = columns }
  function pages.each(_, take)
    repeat
      local asked = {}
      for key, value in pairs(args) do asked[key] = value end
      asked.page = { start = start, limit = page.limit, sort = args.page and args.page.sort }
      pages.asked = pages.asked + 1
      local data, refused = self:call(name, asked, account)
      if not data then
        pages.fault = refused
        return
      end
      local rows = data[page.rows or "info"]
      start = start + page.limit
      pages.count, pages.done = data.count, start
      if columns then rows = columns:turn(account.picked or rows) end
      for i = 1, #rows do take(columns and columns:row(i) or rows[i]) end
    until start >= pages.count
  end
  return setmetatable(pages, { __close = function() end })
end

---Makes a call that must succeed.
---@param name string
---@param args table
---@return any data
function fleet:must(name, args)
  local data, refused = self:call(name, args)
  assert(not refused, refused and fault.render(refused))
  return data
end

---Forgets what was counted so far.
function fleet:count_anew()
  self.sent, self.total = {}, 0
end

---The writing calls since count_anew, by name.
---@return table<string, integer>
function fleet:writes()
  local writes = {}
  for name, count in pairs(self.sent) do
    if assert(catalogue.get(name)).writes then writes[name] = count end
  end
  return writes
end

-- The loop's face, with one task.
local loop = {}

loop.gather = disorder.gather

-- A task runs when somebody waits for it.
function loop.spawn(_, fn, ...)
  local given, results = table.pack(...), nil
  return {
    wait = function()
      results = results or table.pack(fn(table.unpack(given, 1, given.n)))
      return table.unpack(results, 1, results.n)
    end,
    cancel = function() end,
  }
end

function loop.run(_, fn, ...) return fn(...) end

function loop.sleep() return true end

function loop.interrupted() return 0 end

fleet.loop = loop

---The same platform in a loop in which answers come in an order that is drawn.
---@param r table tests.support.draws
---@return table fleet with `loop`, in a task of which it is called (tests.support.disorder)
function fleet:disordered(r)
  local function call(its, ...)
    its.loop.turn()
    return fleet.call(its, ...)
  end
  return setmetatable({ loop = disorder.new(r), call = call },
    { __index = self, __newindex = self })
end

---A reader on this platform.
---@param options {sifts: boolean?, loop: table?, looks_back: boolean?}|nil as of reader.new
---@return table
function fleet:reader(options)
  return reader.new { client = self, sifts = options and options.sifts,
    loop = options and options.loop or self.loop, registry = self.registry,
    looks_back = options and options.looks_back }
end

return fleet
