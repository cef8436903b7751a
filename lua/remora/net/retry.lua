-- When a failed call is sent again, and after how long. Pure policy: no clock, no randomness and no
-- network of its own; what happened and how much time is spent is given to it.

local copy = require "remora.core.copy"

local retry = {}

---@class remora.RetryPolicy  all times in seconds
---@field attempts integer tries in all
---@field first number wait before the second try; doubles with each further one
---@field cap number longest wait that doubling reaches
---@field budget number time for a call in all, waits included

---@type remora.RetryPolicy
retry.DEFAULT = { attempts = 6, first = 0.5, cap = 15, budget = 90 }

---The default policy for who wants to wait no longer than so many seconds for a call.
---@param seconds number|nil nil: as long as it takes
---@return remora.RetryPolicy
function retry.within(seconds)
  return copy(retry.DEFAULT, { budget = seconds })
end

-- Ended before the platform can have done anything: certain to be safe.
local NOT_STARTED = {
  [429] = "too many requests",     -- HTTP
  [1199997] = "rate limited",      -- CMDB
  [1306429] = "rate limited",      -- bus
}

-- May pass by itself, but what the call did is not known.
local TRANSIENT = {
  [408] = "request time-out",
  [500] = "server error",
  [502] = "bad gateway",
  [503] = "service unavailable",
  [504] = "gateway time-out",
  [1306201] = "a system behind the bus failed", -- bus: 13062xx are failures of third parties
  [1306203] = "a system behind the bus failed",
  [1306206] = "a system behind the bus failed",
  [1306207] = "a system behind the bus failed",
  [1306208] = "a system behind the bus failed",
  [1306209] = "a system behind the bus failed",
  ["net.connect"] = "no connection",
  ["net.resolve"] = "name not found",
  ["net.timeout"] = "no answer in time",
  ["net.reset"] = "connection lost",
}

local function not_started(outcome)
  return NOT_STARTED[outcome.code] or NOT_STARTED[outcome.status]
end

---Whether nothing can have been done by a failed attempt.
---@param outcome {code: integer|string|nil, status: integer|nil, sent: boolean|nil}
---@return boolean
function retry.harmless(outcome)
  return outcome.sent == false or not_started(outcome) ~= nil
end

-- What made an attempt fail, if it may pass by itself.
local function transient(outcome)
  local reason = not_started(outcome) or TRANSIENT[outcome.code]
  -- A refusal in the platform's own words is final, whatever the status (cc_v3 uses 400 and 500).
  if not reason and math.type(outcome.code) ~= "integer" then reason = TRANSIENT[outcome.status] end
  return reason
end

---Decides what follows a failed attempt.
---@param policy remora.RetryPolicy
---@param attempt integer tries so far, from 1
---@param outcome {code: integer|string|nil, status: integer|nil, sent: boolean|nil,
---  stranger: boolean|nil, retry_after: number|nil}  sent false: the request surely did not arrive;
---  stranger: nobody has ever answered there; retry_after: seconds that the platform asked for
---@param repeatable boolean sending the call twice does no harm
---@param spent number seconds since the first attempt began
---@param random fun(): number from 0 up to 1
---@return number|nil wait seconds before the next attempt; nil: stop
---@return string reason
function retry.decide(policy, attempt, outcome, repeatable, spent, random)
  local reason = transient(outcome)
  if not reason then return nil, "it would fail again" end
  -- More likely a wrong address than a platform at rest, and its user is waiting.
  if outcome.stranger and outcome.sent == false then return nil, reason .. " from the beginning" end
  if not (repeatable or retry.harmless(outcome)) then
    return nil, reason .. "; it may have been carried out, and must not be sent twice"
  end
  if attempt >= policy.attempts then
    return nil, ("%s; gave up after %d attempts"):format(reason, attempt)
  end
  local wait = math.min(policy.first * 2 ^ (attempt - 1), policy.cap)
  wait = outcome.retry_after or wait * (0.5 + random() / 2) -- or all would come back together
  if spent + wait > policy.budget then
    return nil, ("%s; gave up, the next attempt would come after the %g seconds given to a call")
      :format(reason, policy.budget)
  end
  return wait, reason
end

-- Days from 1970-01-01 to a date of the Gregorian calendar, its years begun in March.
local function days_since_1970(year, month, day)
  if month <= 2 then year = year - 1 end
  local in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return 365 * year + year // 4 - year // 100 + year // 400 + in_year - 719468
end

---Reads the header Retry-After (RFC 9110, section 10.2.3).
---@param value string|nil seconds or an HTTP date
---@param now number seconds since 1970
---@return number|nil seconds from now, never negative
function retry.after(value, now)
  if not value then return nil end
  if value:find("^%d+$") then return tonumber(value) end
  local day, name, year, hour, minute, second =
    value:match("^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  local place = name and ("JanFebMarAprMayJunJulAugSepOctNovDec"):find(name, 1, true)
  if not place then return nil end
  local days = days_since_1970(tonumber(year), (place + 2) // 3, tonumber(day))
  return math.max(0, days * 86400 + hour * 3600 + minute * 60 + second - now)
end

return retry
