-- Which files of a commit are the playbooks: those that --path names, one by one, by a glob, or by
-- their directory. Reads nothing but names.

local fault = require "remora.core.fault"
local glob = require "remora.core.glob"

local files = {}

local EXTENSIONS = { yml = true, yaml = true, lua = true }

local function is_playbook(name)
  return EXTENSIONS[name:match("%.(%w+)$")] == true
end

local function join(directory, name)
  return directory == "" and name or directory .. "/" .. name
end

-- "./playbooks/" and "/playbooks" are "playbooks", and "." the top.
local function normal(path)
  return (path:gsub("^%.?/+", ""):gsub("/+$", ""):gsub("^%.$", ""))
end

-- Files of a directory whose names fit.
local function fitting(tree, directory, fits)
  local found = {}
  for name, type in pairs(tree:list(directory) or {}) do
    if type == "file" and fits(name) then found[#found + 1] = join(directory, name) end
  end
  table.sort(found)
  return found
end

local function named(tree, path)
  local directory, name = path:match("^(.-)/?([^/]*)$")
  if glob.is(name) then return fitting(tree, directory, glob.matcher(name)) end
  local type = path == "" and "directory" or (tree:list(directory) or {})[name]
  if type == "directory" then return fitting(tree, path, is_playbook) end
  return type == "file" and { path } or {}
end

local function missing(path)
  return fault.new { code = "watch.no_playbook",
    message = ("the repository has no playbook at %s"):format(path == "" and "its top" or path),
    hint = "--path names a playbook, a directory of them, or a glob such as 'shop/*.yml'" }
end

---The playbooks of a commit.
---@param tree remora.watch.Tree
---@param paths string[] none: the top directory
---@return string[]? files as paths in the repository, each one once
---@return table? fault one of the paths leads to none
function files.of(tree, paths)
  local list, seen, faults = {}, {}, {}
  for _, path in ipairs(#paths > 0 and paths or { "." }) do
    local found = named(tree, normal(path))
    if #found == 0 then faults[#faults + 1] = missing(normal(path)) end
    for _, file in ipairs(found) do
      if not seen[file] then list[#list + 1] = file end
      seen[file] = true
    end
  end
  if #faults > 0 then return nil, fault.list(faults) end
  return list
end

return files
