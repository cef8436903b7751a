-- Renders `${…}` placeholders of process fields once per hosted process: names and integer
-- arithmetic over them. It knows which names exist and how an expression is computed. It never
-- touches playbook variables (`{{ … }}`, playbook/vars.lua) and leaves `${…}` that names none of
-- ours to the shell.

local fault = require "remora.core.fault"

local placeholders = {}

---The names a placeholder may use, in the order they are shown to users.
placeholders.names = {
  "inst_id", "inst_id_0", "local_inst_id", "local_inst_id0",
  "bk_set_name", "bk_module_name", "bk_process_name",
}

local known = {}
for _, name in ipairs(placeholders.names) do known[name] = true end

-- Identifiers are checked one by one, so no Lua keyword or call can enter an expression.
local ALLOWED = "^[%w_%s%+%-%*/%%()]+$"

-- Whether an expression names a placeholder; and the first identifier in it that is none.
local function identifiers(expression)
  local ours, stranger = false, nil
  for name in expression:gmatch("[%a_][%w_]*") do
    if known[name] then ours = true else stranger = stranger or name end
  end
  return ours, stranger
end

-- What a division by zero gives.
local function is_endless(value)
  return value ~= value or value == math.huge or value == -math.huge
end

local function text_of(value)
  local whole = math.type(value) == "float" and math.tointeger(value)
  return tostring(whole or value)
end

-- The text of an expression, or nil and why it cannot be computed.
local function evaluate(expression, values)
  local ours, stranger = identifiers(expression)
  if not ours then return "${" .. expression .. "}" end
  if stranger then return nil, ("unknown name '%s'"):format(stranger) end
  if not expression:find(ALLOWED) then
    return nil, "only names, integers and + - * / // % ( ) may stand here"
  end
  local chunk = load("return " .. expression, "=placeholder", "t", values)
  if not chunk then return nil, "the expression is not complete" end
  local fine, value = pcall(chunk)
  if not fine or is_endless(value) then return nil, "it cannot be computed" end
  return text_of(value)
end

---Renders every placeholder of a text.
---@param text string
---@param values table<string, integer|string> a value for each of `placeholders.names`
---@return string? rendered
---@return table? fault `hosting.placeholder`
function placeholders.render(text, values)
  local wrong
  local rendered = text:gsub("%${([^{}]*)}", function(expression)
    local value, why = evaluate(expression, values)
    if not value then wrong = wrong or { expression = expression, why = why } end
    return value
  end)
  if not wrong then return rendered end
  return nil, fault.new {
    code = "hosting.placeholder",
    message = ("${%s}: %s"):format(wrong.expression, wrong.why),
    hint = "names: " .. table.concat(placeholders.names, ", "),
  }
end

return placeholders
