-- Percent-encoding of texts in URLs (RFC 3986, section 2.1). Pure.

local percent = {}

---A text as it may stand anywhere in a URL.
---@param text string
---@return string
function percent.encoded(text)
  return (text:gsub("[^%w%-._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

---The text that an encoded one stands for; what is no encoding stays as it is.
---@param text string
---@return string
function percent.decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

return percent
