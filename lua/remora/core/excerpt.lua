-- Shows a place of a text to people: the line it is in. Reads no file.

local excerpt = {}

---A line of a text without its line end.
---@param text string
---@param number integer from 1
---@return string? line nil when the text has fewer lines
function excerpt.line(text, number)
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    number = number - 1
    if number == 0 then return line end
  end
  return nil
end

return excerpt
