-- Items of a run as a tree of names: set, module, host, process, in the order of the plan. Siblings
-- in which all is alike become one branch. Owns what stands where; knows no HTML.

local json = require "json"

local HOST = 3 -- the depth of hosts, below set and module

---@class remora.journal.Branch
---@field names string[] of the siblings that it stands for
---@field items remora.journal.Item[] what is to be done to the object itself
---@field branches remora.journal.Branch[] below it
---@field last string[]? names of the one branch below it that needs none of its own
---@field count integer of all items in it, for all its names
---@field undone table<remora.journal.State, integer> how many of these are not done
---@field kinds remora.reconcile.Change[] one of each kind in it: a branch may be all alike

-- What has a place stands under it, templates and the like under their kind.
local function path_of(change)
  if #change.label >= 3 then return change.label end
  return { (change.kind:gsub("_", " ")), table.unpack(change.label) }
end

-- Equal for changes that differ in nothing but where their object is.
local function likeness(change)
  return json.encode { change.label[4] or "", change.type, change.action, change.fields,
    change.cascades or {} }
end

local function new_branch(name)
  return { names = { name }, below = {}, order = {}, items = {}, likes = {}, branches = {},
    count = 0, undone = {}, kinds = {} }
end

local function below(branch, name)
  if not branch.below[name] then
    branch.below[name] = new_branch(name)
    table.insert(branch.order, name)
  end
  return branch.below[name]
end

local function add(branch, item, like)
  if not branch.kinds[like] then
    branch.kinds[like] = true
    table.insert(branch.kinds, item.change)
  end
  branch.count = branch.count + 1
  if item.state ~= "done" then
    branch.undone[item.state] = (branch.undone[item.state] or 0) + 1
  end
end

local function grow(items)
  local root = new_branch("")
  for _, item in ipairs(items) do
    local branch, like = root, likeness(item.change)
    for _, name in ipairs(path_of(item.change)) do
      branch = below(branch, name)
      add(branch, item, like)
    end
    table.insert(branch.items, item)
    table.insert(branch.likes, like)
  end
  return root
end

local function join(branch, sibling)
  table.insert(branch.names, sibling.names[1])
  branch.count = branch.count + sibling.count
  for state, count in pairs(sibling.undone) do
    branch.undone[state] = branch.undone[state] + count
  end
end

-- A host on which one process changes needs no branch for that one alone.
local function shorten(branch)
  local only = branch.branches[1]
  if #branch.items > 0 or #branch.branches ~= 1 then return end
  branch.last = only.names
  branch.items, branch.branches = only.items, {}
end

-- Joins what is alike below a branch. Gives a number that is the same for branches that hold the
-- same: texts would grow with each level.
local function fold(branch, depth, numbers)
  local content, by_number = {}, {}
  for i, item in ipairs(branch.items) do content[i] = item.state .. branch.likes[i] end
  for _, name in ipairs(branch.order) do
    local next_branch = branch.below[name]
    local number = fold(next_branch, depth + 1, numbers)
    if by_number[number] then
      join(by_number[number], next_branch)
    else
      by_number[number] = next_branch
      table.insert(branch.branches, next_branch)
    end
    table.insert(content, name .. "\0" .. number)
  end
  if depth == HOST then shorten(branch) end
  local text = table.concat(content, "\0\0")
  if not numbers.of[text] then
    numbers.last = numbers.last + 1
    numbers.of[text] = numbers.last
  end
  return numbers.of[text]
end

---The items of a run as a tree.
---@param items remora.journal.Item[]
---@return remora.journal.Branch[]
return function(items)
  local root = grow(items)
  fold(root, 0, { last = 0, of = {} })
  return root.branches
end
