-- Items of a run as a tree of names: set, module, host, process. Siblings in which all is alike
-- become one branch. Owns what stands where; knows no HTML.

local json = require "json"
local order = require "remora.core.order"

local HOST = 3 -- the depth of hosts, below set and module

---@class remora.journal.Branch
---@field names string[] of the siblings that it stands for
---@field items remora.journal.Item[] what is to be done to the object itself
---@field branches remora.journal.Branch[] below it
---@field last string[]? names of the one branch below it that needs none of its own
---@field count integer of all items in it, for all its names
---@field undone table<remora.journal.State, integer> how many of these are not done
---@field common remora.reconcile.Change|false|nil what all of them have in common; false: nothing

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
  return { names = { name }, below = {}, items = {}, branches = {}, count = 0, undone = {} }
end

local function add(branch, item, like)
  if branch.count == 0 then
    branch.common, branch.like = item.change, like
  elseif branch.like ~= like then
    branch.common = false
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
      branch.below[name] = branch.below[name] or new_branch(name)
      branch = branch.below[name]
      add(branch, item, like)
    end
    table.insert(branch.items, item)
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

-- Gives what a branch holds as a text that is equal for those that hold the same.
local function fold(branch, depth)
  local content, by_content = json.array {}, {}
  for _, item in ipairs(branch.items) do
    table.insert(content, item.state .. likeness(item.change))
  end
  for _, below in order.pairs(branch.below) do
    local its = fold(below, depth + 1)
    if by_content[its] then
      join(by_content[its], below)
    else
      by_content[its] = below
      table.insert(branch.branches, below)
    end
    table.insert(content, json.encode { below.names[1], its })
  end
  if depth == HOST then shorten(branch) end
  return json.encode(content)
end

---The items of a run as a tree.
---@param items remora.journal.Item[]
---@return remora.journal.Branch[]
return function(items)
  local root = grow(items)
  fold(root, 0)
  return root.branches
end
