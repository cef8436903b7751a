-- A session: pieces of Lua one after the other in the same globals, what each gives shown at once.
-- Owns when a piece is complete and how results look; never reads lines itself.

local environment = require "remora.script.environment"
local help = require "remora.script.help"
local program = require "remora.script.program"
local show = require "remora.script.show"
local system = require "system"

local session = {}
session.__index = session

local NAME = "(repl)"   -- in messages, for the file's name
local MOST_SHOWN = 100  -- items of a list; print shows all

---@param context remora.Context
---@param options {limits: table, report: fun(ending: remora.script.Ending)}  limits: for each
---  piece; report: told of endings that are not "done"
---@return table session with `env`, its globals
function session.new(context, options)
  local self = setmetatable({
    context = context, limits = options.limits, report = options.report,
    text = "",      -- typed and not complete
    failed = false, -- whether any piece did
  }, session)
  self.env, self.rows = environment.new(context)
  self.env._ = false
  function self.env.help(...)
    local topic = ...
    if select("#", ...) > 0 and topic == nil then topic = "nil" end
    context.out:result(help.text(topic, self.env, self.rows)
      or "there is no help on " .. show(topic))
  end
  return self
end

-- What is shown for a value: calls and systems explain themselves.
local function shown(self, value)
  if value == self.env.help then return help.text(nil, self.env, self.rows) end
  if type(value) == "function" or type(value) == "table" then
    local text = help.text(value, self.env, self.rows)
    if text then return text end
  end
  return show(value, MOST_SHOWN)
end

local function tell(self, ending)
  if ending.kind ~= "done" then
    self.failed = true
    self.report(ending)
    return
  end
  local values = ending.values
  for i = 1, values.n do self.context.out:result(shown(self, values[i])) end
  if values.n > 0 then self.env._ = values[1] end
end

-- A local would be gone with the line it was made in; without the word it stays.
local function lasting(text)
  local names = text:match("^%s*local%s+([%a_][%w_%s,]*)=[^=]")
  if not names and not text:find("^%s*local%s+function%s") then return text end
  return (text:gsub("local%s+", "", 1))
end

local function goes_on(refused)
  return refused.message:find("<eof>$") ~= nil
end

-- An expression is shown, so it is tried first. Either may be what is not complete yet.
local function compile(self, source)
  local expression = { name = NAME, text = "return " .. source.text }
  local chunk, early = program.compile(expression, self.env)
  if chunk then return chunk end
  local statement, refused = program.compile(source, self.env)
  return statement, refused, refused and (goes_on(early) or goes_on(refused))
end

local function evaluate(self, chunk, source)
  local ending, failed = self.context:run(program.run, chunk, source, self.limits)
  system.forget_interrupts()
  tell(self, ending or { kind = "fault", fault = failed })
end

---Takes a line and runs what is complete.
---@param line string
---@return boolean more whether the piece goes on in the next line
function session:feed(line)
  self.text = self.text .. line .. "\n"
  if not self.text:find("%S") then
    self.text = ""
    return false
  end
  local source = program.source(NAME, lasting(self.text))
  local chunk, refused, more = compile(self, source)
  if more then return true end
  self.text = ""
  if chunk then
    evaluate(self, chunk, source)
  else
    tell(self, { kind = "fault", fault = refused })
  end
  return false
end

---Drops what is not complete.
function session:forget()
  self.text = ""
end

---At the end of the input: what is not complete now never will be.
function session:finish()
  if self.text == "" then return end
  local _, refused = compile(self, program.source(NAME, self.text))
  self:forget()
  tell(self, { kind = "fault", fault = refused })
end

return session
