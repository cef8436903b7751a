-- The embedded platform on a port of its own, in the loop of the test, under fault rules; and
-- remora's commands against it, in the same loop and with waits that take no time. Owns what was
-- carried out, and a journal of its own; never which faults there are or what should come of them.

local client = require "remora.net.client"
local commands_context = require "remora.cli.context"
local faults = require "remora.platform.faults"
local form = require "remora.platform.faults_form"
local fs = require "tests.support.fs"
local http_server = require "http_server"
local journal = require "remora.journal"
local json = require "json"
local lock = require "remora.journal.lock"
local out = require "remora.core.out"
local platform = require "tests.support.platform"
local service = require "remora.net.service"
local trouble = require "remora.platform.trouble"

local HASTE = 1000 -- so much shorter are all waits

local Faulty = {}
Faulty.__index = Faulty

local faulty = {}

-- A loop whose sleepers hardly sleep. What it does else is the loop's.
local function hasty(loop)
  return setmetatable({
    sleep = function(_, seconds) return loop:sleep(seconds / HASTE) end,
  }, { __index = loop })
end

-- Handlers that write down what they did to the platform, and what they were asked to do anew.
local function recording(handlers, self)
  return setmetatable({}, { __index = function(_, key)
    local handler = handlers[key]
    return handler and function(ctx, args)
      if not ctx.row.writes then return handler(ctx, args) end
      local work = key .. " " .. json.encode(args)
      if self.done[work] and not ctx.row.repeatable then table.insert(self.anew, work) end
      local data, refusal = handler(ctx, args)
      if refusal == nil then self.done[work] = true end
      return data, refusal
    end
  end })
end

---Starts one, without any fault.
---@param loop remora.Loop
---@param topology string YAML
---@return table faulty to-be-closed; `done`: set of the writes that were carried out, each as
---  "call arguments"; `anew`: those that arrived once more although they must not be repeated
function faulty.start(loop, topology)
  local self = setmetatable({ done = {}, anew = {}, rules = faults.new(0),
    directory = fs.temporary(fs.quick()) }, Faulty)
  self.platform = platform.new { topology = topology }
  self.loop = hasty(loop)
  local router = self.platform.router
  router.handlers = recording(router.handlers, self)
  router.sleep = function(seconds) self.loop:sleep(seconds) end
  self.listening = assert(http_server.listen {})
  self.url = "http://127.0.0.1:" .. self.listening:port()
  self.service = service.new(loop, self.listening,
    function(request) return self:answer(request) end)
  return self
end

function Faulty:answer(request)
  local router = self.platform.router
  local function handle(asked) return router:handle(asked) end
  local struck = self.rules:strike(assert((router:match(request.method, request.path))), request)
  if #struck == 0 then return handle(request) end
  return trouble.answer(struck, request, handle, router.sleep)
end

---Sets the faults from now on.
---@param seed integer
---@param rules table[] as in a faults file; empty: none
function Faulty:suffer(seed, rules)
  self.rules = faults.new(seed)
  if #rules > 0 then self.rules:add(assert(form.rules(json.array(rules)))) end
end

-- What remora.cli.context is to a command.
local function context_of(self, route, printed, parallelism)
  local stream = { write = function(stream, ...)
    table.insert(printed, table.concat { ... })
    return stream
  end, flush = function(stream) return stream end }
  local context = setmetatable({ args = {}, parallelism = parallelism or 8,
    out = out.new { json = true, stdout = stream, stderr = stream, terminal = false },
  }, { __index = commands_context })
  local target = { url = self.url, route = route, credentials = {}, language = "en" }
  local its_client = client.new { loop = self.loop, target = target }
  function context.env() return nil end
  function context.loop() return self.loop end
  function context.target() return target end
  function context.client() return its_client end
  function context.run(_, body, ...) return body(...) end
  return context
end

-- Commands write below their working directory; here below ours, until the end of the scope.
local function own_files(self)
  local restored = { journal.PATH, lock.PATH }
  journal.PATH, lock.PATH = self:journal(), self.directory.path .. "/locks.db"
  return setmetatable(restored, { __close = function()
    journal.PATH, lock.PATH = table.unpack(restored)
  end })
end

---Runs a command, in a task of the loop.
---@param name "apply"|"plan"
---@param route "esb"|"backend"
---@param playbook string text
---@param parallelism integer? 1: the platform draws the same ids in every run; nil: several
---@return {code: integer, printed: string, applied: table?} ended applied: the event that tells how
---  an apply ended
function Faulty:remora(name, route, playbook, parallelism)
  local path, printed = self.directory.path .. "/p.yml", {}
  fs.write(path, playbook)
  local _ <close> = own_files(self)
  local context = context_of(self, route, printed, parallelism)
  local code, refused = require("remora.cli." .. name).run(context, {
    playbooks = { path }, yes = true, force = true, detailed_exitcode = true, settle = "0",
    sync_timeout = "300" })
  local ended = { code = code or 1, printed = table.concat(printed) }
  if refused then ended.printed = ended.printed .. tostring(refused.message) end
  for line in ended.printed:gmatch("[^\n]+") do
    local event = json.decode(line)
    if type(event) == "table" and event.event == "applied" then ended.applied = event end
  end
  return ended
end

---Where its runs are written down.
---@return string path
function Faulty:journal() return self.directory.path .. "/journal.db" end

---Forgets what was done so far, here and in the journal.
function Faulty:forget()
  self.done, self.anew = {}, {}
  fs.remove_tree(self:journal())
end

function Faulty:close()
  self.service:close()
  self.listening:close()
  self.platform:close()
  fs.remove_tree(self.directory.path)
end
Faulty.__close = Faulty.close

return faulty
