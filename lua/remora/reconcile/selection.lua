-- Which part of a plan is wanted this time: globs on the labels of changes. Owns what a glob
-- covers; whoever schedules asks it. Remembers nothing but which globs ever fitted.
--
-- A glob has the form of a label and is compared part by part: `web/nginx`, `prod-1/web/*`. It
-- covers everything below what it names. A target also covers what it names lies in, because a
-- process of a template that does not exist yet needs the template first.

local glob = require "remora.core.glob"

local selection = {}
selection.__index = selection

local function parts_of(wanted)
  local tests = {}
  for part in wanted:gmatch("[^/]+") do tests[#tests + 1] = glob.matcher(part) end
  return tests
end

local function all_parts(globs)
  local list = {}
  for i, wanted in ipairs(globs) do list[i] = parts_of(wanted) end
  return list
end

---@param targets string[] globs; none: everything
---@param excludes string[] globs; they win over targets
---@return table? selection nil: everything is wanted
function selection.new(targets, excludes)
  if #targets + #excludes == 0 then return nil end
  return setmetatable({ globs = targets, targets = all_parts(targets), met = {},
    excludes = all_parts(excludes) }, selection)
end

-- Whether the parts that both have agree.
local function agrees(tests, label)
  for i = 1, math.min(#tests, #label) do
    if not tests[i](label[i]) then return false end
  end
  return true
end

---Whether a change is wanted.
---@param label string[]
---@return boolean
function selection:takes(label)
  local taken = #self.targets == 0
  for i, tests in ipairs(self.targets) do
    if agrees(tests, label) then self.met[i], taken = true, true end
  end
  for _, tests in ipairs(self.excludes) do
    if #tests <= #label and agrees(tests, label) then return false end
  end
  return taken
end

---The targets that fitted no label so far: most likely misspelt.
---@return string[]
function selection:unmet()
  local list = {}
  for i, wanted in ipairs(self.globs) do
    if not self.met[i] then list[#list + 1] = wanted end
  end
  return list
end

return selection
