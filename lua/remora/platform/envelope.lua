-- The outermost object of every answer, in the three shapes the platform's layers use. The data is
-- encoded once and spliced in; nothing here looks into it.

local json = require "json"
local messages = require "remora.platform.messages"

local envelope = {}

---What every answer is sent with.
envelope.HEADERS = { ["Content-Type"] = "application/json; charset=utf-8" }

-- Which pair of names carries code and message: direct CMDB answers differ from everything that
-- passed a gateway (ESB, API gateway) and from job and GSE.
local function is_native(ctx)
  local system = ctx.row.system
  return ctx.route == "backend" and (system == "cc" or system == "cc_v3")
end

local function assemble(ctx, code, message, data)
  local native = is_native(ctx)
  local parts = {
    '{"result":', code == 0 and "true" or "false",
    native and ',"bk_error_code":' or ',"code":', tostring(code),
    native and ',"bk_error_msg":' or ',"message":', json.encode(message),
    ',"permission":null',
  }
  if not native then
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
---@param ctx table the request's context
---@param data any nil and json.null become null; json.raw values are spliced
---@return string body
function envelope.success(ctx, data)
  if data == nil then data = json.null end
  local message = ctx.row.system == "job" and "" or "success" -- as each says it
  return assemble(ctx, 0, message, json.encode(data))
end

---The answer of a call that was refused.
---@param ctx table
---@param refusal remora.platform.Refusal
---@return string body
function envelope.refusal(ctx, refusal)
  return assemble(ctx, refusal.code, messages.text(refusal, ctx.language), "null")
end

return envelope
