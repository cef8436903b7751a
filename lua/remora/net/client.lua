-- Calls the platform by catalogue row: sends, reads the answer, repeats what may be repeated.
-- Owns the credentials' way and that no secret shows; the rules themselves are in route, answer and
-- retry. Its functions wait, so they run in a task of the loop.

local system = require "system"
local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"
local answer = require "remora.net.answer"
local failures = require "remora.net.failures"
local mask = require "remora.core.mask"
local pages = require "remora.net.pages"
local retry = require "remora.net.retry"
local route = require "remora.net.route"
local shape = require "remora.catalogue.shape"

---@class remora.Client
---@field loop remora.Loop
---@field target remora.Target
local Client = {}
Client.__index = Client

local client = {}

---@class remora.Account what becomes of a call beside its answer
---@field attempts integer? grows with each one made
---@field columns remora.Columns? what is wanted of its rows is taken out before it is decoded
---@field picked userdata? that; nil: the rows are in the answer still
---@field sifted integer? rows that were taken out because nobody wants them

---Makes a client of one platform. Its target's time-out is for a call with all its repetitions.
---@param options {loop: remora.Loop, target: remora.Target, retry: remora.RetryPolicy?,
---  random: (fun(): number)?, on_exchange: (fun(exchange: table))?,
---  on_retry: (fun(retry: {call: string, reason: string, wait: number, attempt: integer}))?}
---  on_exchange: told of every attempt: {call, method, url, headers, request, status, response,
---  seconds, attempt, fault}, with secrets masked; random: from 0 up to 1, for waits
---@return remora.Client
function client.new(options)
  return setmetatable({
    loop = options.loop,
    target = options.target,
    place = route.place(options.target.url),
    retry = options.retry or retry.within(options.target.timeout),
    answered = false, -- somebody was met there
    random = options.random or math.random,
    on_exchange = options.on_exchange,
    on_retry = options.on_retry or function() end,
  }, Client)
end

local function tell(self, row, attempt, request, secrets, response, failure)
  if not self.on_exchange then return end
  local headers = {}
  for name, value in pairs(request.headers) do headers[name] = mask.hide(value, secrets) end
  self.on_exchange {
    call = row.key, attempt = attempt, method = request.method,
    url = mask.hide(request.url, secrets):gsub("//[^/@]*@", "//"), headers = headers,
    request = request.body and mask.hide(request.body, secrets),
    status = response and response.status, seconds = response and response.seconds,
    response = response and mask.hide(response.body, secrets), fault = failure,
  }
end

-- What is wanted of a page that comes as a buffer is taken out of it before it becomes a text.
local function pick(response, account)
  local body <close> = response.body
  account.picked, account.sifted = nil, nil
  if response.status == 200 then
    response.body, account.picked, account.sifted = account.columns:page(body)
  else
    response.body = body:text()
  end
end

-- One attempt: the envelope and the body it came in, or nil and a fault; then what the retry
-- policy looks at.
local function try(self, row, args, attempt, spent, account)
  local request, refused, secrets = route.request(row, args, self.target)
  if not request then return nil, refused, {} end
  -- Whoever looks at the exchange wants to see all of it.
  request.buffer = account.columns ~= nil and not self.on_exchange
  request.sieve = request.buffer and account.columns:ready() or nil
  if request.timeout then request.timeout = math.max(0.001, request.timeout - spent) end
  local envelope
  local response, failure = self.loop:fetch(request)
  if response then
    self.answered = true
    if request.buffer then pick(response, account) end
    envelope, failure = answer.read(row, self.place, response)
  else
    failure = failures.net(row.key, self.place, failure)
  end
  if failure then failure.message = mask.hide(failure.message, secrets) end
  if envelope then envelope.message = mask.hide(envelope.message, secrets) end
  tell(self, row, attempt, request, secrets, response, failure)
  return envelope, failure or response.body, {
    code = (failure or envelope).code,
    status = response and response.status,
    sent = response ~= nil or failure.sent,
    stranger = not self.answered,
    retry_after = response and retry.after(response.headers["retry-after"], system.time()),
  }
end

---Makes a call and returns the platform's whole answer, a refusal too. What may pass by itself is
---tried again, within the retry policy.
---@param row remora.Row
---@param args table as the row takes them
---@param account remora.Account|nil
---@return remora.Envelope|nil
---@return string|table body as it was sent (but for those rows), or with nil a fault: net.…, http.…
---  or call.…
function Client:exchange(row, args, account)
  local start, attempt, doubt = system.monotonic(), 0, false -- doubt: one may have had its effect
  account = account or {}
  while true do
    attempt = attempt + 1
    account.attempts = (account.attempts or 0) + 1
    local envelope, other, outcome = try(self, row, args, attempt,
      system.monotonic() - start, account)
    if envelope and envelope.result then return envelope, other end
    local wait, reason = retry.decide(self.retry, attempt, outcome, row.repeatable,
      system.monotonic() - start, self.random)
    local again = wait and self.loop:interrupted() == 0
    if again then
      self.on_retry { call = row.key, reason = reason, wait = wait, attempt = attempt }
      doubt = doubt or not retry.harmless(outcome)
    end
    if not (again and self.loop:sleep(wait)) then
      if not envelope and attempt > 1 then
        other.message = ("%s (attempt %d)"):format(other.message, attempt)
      end
      if not envelope then other.sent = other.sent or doubt end
      return envelope, other
    end
  end
end

local function row_of(name)
  if type(name) ~= "string" then return name end
  local row, refused = catalogue.get(name)
  return row or error(fault.render(refused), 3)
end

---Why a call cannot be made at all: its route to the platform does not have it.
---@param call string|remora.Row
---@return table|nil fault nil: it can be
function Client:missing(call)
  return route.missing(row_of(call), self.target)
end

---Makes a call.
---@param call string|remora.Row name with or without its system; an unknown one is a bug
---@param args table|nil as the row takes them
---@param account remora.Account|nil
---@return any data json.null when the platform sends none; nil with a fault
---@return table|nil fault with the platform's integer code for a refusal of its own
function Client:call(call, args, account)
  local row = row_of(call)
  local envelope, failure = self:exchange(row, args or {}, account)
  if not envelope then return nil, failure end
  if envelope.result then
    local data, problem = shape.checked(row, envelope.data)
    if problem then return nil, failures.odd_data(row.key, self.place, envelope, problem) end
    return data
  end
  return nil, failures.refused(row.key, envelope)
end

---Reads the rows of a list call, several pages in flight: `for item in pages do … end`, then
---`pages.fault` tells whether that was all. To be closed when left early.
---@param call string|remora.Row with `page`
---@param args table|nil; page.sort, page.start and a smaller page.limit are kept
---@param options remora.PageOptions|nil
---@return remora.Pages iterator, callable
function Client:pages(call, args, options)
  return pages.new(self, row_of(call), args or {}, options)
end

return client
