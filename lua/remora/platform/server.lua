-- The embedded platform as a running server: opens the data, fills an empty one, listens, routes.
-- Keeps nothing in memory that another process with the same data file could change.

local http_server = require "http_server"
local json = require "json"
local system = require "system"
local fault = require "remora.core.fault"
local catalogue = require "remora.catalogue"
local access = require "remora.platform.access"
local agents = require "remora.platform.agents"
local clock = require "remora.platform.clock"
local control = require "remora.platform.control"
local data_file = require "remora.platform.data_file"
local demo = require "remora.platform.demo"
local envelope = require "remora.platform.envelope"
local events = require "remora.platform.events"
local faults = require "remora.platform.faults"
local handlers = require "remora.platform.handlers"
local router = require "remora.platform.router"
local seed = require "remora.platform.seed"
local service = require "remora.net.service"
local store = require "remora.platform.store"
local tasks = require "remora.platform.tasks"
local topology = require "remora.platform.topology"
local trouble = require "remora.platform.trouble"

local server = {}

local MAX_BODY = 64 * 1024 * 1024 -- bytes
local MAX_CONNECTIONS = 4096      -- open at once; more of them wait
local SYNC_DELAY = 0.2            -- seconds before a sync runs

local HEADERS = envelope.HEADERS
local UNAUTHORIZED = json.encode {
  result = false, code = 1306401, message = "bk_app_code and bk_app_secret are needed",
  data = json.null, permission = json.null,
}

-- The fleet to begin with: the file given, or the built-in one.
local function fleet_of(path)
  if path then return topology.open(path) end
  return topology.read(demo, "demo")
end

local function checked_address(options)
  local address, port = access.parse(options.listen)
  if not address then
    return nil, fault.new { code = "platform.listen",
      message = ("'%s' is not an address and port"):format(options.listen),
      hint = "such as 127.0.0.1:0; port 0 takes a free one" }
  end
  local local_only = access.is_loopback(address)
  if local_only and options.agent ~= "exec" then return address, port end
  if not local_only and not options.remote then
    return nil, fault.new { code = "platform.listen",
      message = ("%s can be reached by other machines"):format(address),
      hint = "listen on 127.0.0.1, or add --remote and set BK_APP_CODE and BK_APP_SECRET" }
  end
  local wanted = options.credentials or {}
  if (wanted.bk_app_code or "") == "" or (wanted.bk_app_secret or "") == "" then
    return nil, fault.new { code = "platform.credentials",
      message = ("a platform that %s needs credentials to ask for"):format(
        local_only and "runs commands" or "others can reach"),
      hint = "set BK_APP_CODE and BK_APP_SECRET" }
  end
  return address, port, wanted
end

local function open_and_seed(options)
  local fleet, at, data, refused, seeded
  if options.topology then -- its errors are told even when its turn has passed
    fleet, at = fleet_of(options.topology)
    if not fleet then return nil, at end
  end
  data, refused = store.open(options.data)
  if not data then return nil, refused end
  seeded, refused = seed({
    store = data, user = "admin", account = "0", now = clock.stamp(system.time()),
  }, function()
    if fleet then return fleet, at end
    return fleet_of()
  end)
  if seeded ~= nil then
    local _, unwatched = data:transaction(events.record, data)
    if not unwatched then return data, seeded end
    refused = unwatched
  end
  data:close()
  return nil, refused
end

-- How requests are answered: by the router, under the fault rules that are in force.
local function answerer(routes, rules, sleep)
  local function handle(request) return routes:handle(request) end
  return function(request)
    if control.owns(request) then return control.handle(rules, request) end
    local row = rules:any() and routes:match(request.method, request.path)
    local struck = row and rules:strike(row, request) or {}
    if #struck == 0 then return handle(request) end
    return trouble.answer(struck, request, handle, sleep)
  end
end

local function listen(options, address, port)
  local listening, failure = http_server.listen { address = address, port = port,
    max_body = MAX_BODY, max_connections = MAX_CONNECTIONS }
  if listening then return listening end
  return nil, fault.new { code = failure.code, message = failure.message,
    hint = "is another one listening on " .. options.listen .. "?" }
end

-- Answers requests until it is closed. wanted: the credentials that they have to carry; nil: none.
local function serve(loop, options, parts, wanted)
  local function sleep(seconds) loop:sleep(seconds) end
  local routes = router.new {
    rows = catalogue.rows(), handlers = handlers, store = parts.data, log = options.log,
    before = tasks.before(options.sync_delay or SYNC_DELAY),
    sleep = sleep, agents = parts.agents,
  }
  local answer = answerer(routes, parts.rules, sleep)
  return service.new(loop, parts.listening, function(request)
    if wanted and not access.grants(request, wanted) then return 401, HEADERS, UNAUTHORIZED end
    return answer(request)
  end)
end

---Starts the platform in a loop.
---@param loop table remora.net.loop
---@param options {listen: string, data: string, topology: string?, sync_delay: number?,
---  remote: boolean?, credentials: table?, log: (fun(text: string))?, faults: string?,
---  agent: ("simulated"|"exec")?}  data: path of the file; faults: path of a file with fault rules;
---  topology: what an empty one is filled with, nil: the demo fleet; sync_delay: seconds; remote:
---  it may listen beyond this machine; agent: who carries out what is asked of the agents, nil:
---  simulated ones. Where it is remote or runs commands, requests have to carry `credentials`
---@return {url: string, seeded: boolean, close: fun(self)}|nil running
---@return table|nil fault
function server.start(loop, options)
  local address, port, wanted = checked_address(options)
  if not address then return nil, port end
  local rules, wrong = faults.new(1), nil
  if options.faults then rules, wrong = faults.open(options.faults) end
  if not rules then return nil, wrong end
  local data, seeded = open_and_seed(options)
  if not data then return nil, seeded end
  local listening, refused = listen(options, address, port)
  if not listening then
    data:close()
    return nil, refused
  end
  local its_agents, unable = agents.new(options.agent or "simulated", { store = data, loop = loop,
    directory = data_file.agent_directory(options.data), log = options.log })
  if not its_agents then
    listening:close()
    data:close()
    return nil, unable
  end
  local serving = serve(loop, options,
    { data = data, rules = rules, listening = listening, agents = its_agents }, wanted)
  local host = address:find(":", 1, true) and "[" .. address .. "]" or address
  local running = { url = ("http://%s:%d"):format(host, listening:port()), seeded = seeded }

  ---Stops listening and closes the data. Safe to repeat.
  function running.close()
    if not serving then return end
    serving:close()
    serving = nil
    listening:close()
    its_agents:close()
    data:close()
  end
  return running
end

return server
