-- The globals of a script: its Lua, the table `remora`, print and what it was started with.
-- Puts them together; each part has a file of its own.

local api = require "remora.script.api"
local json = require "json"
local sandbox = require "remora.script.sandbox"
local show = require "remora.script.show"

local environment = {}

-- Tables are shown, so that a script can be written by looking.
local function printer(out)
  return function(...)
    local texts = table.pack(...)
    for i = 1, texts.n do
      local value = texts[i]
      local is_data = type(value) == "table" or value == json.null
      texts[i] = is_data and show(value) or tostring(value)
    end
    out:result(table.concat(texts, "\t", 1, texts.n))
  end
end

---@param context remora.Context
---@param arguments string[]|nil the words behind the script, with its own name at 0
---@return table env
---@return table<function, remora.Row> rows of the calls' functions
function environment.new(context, arguments)
  local remora, rows = api.new(context)
  return sandbox.environment({
    remora = remora,
    print = printer(context.out),
    arg = arguments or {},
  }), rows
end

return environment
