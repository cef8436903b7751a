-- Cells as a table for people, each column as wide as its widest cell. Pure.

---@param rows string[][] the head first
---@param left integer so many columns stand at the left, the others at the right
---@return string lines, each ended
return function(rows, left)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, utf8.len(cell)) end
  end
  local lines = {}
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local space = (" "):rep(widths[i] - utf8.len(cell))
      cells[i] = i <= left and cell .. space or space .. cell
    end
    lines[#lines + 1] = "  " .. table.concat(cells, "  "):gsub(" +$", "") .. "\n"
  end
  return table.concat(lines)
end
