-- Turns rows into Lua functions over a client: the `remora.cc.search_set{…}` of scripts.
-- Checks arguments and passes them on; sends nothing itself. The module is the function.

local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local phrase = require "remora.core.phrase"

local function callable(client, row)
  ---@param arguments table|nil
  ---@return any|nil data
  ---@return table|nil fault
  return function(arguments)
    local checked, refused = check.arguments(row, arguments or {})
    if not checked then return nil, refused end
    return client:call(row, checked)
  end
end

-- Looking up a call that does not exist is a mistake in the script, so it is an error.
local function refuse_unknown(system)
  return function(calls, name)
    local guess = phrase.did_you_mean(name, calls)
    error(("%s has no call %s%s"):format(system, tostring(name), guess and "; " .. guess or ""), 2)
  end
end

---Binds every call to a client. Must be used inside the client's loop.
---@param client table with call(row, arguments) → data | nil, fault
---@return table<string, table<string, function>> functions by system and name
return function(client)
  local bound = {}
  for _, row in ipairs(catalogue.rows()) do
    local calls = bound[row.system] or {}
    bound[row.system] = calls
    local call = callable(client, row)
    calls[row.name] = call
    for _, alias in ipairs(row.aliases) do calls[alias] = call end
  end
  for system, calls in pairs(bound) do
    setmetatable(calls, { __index = refuse_unknown(system) })
  end
  return bound
end
