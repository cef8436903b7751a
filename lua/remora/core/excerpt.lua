-- Cuts a text into its lines, of which people are shown the one that a place is in. Reads no file.

local excerpt = {}

---The lines of a text without their line ends.
---@param text string
---@return string[]
function excerpt.lines(text)
  local lines, from = {}, 1
  repeat
    local stop = text:find("\n", from, true)
    local line = text:sub(from, (stop or #text + 1) - 1)
    if line:byte(-1) == 13 then line = line:sub(1, -2) end -- "\r\n"
    lines[#lines + 1] = line
    from = (stop or 0) + 1
  until not stop
  return lines
end

return excerpt
