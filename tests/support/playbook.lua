-- Playbooks for tests: texts are written to a file of their own, loaded and removed again.
-- Owns no expectation.

local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local load = require "remora.playbook.load"

local playbook = {}

local function write_all(directory, texts, name)
  local paths = {}
  for i, text in ipairs(texts) do
    paths[i] = ("%s/%d-%s"):format(directory.path, i, name)
    fs.write(paths[i], text)
  end
  return paths
end

---Loads texts as playbooks.
---@param texts string|string[] YAML, or Lua with options.extension = "lua"
---@param options table|nil as of remora.playbook.load; vars_texts: texts of variable files
---@return table|nil pb
---@return table|nil fault
---@return string[] paths the files as they were called
function playbook.load(texts, options)
  options = options or {}
  local directory <close> = fs.temporary()
  local paths = write_all(directory, type(texts) == "table" and texts or { texts },
    "playbook." .. (options.extension or "yml"))
  local vars_files = write_all(directory, options.vars_texts or {}, "vars.yml")
  local pb, refused = load(paths,
    { vars = options.vars, vars_files = vars_files, env = options.env or {} })
  return pb, refused, paths
end

---The errors of a playbook, each as "line:column message" (or "path message" for Lua).
---@param texts string|string[]
---@param options table|nil
---@return string[]
function playbook.errors(texts, options)
  local _, refused, paths = playbook.load(texts, options)
  local errors = {}
  for i, each in ipairs(refused and (refused.faults or { refused }) or {}) do
    assert(fault.is(each))
    local text = fault.place(each.at) .. " " .. each.message
    for number, path in ipairs(paths) do
      text = text:gsub(path:gsub("%p", "%%%0") .. ":?", number == 1 and "" or number .. ":")
    end
    errors[i] = text
  end
  return errors
end

---A playbook that is sound, as lines; the place of a line is its number.
---@param lines string[] below `business: demo`
---@return string
function playbook.text(lines)
  return "business: demo\n" .. table.concat(lines, "\n") .. "\n"
end

return playbook
