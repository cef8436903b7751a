-- Terminal colours by meaning. Owns the palette; decides nothing about when colour is wanted
-- and never writes anything itself.

local style = {}

-- Basic SGR codes only: they follow the user's own colour scheme.
local CODES = {
  error = "1;31",
  warning = "1;33",
  hint = "36",
  place = "1",
  dim = "2",
  strong = "1",
  create = "32",
  update = "33",
  delete = "31",
  good = "32",
}

---Wraps text in the escape codes of a named style.
---@param name string one of the palette's names; an unknown name is a bug
---@param text string
---@param on boolean false or nil returns the text unchanged
---@return string
function style.paint(name, text, on)
  local code = CODES[name] or error("no style named " .. tostring(name), 2)
  if not on then return text end
  return "\27[" .. code .. "m" .. text .. "\27[0m"
end

return style
