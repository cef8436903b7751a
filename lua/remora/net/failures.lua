-- What people are told when a call does not reach the platform, something else answers, or the
-- platform refuses: what happened where, and what to do next. Texts only; which failure it is,
-- others find out.

local advice = require "remora.catalogue.advice"
local fault = require "remora.core.fault"

local failures = {}

local CHECK_URL =
  "check the URL (--platform, REMORA_PLATFORM or the profile) and --route: is the platform there?"

-- Of the client in C: text around its own message, hint.
local NET = {
  ["net.resolve"] = { "%s has a name that cannot be resolved", CHECK_URL },
  ["net.connect"] = { "%s cannot be reached",
    "is the platform running, and does a firewall or proxy let this machine through?" },
  ["net.timeout"] = { "%s did not answer in time",
    "try later, or give it longer with --timeout" },
  ["net.reset"] = { "%s closed the connection before the answer was complete",
    "try again; if it stays so, a proxy in between may be at fault" },
  ["net.tls"] = { "%s cannot be trusted",
    "set ca_file in the profile to the authority that signed its certificate" },
  ["net.too_big"] = { "%s sent more than an answer may hold",
    "ask for smaller pages; if it is not the platform that answers, " .. CHECK_URL },
  ["net.protocol"] = { "%s does not speak HTTP as it should", CHECK_URL },
  ["net.interrupted"] = { "the call to %s was interrupted", nil },
}

-- Why a certificate was refused, by what OpenSSL and libcurl write; the first that matches.
local TLS = {
  { "subject name", "the certificate is for another name: use the name that it was made for" },
  { "target host", "the certificate is for another name: use the name that it was made for" },
  { "expired", "the certificate has expired: the platform's operators have to renew it" },
  { "wrong version number", "the server does not speak TLS there: use http:// or another port" },
}

---What the HTTP client reported, told for people.
---@param call string
---@param place string as of route.place
---@param reported table its fault
---@return table fault
function failures.net(call, place, reported)
  local text = NET[reported.code] or { "the call to %s failed" }
  local hint = text[2]
  if reported.code == "net.tls" then
    for _, each in ipairs(TLS) do
      if reported.message:find(each[1], 1, true) then
        hint = each[2]
        break
      end
    end
  end
  local message = text[1]:format(place)
  if reported.code ~= "net.interrupted" then message = message .. ": " .. reported.message end
  return fault.new { code = reported.code, call = call, message = message, hint = hint,
    sent = reported.sent }
end

local PLATFORM_UNWELL = "try later; the platform's operators can find the request in their logs"

-- Statuses that say enough without a look at the body. 400, 500 and the like may carry the
-- platform's own refusal and are only told this way when they do not.
local STATUS = {
  [401] = { "http.unauthorized", "%s does not accept the credentials",
    "set BK_APP_CODE and BK_APP_SECRET, and BK_TOKEN or BK_USERNAME; a token may have expired" },
  [403] = { "http.forbidden", "%s refuses access",
    "ask for the application to be granted this call, or use another --route" },
  [404] = { "http.not_found", "%s has nothing at the path of this call", CHECK_URL },
  [407] = { "http.proxy", "the proxy before %s wants credentials", "see https_proxy" },
  [408] = { "http.timeout", "%s gave up waiting for the request", "try again" },
  [413] = { "http.too_large", "%s finds the request too large", "send fewer objects at once" },
  [429] = { "http.too_many", "%s limits the rate of calls", "lower --parallelism or try later" },
}

-- Refused at the door, by whoever guards it: nothing behind it has begun.
local AT_THE_DOOR = { [401] = true, [403] = true, [404] = true, [407] = true, [413] = true,
  [429] = true }

---Whether a status is told as it is, whatever the body.
---@param status integer
---@return boolean
function failures.is_plain(status)
  return STATUS[status] ~= nil or status >= 300 and status < 400
end

