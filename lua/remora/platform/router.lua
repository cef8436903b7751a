-- From an HTTP request to a handler and back: finds the catalogue row behind a path, builds the
-- context, runs the handler in one transaction and wraps its answer. It knows no call by name.

local json = require "json"
local system = require "system"
local fault = require "remora.core.fault"
local arguments = require "remora.platform.arguments"
local clock = require "remora.platform.clock"
local envelope = require "remora.platform.envelope"
local messages = require "remora.platform.messages"
local percent = require "remora.core.percent"
local pause = require "remora.platform.pause"
local simulated = require "remora.platform.agents.simulated"

local Router = {}
Router.__index = Router

local PLACE = "{}"

-- What a request suffers beside its call: nothing, unless trouble.lua says otherwise.
local NO_FAULTS = {
  is_dead = function() return false end,
  alter = function(_, data) return data end,
}

-- One node per path segment; `{name}` segments share the node PLACE.
local function add_path(tree, verb, path, row)
  local node = tree
  for segment in path:gmatch("[^/]+") do
    local key = segment:match("^{.+}$") and PLACE or segment
    node[key] = node[key] or {}
    node = node[key]
  end
  node["/" .. verb] = node["/" .. verb] or { row = row, path = path }
end

local function find_path(node, verb, segments, at)
  local segment = segments[at]
  if not segment then return node["/" .. verb] end
  local exact = node[segment] and find_path(node[segment], verb, segments, at + 1)
  return exact or node[PLACE] and find_path(node[PLACE], verb, segments, at + 1) or nil
end

