-- Texts without the secrets in them. Owns in which forms a secret is looked for, and what stands in
-- its place. Pure; which texts are secrets, others know.

local json = require "json"

local mask = {}

---What stands in place of a secret.
mask.MARK = "****"

local function longer(a, b)
  if #a ~= #b then return #a > #b end
  return a < b
end

local function in_json(text)
  return json.encode(text):sub(2, -2)
end

---All that secrets may look like: as they are, as JSON writes them, and as JSON writes a text that
---holds JSON, such as a platform's message that repeats the request.
---@param secrets string[] none of them empty
---@return string[] forms each once, the longest first: one may be a part of another one
function mask.forms(secrets)
  local forms, seen = {}, {}
  for _, secret in ipairs(secrets) do
    local written = in_json(secret)
    for _, form in ipairs { secret, written, in_json(written) } do
      if not seen[form] then seen[form], forms[#forms + 1] = true, form end
    end
  end
  table.sort(forms, longer)
  return forms
end

---A text with the mark in place of every secret.
---@param text string
---@param forms string[] of mask.forms
---@return string
function mask.hide(text, forms)
  for _, form in ipairs(forms) do
    if text:find(form, 1, true) then text = text:gsub(form:gsub("%p", "%%%0"), mask.MARK) end
  end
  return text
end

return mask
