-- The port texts of bind rows. Pure.

local ports = {}

-- One number 1..65535 written without sign, blank or leading zero.
local function port_number(text)
  local number = text:match("^[1-9]%d*$") and #text <= 5 and math.tointeger(tonumber(text))
  return number and number <= 65535 and number or nil
end

-- "80" → 80, 80; "80-90" → 80, 90
local function bounds(text)
  local first, last = text:match("^(%d+)%-(%d+)$")
  first, last = port_number(first or text), port_number(last or text)
  if first and last then return first, last end
end

---Is this what one instance row takes: a port or a range? Whether the range runs upwards is not
---looked at, as on the platform.
---@param text any
---@return boolean
function ports.is_single(text)
  return type(text) == "string" and bounds(text) ~= nil
end

-- "80,90-99" → { { 80, 80 }, { 90, 99 } }; nil: some part is neither a port nor a range
local function parts(text)
  local items = {}
  for item in (text .. ","):gmatch("([^,]*),") do
    local first, last = bounds(item)
    if not first then return nil end
    items[#items + 1] = { first, last }
  end
  return items
end

---Is this what a process of the platform before 3.5 takes: ports and ranges, separated by commas?
---Nothing else about them was looked at.
---@param text any
---@return boolean
function ports.is_loose_list(text)
  return type(text) == "string" and parts(text) ~= nil
end

---Is this what a template row takes: ports and upward ranges, separated by commas, none of which
---overlap?
---@param text any
---@return boolean
function ports.is_list(text)
  local items = type(text) == "string" and parts(text)
  if not items then return false end
  table.sort(items, function(a, b) return a[1] < b[1] end)
  for i, item in ipairs(items) do
    if item[1] > item[2] or i > 1 and item[1] <= items[i - 1][2] then return false end
  end
  return true
end

return ports
