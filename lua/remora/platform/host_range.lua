-- Expands host ranges such as 10.0.1.[1-40] into single texts.
-- Pure: knows nothing of files or fleets, and not what an address is.

local host_range = {}

local LARGEST = 65536 -- texts one range may stand for; more is a slip of the pen

-- "[1-40]" or "[1-3,7]" as its numbers, in the order written.
local function numbers(body)
  local list = {}
  for part in (body .. ","):gmatch("([^,]*),") do
    local first, last = part:match("^(%d%d?%d?%d?)%-(%d%d?%d?%d?)$")
    first, last = tonumber(first or part:match("^%d%d?%d?%d?$")), tonumber(last)
    if not first then return nil, "'[" .. body .. "]' is not a range such as [1-40] or [1-3,7]" end
    last = last or first
    if last < first then return nil, "the range [" .. part .. "] runs backwards" end
    for number = first, last do list[#list + 1] = number end
  end
  return list
end

---Every text a pattern stands for, the last bracket running fastest.
---@param pattern string such as "10.0.[1-2].[1-40]"
---@return string[]|nil
---@return string|nil problem one sentence
function host_range.expand(pattern)
  local texts, rest = { "" }, pattern
  while true do
    local before, body, after = rest:match("^([^%[%]]*)%[([^%[%]]*)%](.*)$")
    local values = { "" }
    if before then
      local listed, problem = numbers(body)
      if not listed then return nil, problem end
      values = listed
    end
    if #texts * #values > LARGEST then
      return nil, ("'%s' stands for more than %d hosts"):format(pattern, LARGEST)
    end
    local grown = {}
    for _, text in ipairs(texts) do
      for _, value in ipairs(values) do
        grown[#grown + 1] = text .. (before or rest) .. value
      end
    end
    texts = grown
    if not before then break end
    rest = after
  end
  if rest:find("[%[%]]") then return nil, ("'%s' has an unpaired bracket"):format(pattern) end
  return texts
end

return host_range
