-- Which part of a plan is wanted this time: globs on the labels of changes. Owns what a glob
-- covers; whoever schedules asks it. Remembers nothing but which globs ever fitted a label.
--
-- A glob has the form of a label and is compared part by part: `web/nginx`, `prod-1/web/*`. It
-- covers everything below what it names. A target also covers what it names lies in, because a
-- process of a template that does not exist yet needs the template first.

local glob = require "remora.core.glob"

local selection = {}
selection.__index = selection

---In the place of a part of a label that nobody has read: any glob may fit it.
selection.ANY = true

local function parts_of(wanted)
  local tests = {}
  for part in wanted:gmatch("[^/]+") do tests[#tests + 1] = glob.matcher(part) end
  return tests
end

local function wishes(flag, globs)
  local list = {}
  for i, wanted in ipairs(globs) do
    list[i] = { parts = parts_of(wanted), said = flag .. " " .. wanted, met = false }
  end
  return list
end

---@param targets string[] globs; none: everything
---@param excludes string[] globs; they win over targets
---@return table? selection nil: everything is wanted
function selection.new(targets, excludes)
  if #targets + #excludes == 0 then return nil end
  return setmetatable({ targets = wishes("--target", targets),
    excludes = wishes("--exclude", excludes) }, selection)
end

-- Whether the parts that both have agree. A glob that agrees with a label that is as long was spelt
-- right; one that is longer may end in anything.
local function agrees(wish, label)
  for i = 1, math.min(#wish.parts, #label) do
    if label[i] ~= selection.ANY and not wish.parts[i](label[i]) then return false end
  end
  wish.met = wish.met or #wish.parts <= #label
  return true
end

---Whether a change is wanted.
---@param label string[]
---@return boolean
function selection:takes(label)
  local taken = #self.targets == 0
  for _, wish in ipairs(self.targets) do taken = agrees(wish, label) or taken end
  for _, wish in ipairs(self.excludes) do
    if agrees(wish, label) and #wish.parts <= #label then taken = false end
  end
  return taken
end

local function unmet(self)
  local list = {}
  for _, wishes_of in ipairs { self.targets, self.excludes } do
    for _, wish in ipairs(wishes_of) do
      if not wish.met then list[#list + 1] = wish.said end
    end
  end
  return list
end

---The globs that fit nothing, with their flags: most likely misspelt. Of what is as it should be no
---change was asked about, so where a glob fitted none, the kinds tell their labels.
---@param kinds table[]
---@param pb table
---@param after fun(): table what there will be; what goes was asked about
---@return string[] "--target wbe"
function selection:unmet(kinds, pb, after)
  for _, kind in ipairs(#unmet(self) > 0 and kinds or {}) do
    kind.labels(pb, after(), function(label) self:takes(label) end)
  end
  return unmet(self)
end

return selection
