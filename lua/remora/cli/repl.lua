-- remora repl: calls and Lua, line by line. Owns the conversation; evaluating is the session's and
-- reading lines the prompt's.

local exit = require "remora.cli.exit"
local prompt = require "remora.script.prompt"
local scripting = require "remora.cli.scripting"
local session = require "remora.script.session"

local repl = { name = "repl" }

local FIRST, NEXT = "remora> ", "   ...> "

---@param parser table argparse command
function repl.define(parser)
  parser:description("Read Lua line by line, run it and show what it gives. On a terminal with "
    .. "editing, history and completion by Tab; otherwise the exit code is 1 when anything failed.")
  scripting.define(parser)
end

local function asks_to_leave(line)
  local word = line:match("^%s*(%a+)[%s()]*$")
  return word == "exit" or word == "quit"
end

---@param context remora.Context
---@param args {memory: integer?, instructions: integer?, read_only: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function repl.run(context, args)
  local talk = session.new(context, {
    limits = scripting.limits(args),
    report = function(ending) scripting.report(context, ending) end,
  })
  local input <close> = prompt.open(context.env, talk.env)
  local terminal = input.terminal ~= nil
  if terminal then context.out:note("help() explains, Tab completes, Ctrl-D ends") end
  local more = false
  while true do
    local what, line = input:read(more and NEXT or FIRST, talk.text)
    if what == "interrupt" then
      talk:forget()
      more = false
    elseif what == "end" or not more and asks_to_leave(line) then
      talk:finish()
      return (terminal or not talk.failed) and exit.done or exit.failed
    else
      more = talk:feed(line)
    end
  end
end

return repl
