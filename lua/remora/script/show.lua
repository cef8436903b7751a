-- Values as text for people: JSON where JSON can say it, on one line where that fits, with what
-- JSON has no words for in angle brackets. Pure.

local fault = require "remora.core.fault"
local json = require "json"
local order = require "remora.core.order"

local WIDTH = 96 -- columns of a value that stays on one line

-- A value that is not a table, or a table that has a text of its own.
local function simple(value)
  if value == nil then return "nil" end
  if type(value) == "number" and (value ~= value or value == math.huge or value == -math.huge) then
    return tostring(value)
  end
  if type(value) == "string" and not utf8.len(value) then return ("%q"):format(value) end
  if type(value) == "table" or type(value) == "function" or type(value) == "thread"
    or type(value) == "userdata" and value ~= json.null then
    return "<" .. type(value) .. ">"
  end
  return json.encode(value)
end

local render

-- The members of a table as texts, a list cut after `most`.
local function members(self, value, indent)
  local texts = {}
  if json.is_array(value) then
    for i = 1, math.min(#value, self.most) do texts[i] = render(self, value[i], indent) end
    if #value > self.most then
      texts[#texts + 1] = ("… %d more"):format(#value - self.most)
    end
    return texts, "[", "]"
  end
  for key, member in order.pairs(value) do
    local name = type(key) == "string" and simple(key) or "[" .. simple(key) .. "]"
    texts[#texts + 1] = name .. ": " .. render(self, member, indent)
  end
  return texts, "{", "}"
end

function render(self, value, indent)
  if type(value) ~= "table" then return simple(value) end
  if fault.is(value) then return fault.render(value) end
  if self.above[value] then return "<itself>" end
  self.above[value] = true
  local texts, opening, closing = members(self, value, indent .. "  ")
  self.above[value] = nil
  local line = table.concat(texts, ", ")
  local room = WIDTH - #indent
  if #line <= room and not line:find("\n", 1, true) then
    return opening .. (opening == "{" and #texts > 0 and " " .. line .. " " or line) .. closing
  end
  return ("%s\n%s  %s\n%s%s"):format(opening, indent,
    table.concat(texts, ",\n" .. indent .. "  "), indent, closing)
end

---@param value any
---@param most integer|nil items of a list that are shown; nil: all
---@return string
return function(value, most)
  return render({ above = {}, most = most or math.maxinteger }, value, "")
end
