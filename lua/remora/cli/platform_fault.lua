-- remora platform fault: shows, adds and clears the fault rules of a running embedded platform,
-- through the route it has for that. What rules mean is remora.platform's.

local config = require "remora.cli.config"
local control = require "remora.platform.control"
local exit = require "remora.cli.exit"
local failures = require "remora.net.failures"
local fault = require "remora.core.fault"
local form = require "remora.platform.faults_form"
local json = require "json"
local route = require "remora.net.route"
local usage = require "remora.cli.usage"

local platform_fault = {}

local TIMEOUT = 10 -- seconds

---@param parser table argparse command above it
function platform_fault.define(parser)
  local command = parser:command("fault", "Show, add or clear the faults of a running platform.")
  command:require_command(true)
  command:command_target("fault_action")
  command:command("list", "Show the rules in force, and how often each has struck.")
  local add = command:command("add", "Add rules, behind those there are.")
  add:argument("rules", "A rule as in a faults file, such as "
    .. "'{call: search_*, nth: 2, action: status, status: 500}'."):argname("RULE"):args "+"
  command:command("clear", "Remove all rules.")
end

local function target_of(context)
  local target, refused = config.target(context.args, context.env)
  if target or refused then return target, refused end
  return nil, usage("which platform? none is named",
    "give the URL it listens on: --platform http://127.0.0.1:PORT")
end

-- One request to the route; the answer's data.
local function exchange(context, method, body)
  local target, refused = target_of(context)
  if not target then return nil, refused end
  context.out:mask(target.credentials.bk_app_secret)
  local response
  response, refused = context:loop():fetch {
    method = method, url = target.url .. control.PATH, timeout = TIMEOUT,
    headers = { ["X-Bkapi-Authorization"] = next(target.credentials)
      and json.encode(target.credentials) or nil },
    body = body and json.encode(body) or nil,
  }
  if not response then
    return nil, failures.net("platform fault", route.place(target.url), refused)
  end
  local answer = json.decode(response.body)
  if type(answer) == "table" and answer.result == true then return answer.data end
  local said = type(answer) == "table" and type(answer.message) == "string" and answer.message
  return nil, fault.new { code = "platform.fault", status = response.status,
    message = said or "this is no platform of remora",
    hint = "only an embedded platform has faults" }
end

local PARTS = { "every", "probability", "times", "seconds", "status", "retry_after", "bytes",
  "code", "message", "host" }

local function words(rule)
  local parts = { rule.call, rule.action }
  if rule.nth then
    local numbers = {}
    for i, nth in ipairs(rule.nth) do numbers[i] = tostring(nth) end
    parts[#parts + 1] = "nth: " .. table.concat(numbers, ", ")
  end
  for _, name in ipairs(PARTS) do
    if rule[name] ~= nil then parts[#parts + 1] = name .. ": " .. tostring(rule[name]) end
  end
  return ("%s  (saw %d, struck %d)"):format(table.concat(parts, "  "), rule.seen, rule.fired)
end

local function show(context, data)
  if context.args.json then
    context.out:result(data)
  elseif #data.rules == 0 then
    context.out:result("no faults")
  else
    local lines = {}
    for i, rule in ipairs(data.rules) do lines[i] = words(rule) end
    context.out:result(table.concat(lines, "\n"))
  end
  return exit.done
end

local function list(context)
  local data, refused = exchange(context, "GET")
  if not data then return nil, refused end
  return show(context, data)
end

local function add(context)
  local rules = json.array {}
  for i, text in ipairs(context.args.rules) do
    local rule, refused = form.rule(text)
    if not rule then return nil, refused end
    rules[i] = rule
  end
  local data, refused = exchange(context, "POST", { rules = rules })
  if not data then return nil, refused end
  return show(context, data)
end

local function clear(context)
  local data, refused = exchange(context, "DELETE")
  if not data then return nil, refused end
  context.out:result(context.args.json and data or ("%d removed"):format(data.removed))
  return exit.done
end

local ACTIONS = { list = list, add = add, clear = clear }

---@param context table
---@return integer|nil exit code
---@return table|nil fault
function platform_fault.run(context)
  return context:run(ACTIONS[context.args.fault_action], context)
end

return platform_fault
