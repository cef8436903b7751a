-- Names with wildcards, as playbooks, command lines and fault rules write them: * stands for any
-- text, ? for one character. Pure.

local glob = {}

local MAGIC = "[%^%$%(%)%%%.%[%]%+%-]"

---Whether a text has wildcards.
---@param text any
---@return boolean
function glob.is(text)
  return type(text) == "string" and text:find("[*?]") ~= nil
end

---A test for what is named.
---@param wanted string|integer a name, a glob or an id
---@return fun(name: string, id: integer|string|nil): boolean
function glob.matcher(wanted)
  if math.type(wanted) == "integer" then
    return function(_, id) return id == wanted end
  end
  if not glob.is(wanted) then
    return function(name) return name == wanted end
  end
  local pattern = "^" .. wanted:gsub(MAGIC, "%%%0"):gsub("%*", ".*")
    :gsub("%?", utf8.charpattern) .. "$"
  return function(name) return name:find(pattern) ~= nil end
end

---A test for what any of a list names.
---@param list (string|integer)[] names, globs or ids
---@return fun(name: string, id: integer|string|nil): boolean
function glob.any(list)
  local named, tests = {}, {} -- there may be thousands of names
  for _, wanted in ipairs(list) do
    if glob.is(wanted) then tests[#tests + 1] = glob.matcher(wanted) else named[wanted] = true end
  end
  return function(name, id)
    if named[name] or math.type(id) == "integer" and named[id] then return true end
    for _, matches in ipairs(tests) do
      if matches(name, id) then return true end
    end
    return false
  end
end

return glob
