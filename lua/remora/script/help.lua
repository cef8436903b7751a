-- Answers help(): an overview, everything about one call or helper, and searching. Reads the
-- catalogue and the manual; returns text and prints nothing.

local catalogue = require "remora.catalogue"
local manual = require "remora.script.manual"
local reference = require "remora.catalogue.reference"

local help = {}

local OVERVIEW = [[
Calls of the platform: remora.cc, remora.cc_v3, remora.job, remora.gse
  remora.cc.search_set { bk_biz_id = 1 }   returns the data, or nil and a fault
  assert(remora.cc.search_set { … })       stops there with the fault
  What has no value is remora.null in the data, not nil; texts may be "" as well

Finding the right one
  help "template"                 calls whose name or words have that in them
  help(remora.cc)                 all calls of a system
  help(remora.cc.search_set)      one call: what it takes and gives

Helpers; help(remora.pages) and so on show how to use them
%s

Here: Tab completes names, calls and arguments; _ is the last value; Ctrl-D ends.
The same code in a file: remora run FILE.lua]]

-- "remora.pages(call, args)"
local function signature(entry)
  if not entry.params then return entry.name end
  local names = {}
  for i, param in ipairs(entry.params) do names[i] = param[1] end
  return ("%s(%s)"):format(entry.name, table.concat(names, ", "))
end

local function overview()
  local lines, width = {}, 0
  for _, entry in ipairs(manual) do width = math.max(width, #signature(entry)) end
  for i, entry in ipairs(manual) do
    lines[i] = ("  %-" .. width .. "s  %s"):format(signature(entry), entry.doc[1])
  end
  return OVERVIEW:format(table.concat(lines, "\n"))
end

local function entry_text(entry)
  local lines = { signature(entry) }
  for _, line in ipairs(entry.doc) do lines[#lines + 1] = "  " .. line end
  if entry.params and #entry.params > 0 then lines[#lines + 1] = "" end
  for _, param in ipairs(entry.params or {}) do
    lines[#lines + 1] = ("  %s: %s%s"):format(param[1], param[2],
      param[3] ~= "" and "; " .. param[3] or "")
  end
  if #entry.gives > 0 then
    lines[#lines + 1] = "  " .. (entry.params and "returns " or "")
      .. table.concat(entry.gives, ", ")
  end
  if entry.example then
    lines[#lines + 1] = ""
    for _, line in ipairs(entry.example) do lines[#lines + 1] = "  " .. line end
  end
  return table.concat(lines, "\n")
end

local function found(words)
  local rows = {}
  for _, row in ipairs(catalogue.rows()) do
    local text = (row.key .. " " .. row.doc):lower()
    local all = true
    for word in words:lower():gmatch("%S+") do
      all = all and text:find(word, 1, true) ~= nil
    end
    if all then rows[#rows + 1] = row end
  end
  if #rows == 0 then return ("no call has %q in its name or description"):format(words) end
  return reference.index(rows)
end

local function by_name(name)
  name = name:gsub("^remora%.", "")
  for _, entry in ipairs(manual) do
    if entry.name:gsub("^remora%.", "") == name then return entry_text(entry) end
  end
  local row = catalogue.get(name)
  return row and reference.text(row) or found(name)
end

local function of_system(remora, topic)
  local rows = {}
  for _, row in ipairs(catalogue.rows()) do
    if remora[row.system] == topic then rows[#rows + 1] = row end
  end
  return #rows > 0 and reference.index(rows) or nil
end

-- The value that a name such as "remora.json.encode" has in a script.
local function value_of(env, name)
  local value = env
  for part in name:gmatch("[^.]+") do value = value[part] end
  return value
end

---What help says about something.
---@param topic any a call's function, a system, a helper, a name or words to look for; nil: all
---@param env table globals of the script
---@param rows table<function, remora.Row>
---@return string|nil text nil when there is nothing to say about it
function help.text(topic, env, rows)
  if topic == nil or topic == env.remora then return overview() end
  if type(topic) == "string" then return by_name(topic) end
  if rows[topic] then return reference.text(rows[topic]) end
  if type(topic) == "table" then return of_system(env.remora, topic) end
  for _, entry in ipairs(manual) do
    if rawequal(value_of(env, entry.name), topic) then return entry_text(entry) end
  end
  return nil
end

return help
