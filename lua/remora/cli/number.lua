-- Numbers on the command line, as argparse takes them: the number, or nil and what is wrong.

local number = {}

local function reader(convert, least, what, most)
  return function(text)
    local value = convert(text)
    if value and value >= least and value <= (most or math.huge) then return value end
    return nil, ("'%s' is not %s"):format(text, what)
  end
end

local function above_zero(text)
  local value = tonumber(text)
  return value and value > 0 and value or nil
end

local function whole(text) return math.tointeger(tonumber(text)) end

---@type fun(text: string): integer?, string?
number.count = reader(whole, 1, "a whole number above zero")

-- The HTTP client holds no more at a time.
---@type fun(text: string): integer?, string?
number.in_flight = reader(whole, 1, "a whole number from 1 to 4096", 4096)

---@type fun(text: string): number?, string?
number.positive = reader(above_zero, 0, "a number above zero")

---@type fun(text: string): number?, string?
number.seconds = reader(tonumber, 0, "a number of seconds")

return number
