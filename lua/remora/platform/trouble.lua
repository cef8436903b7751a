-- What a request suffers from the fault rules that struck it: carried out around the router, which
-- does its part as always unless a rule keeps it from that. Decides nothing about when.

local host_address = require "remora.platform.host_address"
local messages = require "remora.platform.messages"
local order = require "remora.core.order"

local RUNNING = require("remora.platform.agents.protocol").codes.RUNNING

-- Results are listed under keys that name the host among other things.
local function names_host(key, host)
  return host == nil or (":" .. key .. ":"):find(":" .. host .. ":", 1, true) ~= nil
end

local function is_host(host, wanted)
  return wanted == nil or host.bk_agent_id == wanted
    or host_address.first(host, "bk_host_innerip") == wanted
end

-- The targets in the answer to a call that asks for results, by generation of the API.
local function targets_of(row, data)
  if type(data) ~= "table" then return {} end
  return row.system == "job" and data.result or data
end

local ON_RESULTS = {
  result_missing = function(targets, key) targets[key] = nil end,
  running_forever = function(targets, key)
    targets[key] = { error_code = RUNNING, error_msg = "running", content = "" }
  end,
}

local function alter_results(rule, row, data)
  local targets = targets_of(row, data)
  for _, key in ipairs(order.keys(targets)) do
    if names_host(key, rule.host) then
      ON_RESULTS[rule.action](targets, key)
      if row.system == "job" then data.status = RUNNING end
    end
  end
end

-- What the router is told: to refuse, whose agent is dead, what to do to the results.
local function inner_faults(struck)
  local faults, dead, altering = {}, {}, {}
  for _, rule in ipairs(struck) do
    if rule.action == "refuse" then
      faults.refusal = rule.message and messages.refuse_text(rule.code, rule.message)
        or messages.refuse(rule.code)
    elseif rule.action == "agent_dead" then
      dead[#dead + 1] = rule
    elseif ON_RESULTS[rule.action] then
      altering[#altering + 1] = rule
    end
  end
  function faults.is_dead(host)
    for _, rule in ipairs(dead) do
      if is_host(host, rule.host) then return true end
    end
    return false
  end
  function faults.alter(row, data)
    for _, rule in ipairs(altering) do alter_results(rule, row, data) end
    return data
  end
  return faults
end

-- What a proxy in front of a platform in need says.
local function proxy_answer(rule)
  local headers = { ["Content-Type"] = "text/plain; charset=utf-8" }
  if rule.retry_after then headers["Retry-After"] = ("%d"):format(rule.retry_after) end
  return rule.status, headers, ("status %d, as a fault rule wants it\n"):format(rule.status)
end

-- The beginning of an answer that announces more than it holds.
local function cut(bytes, status, headers, body)
  local head = { ("HTTP/1.1 %d -"):format(status), ("Content-Length: %d"):format(#body) }
  for name, value in pairs(headers) do head[#head + 1] = name .. ": " .. value end
  return table.concat(head, "\r\n") .. "\r\n\r\n" .. body:sub(1, bytes)
end

local trouble = {}

---Answers a request under the rules that struck it.
---@param struck remora.platform.Rule[]
---@param request table of http_server; gets a member `faults` for the router
---@param handle fun(request: table): integer, table, string the router
---@param sleep fun(seconds: number)
---@return integer|"abort" status as remora.net.service takes it
---@return table|nil headers
---@return string|nil body
function trouble.answer(struck, request, handle, sleep)
  for _, rule in ipairs(struck) do
    if rule.action == "delay" then sleep(rule.seconds) end
  end
  local last = struck[#struck]
  if last.action == "reset_before" then return "abort" end
  if last.action == "status" then return proxy_answer(last) end
  request.faults = inner_faults(struck)
  local status, headers, body = handle(request)
  if last.action == "reset_after" then return "abort" end
  if last.action == "truncate" then return "abort", nil, cut(last.bytes, status, headers, body) end
  return status, headers, body
end

return trouble
