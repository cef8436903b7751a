-- Where the lines of a session come from: a terminal with editing, history and completion, or any
-- other input as it is. Owns the keys' meaning; never runs what it reads.

local complete = require "remora.script.complete"
local history = require "remora.script.history"
local system = require "system"
local terminal = require "terminal"

local prompt = {}
prompt.__index = prompt

local WIDTH = 80 -- columns where the terminal does not tell
local MOST = 200 -- words that are listed

---@param env fun(name: string): string|nil
---@param globals table of the session, for completion
---@return table prompt
function prompt.open(env, globals)
  local self = setmetatable({ globals = globals }, prompt)
  self.terminal = terminal.open()
  if self.terminal then
    self.history = history.open(history.path(env))
    for _, line in ipairs(self.history.lines) do self.terminal:remember(line) end
  end
  return self
end

-- Inserts what is certain, lists the rest.
local function offer(self, before)
  local words, word = complete.words(before, self.globals)
  local common = complete.common(words)
  if #common > #word then
    self.terminal:insert(common:sub(#word + 1))
  elseif #words > 1 then
    local shown = #words
    if shown > MOST then words[MOST + 1], shown = "…", MOST + 1 end
    self.terminal:show(complete.columns(table.move(words, 1, shown, 1, {}),
      system.terminal_width(1) or WIDTH))
  end
end

---Reads a line.
---@param text string the prompt; seen on a terminal only
---@param earlier string what was typed before and is not complete yet
---@return "line"|"interrupt"|"end"
---@return string|nil line
function prompt:read(text, earlier)
  if not self.terminal then
    local line = io.read("l")
    return line and "line" or "end", line
  end
  while true do
    local what, line, cursor = self.terminal:read(text)
    if what == "complete" then
      offer(self, earlier .. line:sub(1, cursor))
    else
      if what == "line" and self.history:add(line) then self.terminal:remember(line) end
      return what, line
    end
  end
end

function prompt:close()
  if self.terminal then self.terminal:close() end
  if self.history then self.history:close() end
  self.terminal, self.history = nil, nil
end

prompt.__close = prompt.close

return prompt