local function split(path)
  local segments = {}
  for segment in path:gmatch("[^/]+") do segments[#segments + 1] = segment end
  return segments
end

-- What the `{name}` segments of a row's path are in this request.
local function path_values(path, segments)
  local values, at = {}, 0
  for segment in path:gmatch("[^/]+") do
    at = at + 1
    local name = segment:match("^{(.+)}$")
    if name then values[name] = percent.decoded(segments[at]) end
  end
  return values
end

---Builds the routes of all rows.
---@param options {rows: table[], handlers: table<string, function>, store: table,
---  before: (fun(store: table, now: number))|nil, log: (fun(text: string))|nil,
---  sleep: (fun(seconds: number))|nil, agents: remora.platform.Agents|nil}
---  handlers: by the row's key, such as "cc.search_set";
---  before: runs ahead of every call (background tasks that are due);
---  sleep: how a call waits that has no answer yet; nil: as if the time had passed;
---  agents: on whom job and GSE rely; nil: simulated ones
---@return table router
local function new(options)
  local self = setmetatable({
    handlers = options.handlers, store = options.store, before = options.before,
    log = options.log or function(text) io.stderr:write(text, "\n") end,
    sleep = options.sleep or function() end,
    agents = options.agents or simulated.new(options.store),
    esb = {}, tree = {},
  }, Router)
  local served = {} -- a call nobody handles is a path that is not there
  for _, row in ipairs(options.rows) do
    if self.handlers[row.key] then served[#served + 1] = row end
  end
  for _, row in ipairs(served) do
    local component = row.system == "job" and "jobv3" or row.system
    self.esb[component .. "/" .. row.name] = row
    for _, alias in ipairs(row.aliases or {}) do self.esb[component .. "/" .. alias] = row end
    add_path(self.tree, row.verb, row.path, row)
    if row.gateway then add_path(self.tree, row.gateway_verb, row.gateway, row) end
    for _, path in ipairs(row.other_paths or {}) do add_path(self.tree, row.verb, path, row) end
  end
  for _, row in ipairs(served) do
    if row.esb then self.esb[row.esb] = row end
  end
  return self
end

---The row behind a method and path.
---@return table|nil row
---@return "esb"|"gateway"|"backend" route
---@return table<string, string> path parameters
function Router:match(method, path)
  local component = path:match("^/api/c/compapi/v2/([%w_]+/[%w_]+)/?$")
  if component then
    local known = (method == "GET" or method == "POST" or method == "PUT" or method == "DELETE")
    return known and self.esb[component] or nil, "esb", {}
  end
  local inner = path:match("^/api/bk%-[%w_-]+/[%w_-]+(/.*)$")
  local segments = split(inner or path)
  local found = find_path(self.tree, method, segments, 1)
  if not found then return nil, "backend", {} end
  return found.row, inner and "gateway" or "backend", path_values(found.path, segments)
end

local function language_of(headers)
  local said = headers["http_blueking_language"] or headers["x-bkcmdb-language"]
    or headers["blueking-language"]
    or (headers["cookie"] or ""):match("blueking_language=([%w_-]+)")
  return said and said:lower():match("^en") and "en" or "zh"
end

local function user_of(headers, members)
  local authorization = headers["x-bkapi-authorization"]
  local carried = authorization and json.decode(authorization)
  local user = headers["x-bkcmdb-user"] or headers["bk_user"] or headers["bk-username"]
    or type(carried) == "table" and carried.bk_username
    or members.bk_username or members.username
  return type(user) == "string" and user ~= "" and user or "admin"
end

---@return remora.platform.Context
local function context(self, request, row, route)
  local time = system.time()
  local gateway = route == "backend" and request.headers["x-bkapi-jwt"]
  return {
    store = self.store, agents = self.agents, account = "0", row = row,
    route = gateway and "gateway" or route, language = language_of(request.headers),
    request_id = system.random_hex(16), user = "admin", time = time,
    now = clock.stamp(time), waited = 0, faults = request.faults or NO_FAULTS,
  }
end

-- Runs the handler, again after each pause it asks for.
local function execute(self, ctx, handler, args)
  local within = ctx.row.writes and self.store.transaction or self.store.snapshot
  while true do
    if self.before then self.before(self.store, ctx.time + ctx.waited) end
    local data, refusal = within(self.store, handler, ctx, args)
    local seconds = pause.of(data)
    if not seconds then return ctx.faults.alter(ctx.row, data), refusal end
    self.sleep(seconds)
    ctx.waited = ctx.waited + seconds
  end
end

-- Runs the call; every refusal and every failure of the storage comes back as a value.
local function run(self, ctx, request, path)
  local row = ctx.row
  if ctx.faults.refusal then return nil, ctx.faults.refusal end
  local members, refusal = arguments.members(request, row, ctx.route)
  if not members then return nil, refusal end
  ctx.user = user_of(request.headers, members)
  local args
  args, refusal = arguments.typed(row, members, path)
  if not args then return nil, refusal end
  local handler = self.handlers[row.key]
  return execute(self, ctx, handler, args)
end

---Answers one request. Never raises: a bug in a handler is answered as the platform answers an
---inner error and its traceback is logged.
---@param request {method: string, path: string, query: string|nil, headers: table, body: string,
---  faults: table|nil}  faults: see remora.platform.trouble
---@return integer status
---@return table headers
---@return string body
function Router:handle(request)
  local row, route, path = self:match(request.method, request.path)
  if not row then
    return 404, envelope.HEADERS, json.encode { result = false, code = 404, data = json.null,
      message = "no call at " .. request.method .. " " .. request.path }
  end
  local ctx = context(self, request, row, route)
  local headers = envelope.headers(ctx)
  if request.too_big then return 413, headers, envelope.refusal(ctx, messages.refuse(1199000)) end
  local ok, data, refusal = xpcall(run, function(problem)
    return fault.is(problem) and problem or debug.traceback(tostring(problem), 2)
  end, self, ctx, request, path)
  if ok and messages.is(refusal) then
    -- Only the old process API says by the status that it refused.
    local status = refusal.status or (row.system == "cc_v3" and 400 or 200)
    return status, headers, envelope.refusal(ctx, refusal)
  end
  if ok and refusal == nil then
    local encoded, body = xpcall(envelope.success, debug.traceback, ctx, data)
    if encoded then return 200, headers, body end
    ok, data = false, body
  end
  local problem = ok and refusal or data
  self.log(("platform: %s: %s"):format(row.key,
    fault.is(problem) and fault.render(problem) or tostring(problem)))
  -- The real server too gives an inner failure's own words.
  return 500, headers, envelope.refusal(ctx, fault.is(problem)
    and messages.refuse_text(1199998, problem.message) or messages.refuse(1199998))
end

return { new = new }
