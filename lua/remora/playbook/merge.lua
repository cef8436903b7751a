-- Joins checked playbook files into one normal form and refuses what two entries decide twice.
-- The module is the function. Overlaps that only the live fleet shows are the planner's to find.

local add_sections = require "remora.playbook.sections"
local document = require "remora.playbook.document"
local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"

local MOST_NAMED = 2 -- of playbooks that are loaded together

local function base_name(path)
  return (path:match("([^/]+)$") or path):gsub("%.%w+$", "")
end

-- What all that was asked for is called; what a playbook includes is a part of it.
local function name_of(files)
  local names = {}
  for _, file in ipairs(files) do
    if file.given then
      names[#names + 1] = file.tree.playbook or base_name(file.source.file)
    end
  end
  return phrase.named(names, MOST_NAMED), #names
end

-- The place of a head key in one file.
local function head_place(file, key)
  return file.source:locate(file.origin[file.tree], key, "value")
end

-- Which file a table comes from. There may be thousands of both, so that they are sorted out once.
local function finder(files)
  local known
  return function(container)
    if #files == 1 then return files[1].origin[container] and files[1] or nil end
    if not known then
      known = setmetatable({}, { __mode = "k" })
      for i = #files, 1, -1 do
        for each in pairs(files[i].origin) do known[each] = files[i] end
      end
    end
    return known[container]
  end
end

-- The place of a key of any normal-form table. A merged table lies where its parts lie; a key of
-- the playbook itself, such as `business`, in the first file that has it.
local function locator(files, pb)
  local file_of = finder(files)
  return function(container, key, side)
    if container == pb then
      for _, file in ipairs(files) do
        if file.tree[key] ~= nil then return head_place(file, key) end
      end
      return nil
    end
    local file = file_of(container)
    local at = file and file.source:locate(file.origin[container], key, side)
    if at or key == nil then return at end
    local child = container[key]
    file = type(child) == "table" and file_of(child)
    if not file then return nil end
    local node = file.origin[child]
    return file.source:locate(node.parent, node.key, side or "key")
  end
end

-- The one value all files agree on.
local function agreed(files, key, faults)
  local first
  for _, file in ipairs(files) do
    local value = file.tree[key]
    if value ~= nil and first == nil then first = { value = value, file = file } end
    if value ~= nil and value ~= first.value then
      faults[#faults + 1] = fault.new { code = "playbook.conflict", at = head_place(file, key),
        message = ('"%s" is "%s" here and "%s" in %s'):format(key, value, first.value,
          first.file.source.file),
        hint = "playbooks that are loaded together speak of one business and one platform" }
    end
  end
  return first and first.value
end

-- The sections of one file.
local function part_of(file)
  local part = { file = file.source.file, sections = {} }
  for _, schema in ipairs(document.sections) do
    part.sections[schema.section] = file.tree[schema.section]
  end
  return part
end

-- Walks the claims of one section in all files, refusing the second of two equal ones.
local function check_claims(schema, files, at, faults)
  local containers, keys = {}, {} -- identity → what claimed it first
  for _, file in ipairs(files) do
    local section = file.tree[schema.section]
    if section then
      local found = {}
      schema.claims(section, function(identity, container, key, words, ...)
        local owner = containers[identity]
        if owner then
          found[#found + 1] = fault.new { code = "playbook.conflict",
            at = at(container, key, "key"), hint = "keep one of the two",
            message = ("%s is already set at %s"):format(words:format(...),
              fault.place(at(owner, keys[identity], "key"))) }
        else
          containers[identity], keys[identity] = container, key
        end
      end)
      fault.sort(found)
      table.move(found, 1, #found, #faults + 1, faults)
    end
  end
end

---Joins checked files.
---@param files table[] of {source, tree, origin, given: whether it was asked for and not included},
---  at least one
---@return table|nil pb see load.lua
---@return table|nil fault
return function(files)
  local faults, pb = {}, { files = {}, parts = {}, sections = {} }
  local at = locator(files, pb)
  pb.at = at
  pb.name, pb.playbooks = name_of(files)
  for i, file in ipairs(files) do
    pb.files[i], pb.parts[i] = file.source.file, part_of(file)
  end
  pb.business = agreed(files, "business", faults)
  pb.api = agreed(files, "api", faults)
  for _, schema in ipairs(document.sections) do
    check_claims(schema, files, at, faults)
  end
  for _, part in ipairs(pb.parts) do add_sections(pb.sections, part.sections) end
  if #faults > 0 then return nil, fault.list(faults) end
  return pb
end
