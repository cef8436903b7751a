-- Takes playbooks apart at random: what one file says is said by several, some given and some
-- included by others, in other directories and more than once. Owns how they are cut; every cut
-- says the same.

local fs = require "tests.support.fs"
local json = require "json"
local order = require "remora.core.order"

local MOST_FILES = 4

-- What every file says for itself; the rest are sections.
local HEAD = { playbook = true, business = true, api = true }

local function empty_like(section)
  return json.is_array(section) and json.array {} or {}
end

-- Deals the entries of all sections out to some files.
local function deal(r, trees, parts)
  for _, tree in ipairs(trees) do
    for name, section in order.pairs(tree) do
      if not HEAD[name] then parts[1][name] = parts[1][name] or empty_like(section) end
      for key, entry in order.pairs(HEAD[name] and {} or section) do
        local part = parts[r:next(#parts)]
        part[name] = part[name] or empty_like(section)
        part[name][json.is_array(section) and #part[name] + 1 or key] = entry
      end
    end
  end
end

-- Who brings in whom: a file is given, or in a directory below and included by earlier ones.
local function arrange(r, parts)
  local paths, given = { "1.yml" }, { "1.yml" }
  for i = 2, #parts do
    local is_given = r:chance(40)
    paths[i] = (is_given and "" or "parts/") .. i .. ".yml"
    if is_given then given[#given + 1] = paths[i] end
    local includer = not is_given and r:next(i - 1)
    for k = 1, i - 1 do
      if k == includer or r:chance(15) then
        local part = parts[k]
        part.include = part.include or json.array {}
        local from = paths[k]:find("/") and "../" or ""
        table.insert(part.include, from .. paths[i])
      end
    end
  end
  return paths, given
end

---Writes playbooks in other files than they are.
---@param r table tests.support.draws
---@param trees table[] playbook files as they were parsed
---@param directory string
---@return string[] given paths for the command line
return function(r, trees, directory)
  local parts = {}
  for i = 1, r:next(MOST_FILES) do
    parts[i] = { api = trees[1].api, business = (i == 1 or r:chance(50)) and trees[1].business
      or nil }
  end
  parts[1].playbook = trees[1].playbook
  deal(r, trees, parts)
  local paths, given = arrange(r, parts)
  for i, part in ipairs(parts) do fs.write(directory .. "/" .. paths[i], json.encode(part)) end
  for i, path in ipairs(given) do given[i] = directory .. "/" .. path end
  return given
end
