-- What Tab offers: names and members that exist, the arguments of the call whose braces the cursor
-- is in, names of calls in quotes. Pure; putting it on the screen is the prompt's affair.

local catalogue = require "remora.catalogue"

local complete = {}

local OPENING = { ["{"] = true, ["("] = true }

-- The brackets that are open at the end of a text, outermost first, each with its mark, the word
-- before it and the last text in quotes behind it; then the quoted text that is still open, if any.
local function open_brackets(text)
  local open, at, word = {}, 1, ""
  while at <= #text do
    local quote, name = text:match("^[\"']", at), text:match("^[%a_][%w_.]*", at)
    if quote then
      local last = text:find(quote, at + 1, true)
      if not last then return open, text:sub(at + 1) end
      if open[#open] then open[#open].quoted = text:sub(at + 1, last - 1) end
      at, word = last + 1, ""
    elseif name then
      at, word = at + #name, name
    else
      local mark = text:sub(at, at)
      if OPENING[mark] then
        open[#open + 1], word = { mark = mark, word = word }, ""
      elseif mark == "}" or mark == ")" then
        open[#open], word = nil, ""
      elseif mark ~= "=" and not mark:find("%s") then
        word = ""
      end
      at = at + 1
    end
  end
  return open
end

-- The row that a word such as "remora.cc.search_set" names.
local function row_of(word)
  local key = word:match("^remora%.([%w_]+%.[%w_]+)$")
  return key and catalogue.get(key) or nil
end

-- The fields that can stand where the text ends, nil outside of any call.
local function fields_at(open)
  local fields, list
  for i, bracket in ipairs(open) do
    local row = row_of(bracket.word)
    if not row and i > 1 and bracket.word == "" and open[i - 1].quoted then
      row = catalogue.get(open[i - 1].quoted) -- remora.pages("cc.search_set", {
    end
    if row and bracket.mark == "(" then
      fields, list = nil, row.takes -- remora.cc.search_set({
    elseif row then
      fields, list = row.takes, nil
    elseif list and bracket.word == "" then
      fields, list = list, nil
    elseif fields then
      local inner
      for _, field in ipairs(fields) do
        if field[1] == bracket.word then inner = field end
      end
      list = inner and type(inner.items) == "table" and inner.items or nil
      fields = inner and inner.fields or nil
    end
  end
  return fields
end

local function members_of(env, path)
  local value = env
  for part in path:gmatch("[^.]+") do
    value = type(value) == "table" and rawget(value, part) or nil
  end
  return type(value) == "table" and value or {}
end

local function add_names(found, map, start, prefix)
  for name, value in next, map do
    if type(name) == "string" and name:sub(1, #start) == start and name:find("^[%a_][%w_]*$") then
      found[#found + 1] = prefix .. name .. (type(value) == "table" and next(value) and "." or "")
    end
  end
end

---What the word at the end of a text may become.
---@param text string everything before the cursor, earlier lines too
---@param env table globals of the script
---@return string[] whole words in order
---@return string word what is there of it now
function complete.words(text, env)
  local found = {}
  local open, quoted = open_brackets(text)
  if quoted then
    for _, row in ipairs(catalogue.rows()) do
      if row.key:sub(1, #quoted) == quoted then found[#found + 1] = row.key end
    end
    table.sort(found)
    return found, quoted
  end
  local word = text:match("[%a_][%w_.]*$") or ""
  local path, start = word:match("^(.*)%.([^.]*)$")
  if path then
    add_names(found, members_of(env, path), start, path .. ".")
  else
    for _, field in ipairs(fields_at(open) or {}) do
      if field[1]:sub(1, #word) == word then found[#found + 1] = field[1] .. " = " end
    end
    -- Inside a call its arguments come alone until something else is begun.
    if #found == 0 and word ~= "" then add_names(found, env, word, "") end
  end
  table.sort(found)
  return found, word
end

---The longest beginning that all words share.
---@param words string[]
---@return string
function complete.common(words)
  local common = words[1] or ""
  for _, word in ipairs(words) do
    while word:sub(1, #common) ~= common do common = common:sub(1, -2) end
  end
  return common
end

---Words side by side, top down, as wide as the terminal.
---@param words string[]
---@param width integer columns
---@return string
function complete.columns(words, width)
  local cell = 0
  for _, word in ipairs(words) do cell = math.max(cell, #word + 2) end
  local across = math.max(1, width // cell)
  local down = (#words + across - 1) // across
  local lines = {}
  for line = 1, down do
    local cells = {}
    for i = line, #words, down do
      cells[#cells + 1] = words[i] .. (" "):rep(cell - #words[i])
    end
    lines[line] = table.concat(cells):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

return complete
