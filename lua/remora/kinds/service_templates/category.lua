-- Resolves the category that a playbook names to the platform's id. Pure.

local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"
local values = require "remora.model.values"

local category = {}

local DEFAULT = "Default"
local MOST_NAMED = 30

local function indexed(state)
  local by_id, parents = {}, {}
  for _, row in ipairs(state.categories) do by_id[row.id] = row end
  for _, row in ipairs(state.categories) do
    if not values.unset(row.bk_parent_id) then parents[row.bk_parent_id] = true end
  end
  return by_id, parents
end

local function path_of(row, by_id)
  local parent = by_id[row.bk_parent_id]
  return parent and path_of(parent, by_id) .. "/" .. row.name or row.name
end

-- The categories that a template can have.
local function listed(paths)
  table.sort(paths)
  return ("there are: %s; those that have others below them cannot be used"):format(
    phrase.named(paths, MOST_NAMED))
end

---The id of a category given by leaf name or by path ("parent/child").
---@param state table with categories
---@param wanted string
---@param at table? place in the playbook
---@return integer? id
---@return table? fault unknown, not a leaf, or more than one
function category.find(state, wanted, at)
  local by_id, parents = indexed(state)
  local found, known, paths = {}, {}, {}
  for _, row in ipairs(state.categories) do
    local path = path_of(row, by_id)
    if not parents[row.id] then
      known[#known + 1] = row.name
      known[#known + 1] = path
      paths[#paths + 1] = path
      if row.name == wanted or path == wanted then found[#found + 1] = row end
    end
  end
  if #found == 1 then return found[1].id end
  if #found > 1 then
    return nil, fault.new { code = "playbook.ambiguous_category", at = at,
      message = ('more than one category is called "%s"'):format(wanted),
      hint = ('write parent/child, such as "%s"'):format(path_of(found[1], by_id)) }
  end
  return nil, fault.new { code = "playbook.unknown_category", at = at,
    message = ('there is no category "%s"'):format(wanted),
    hint = phrase.did_you_mean(wanted, known) or listed(paths) }
end

---The built-in category that a template gets when the playbook names none.
---@param state table
---@return integer? id
---@return table? fault
function category.default(state)
  return category.find(state, DEFAULT .. "/" .. DEFAULT)
end

---The path of a category for people.
---@param state table categories may not have been read
---@param id integer
---@return string|integer
function category.name(state, id)
  local by_id = state.categories and indexed(state) or {}
  return by_id[id] and path_of(by_id[id], by_id) or id
end

return category
