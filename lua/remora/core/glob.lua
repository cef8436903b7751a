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

return glob
