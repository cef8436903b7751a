-- Puts the sections of files together; what they decide twice is for others to refuse. The module
-- is the function.

local json = require "json"

---Adds the sections of a file to those of others.
---@param sections table<string, table> by name, each a list or a map; those that are new are made
---@param more table<string, table> left as they are
return function(sections, more)
  for name, section in pairs(more) do
    local is_list = json.is_array(section)
    local joined = sections[name] or (is_list and json.array {} or {})
    sections[name] = joined
    if is_list then
      table.move(section, 1, #section, #joined + 1, joined)
    else
      for key, value in pairs(section) do joined[key] = value end
    end
  end
end