---An answer that its status already explains.
---@param call string
---@param place string
---@param response {status: integer, headers: table}
---@param said string|nil the platform's own words, if it had any
---@return table fault
function failures.status(call, place, response, said)
  local status = response.status
  local code, message, hint
  if status >= 300 and status < 400 then
    local elsewhere = (response.headers.location or "nowhere"):match("^[^?#]*")
    code, hint = "http.redirect", CHECK_URL
    message = ("%s sends the call on to %s"):format("%s", elsewhere:gsub("%%", "%%%%"))
  elseif STATUS[status] then
    code, message, hint = table.unpack(STATUS[status])
  elseif status >= 500 then
    code, message, hint = "http.server_error", "%s answered with an error", PLATFORM_UNWELL
  else
    code, message, hint = "http.refused", "%s refuses the request", CHECK_URL
  end
  message = message:format(place)
  if said and said ~= "" then message = message .. ": " .. said end
  return fault.new { code = code, call = call, message = message, hint = hint, status = status,
    sent = not AT_THE_DOOR[status] }
end

-- Enough of a foreign answer to recognise who sent it.
local function described(response)
  local title = response.body:match("<[tT][iI][tT][lL][eE]>%s*(.-)%s*<")
  if title then return ("a web page titled '%s'"):format(title:sub(1, 80)) end
  if response.body == "" then return "nothing" end
  if response.body:find("^%s*<") then return "a web page" end
  local declared = response.headers["content-type"]
  return declared and not declared:find("json") and declared or "something unknown"
end

---An answer that is no JSON at all.
---@param call string
---@param place string
---@param response {status: integer, headers: table, body: string}
---@return table fault
function failures.not_json(call, place, response)
  return fault.new { code = "http.not_json", call = call, status = response.status, sent = true,
    message = ("%s answered with %s instead of JSON"):format(place, described(response)),
    hint = CHECK_URL }
end

---An answer that begins as JSON and is broken.
---@param call string
---@param place string
---@param response {status: integer, body: string}
---@param problem {message: string, offset: integer}
---@return table fault
function failures.bad_json(call, place, response, problem)
  return fault.new { code = "http.bad_json", call = call, status = response.status, sent = true,
    message = ("%s sent JSON that is cut off or broken at byte %d of %d: %s")
      :format(place, problem.offset, #response.body, problem.message),
    hint = "try again; if it stays so, a proxy in between may be at fault" }
end

---An answer that is JSON, but not of this platform.
---@param call string
---@param place string
---@param response {status: integer}
---@return table fault
function failures.foreign(call, place, response)
  return fault.new { code = "http.not_platform", call = call, status = response.status, sent = true,
    message = ("%s answered with JSON that has neither result nor code"):format(place),
    hint = CHECK_URL }
end

---The platform's own refusal.
---@param call string
---@param envelope remora.Envelope
---@return table fault with the platform's integer code
function failures.refused(call, envelope)
  local message = envelope.message ~= "" and envelope.message
    or "the platform refuses this, and does not say why"
  return fault.new { code = envelope.code, call = call, message = message,
    hint = advice(envelope.code, envelope.permission), request_id = envelope.request_id,
    status = envelope.status, permission = envelope.permission, sent = true }
end

---A page without rows where the platform says that there are more.
---@param call string
---@param place string
---@param start integer rows before it
---@param count integer rows in all, as it says
---@return table fault
function failures.hollow_page(call, place, start, count)
  return fault.new { code = "http.hollow_page", call = call, sent = true,
    message = ("%s says that there are %d rows, and sends none behind the first %d")
      :format(place, count, start),
    hint = "try again; if it stays so, the platform's operators have to look at it" }
end

---An answer of this platform whose data cannot be what was asked for.
---@param call string
---@param place string
---@param envelope remora.Envelope
---@param problem string
---@return table fault
function failures.odd_data(call, place, envelope, problem)
  return fault.new { code = "http.odd_data", call = call, request_id = envelope.request_id,
    status = envelope.status, sent = true,
    message = ("%s answered with success and something else than was asked for: %s")
      :format(place, problem),
    hint = CHECK_URL }
end

return failures
