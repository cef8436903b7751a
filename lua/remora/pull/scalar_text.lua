-- Single values as YAML 1.2 text that reads back as the same value: when a text may stand bare,
-- when it needs quotes and which. Knows nothing of maps, lists and lines.

local json = require "json"

local scalar_text = {}

-- Words of the core schema, those that YAML 1.1 readers (editors, linters) take for booleans, and
-- its merge key.
local WORDS = { ["<<"] = true }
for _, word in ipairs { "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n" } do
  for _, spelled in ipairs { word, word:upper(), (word:gsub("^%l", string.upper)) } do
    WORDS[spelled] = true
  end
end

-- Most texts: no character in them means anything wherever it stands.
local HARMLESS = "^%w[%w_./-]*$"

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"',
  ["\0"] = "\\0" }

-- Characters outside ASCII that must be escaped: C1 controls, line ends of YAML 1.1, marks that are
-- no characters.
local function is_hidden(point)
  return point >= 0x80 and point < 0xA0 or point == 0x2028 or point == 0x2029
    or point == 0xFEFF or point == 0xFFFE or point == 0xFFFF
end

local function escape_wide(character)
  local point = utf8.codepoint(character)
  return is_hidden(point) and ("\\u%04X"):format(point) or character
end

local function escape_byte(byte)
  return ESCAPES[byte] or ("\\x%02X"):format(byte:byte())
end

-- Whether a text has characters that only double quotes can hold.
local function needs_escapes(text)
  if text:find("[%c\127]") then return true end
  if not text:find("[\x80-\xFF]") then return false end
  for _, point in utf8.codes(text) do
    if is_hidden(point) then return true end
  end
  return false
end

local function double_quoted(text)
  return '"' .. text:gsub('[%c\127\\"]', escape_byte):gsub("[\xC2-\xF4][\x80-\xBF]+", escape_wide)
    .. '"'
end

local NAMED_NUMBERS = { [".inf"] = true, ["+.inf"] = true, ["-.inf"] = true, [".nan"] = true }
local DECIMAL = "^[-+]?%.?%d[%d_]*%.?[%d_]*"
local PLAIN_NUMBER, EXPONENTIAL = DECIMAL .. "$", DECIMAL .. "[eE][-+]?%d+$"

-- Whether a bare text would be read as a number (or could be, by readers of YAML 1.1).
local function looks_numeric(text)
  return text:find(PLAIN_NUMBER) ~= nil or text:find(EXPONENTIAL) ~= nil
    or text:find("^0[xob][%x_]*$") ~= nil
    or text:find("^[-+]?%d+:[%d:.]*$") ~= nil
    or NAMED_NUMBERS[text:lower()] ~= nil
end

local function means_more(text) return WORDS[text] or looks_numeric(text) end

-- Strict on purpose: the same text is written alike wherever it stands, also inside [ ] and { }.
local function may_stand_bare(text)
  return text ~= "" and not means_more(text)
    and not text:find("^[%s%-?:,%[%]{}#&*!|>'\"%%@`=]") and not text:find("^%.%.%.")
    and not text:find("[%s:]$") and not text:find("[,%[%]{}]")
    and not text:find(":[ ?]") and not text:find(" #", 1, true)
end

---A text in the one way it is written: bare, in double quotes, or in single ones where that saves
---backslashes.
---@param text string UTF-8
---@return string
function scalar_text.string(text)
  if text:find(HARMLESS) then return means_more(text) and '"' .. text .. '"' or text end
  if needs_escapes(text) then return double_quoted(text) end
  if may_stand_bare(text) then return text end
  if text:find('[\\"]') and not text:find("'", 1, true) then return "'" .. text .. "'" end
  return double_quoted(text)
end

local function number(value)
  if value ~= value then return ".nan" end
  if value == math.huge then return ".inf" end
  if value == -math.huge then return "-.inf" end
  return json.encode(value)
end

---Any single value.
---@param value string|number|boolean|lightuserdata json.null for null
---@return string
function scalar_text.of(value)
  if type(value) == "string" then return scalar_text.string(value) end
  if type(value) == "number" then return number(value) end
  if value == json.null then return "null" end
  return tostring(value)
end

---Whether a text reads well as a block under "|-": several lines, nothing to escape, no blank that
---one could not see.
---@param text string
---@return boolean
function scalar_text.is_block(text)
  if not text:find("\n", 1, true) or needs_escapes((text:gsub("\n", ""))) then return false end
  return not text:find("^%s") and not text:find("%s$") and not text:find("[ \t]\n")
end

---A text as part of a comment: on one line, without characters that readers refuse.
---@param text string
---@return string
function scalar_text.comment(text)
  return (text:gsub("[%c\127]", escape_byte):gsub("[\xC2-\xF4][\x80-\xBF]+", escape_wide))
end

return scalar_text
