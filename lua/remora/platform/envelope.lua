-- The outermost object of every answer, in the shapes the platform's layers and versions use, and
-- its headers. The data is encoded once and spliced in; nothing here looks into it.

local json = require "json"
local messages = require "remora.platform.messages"

local envelope = {}

---What every answer is sent with.
envelope.HEADERS = { ["Content-Type"] = "application/json; charset=utf-8" }

-- Platforms before 3.5 know no permissions and answered before there was a gateway.
local function is_old(ctx) return ctx.row.system == "cc_v3" end

-- Which pair of names carries code and message: direct CMDB answers differ from everything that
-- passed a gateway (ESB, API gateway) and from job and GSE.
local function is_native(ctx)
  return is_old(ctx) or ctx.route == "backend" and ctx.row.system == "cc"
end

---The headers of an answer: where the API gateway says the request's id, which all others that
---have one say in the body.
---@param ctx remora.platform.Context
---@return table<string, string>
function envelope.headers(ctx)
  if ctx.route ~= "gateway" then return envelope.HEADERS end
  return { ["Content-Type"] = envelope.HEADERS["Content-Type"],
    ["X-Bkapi-Request-Id"] = ctx.request_id }
end

local function assemble(ctx, code, message, data)
  local native = is_native(ctx)
  local parts = {
    '{"result":', code == 0 and "true" or "false",
    native and ',"bk_error_code":' or ',"code":', tostring(code),
    native and ',"bk_error_msg":' or ',"message":', json.encode(message),
  }
  if not is_old(ctx) then parts[#parts + 1] = ',"permission":null' end
  if not native and ctx.route ~= "gateway" then
    parts[#parts + 1] = ',"request_id":"' .. ctx.request_id .. '"'
    if ctx.row.system == "job" then
      parts[#parts + 1] = ',"job_request_id":"' .. ctx.request_id .. '"'
    end
  end
  parts[#parts + 1] = ',"data":'
  parts[#parts + 1] = data
  parts[#parts + 1] = "}"
  return table.concat(parts)
end

---The answer of a call that succeeded.
---@param ctx remora.platform.Context
---@param data any nil and json.null become null; json.raw values are spliced
---@return string body
function envelope.success(ctx, data)
  if data == nil then data = json.null end
  local message = ctx.row.system == "job" and "" or "success" -- as each says it
  return assemble(ctx, 0, message, json.encode(data))
end

---The answer of a call that was refused.
---@param ctx remora.platform.Context
---@param refusal remora.platform.Refusal
---@return string body
function envelope.refusal(ctx, refusal)
  return assemble(ctx, refusal.code, messages.text(refusal, ctx.language), "null")
end

return envelope
