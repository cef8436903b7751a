-- Loads one playbook file: text → variables → checks → normal form, with the place of every value.
-- The module is the function. Follows no `include:`; load.lua does.

local document = require "remora.playbook.document"
local fault = require "remora.core.fault"
local json = require "json"
local layers = require "remora.playbook.layers"
local sandbox = require "remora.playbook.sandbox"
local schema = require "remora.core.schema"
local source = require "remora.playbook.source"
local vars = require "remora.playbook.vars"

-- Problems of one file as faults in the order of the file. An anchor used twice repeats its
-- problem at the same place: said once. Below a variable that failed nothing else is said.
local function to_faults(file, problems)
  local faults, said, failed = {}, {}, {}
  for _, each in ipairs(problems) do
    local container = each.node and each.node.container or file
    local keys = failed[container] or {}
    failed[container] = keys
    if each.code == "variable" then
      keys[each.key or 0] = true
    end
    if each.code == "variable" or not keys[each.key or 0] then
      local at = file:locate(each.node, each.key, each.side, each.token)
      local identity = fault.place(at) .. "\0" .. each.message
      if not said[identity] then
        said[identity] = true
        faults[#faults + 1] = fault.new { code = "playbook." .. each.code, message = each.message,
          hint = each.hint, at = at }
      end
    end
  end
  return fault.sort(faults)
end

local function flatten(list)
  local flat = {}
  for i = #list, 1, -1 do
    for name, value in pairs(list[i]) do flat[name] = value end
  end
  return flat
end

local function read_tree(file, list, asked)
  local tree, err
  if file.language == "lua" then
    tree, err = sandbox.run(file, vars.noting(flatten(list), asked))
  else
    tree, err = file:parse()
  end
  if err then return nil, err end
  if tree == json.null then
    return nil, fault.new { code = "playbook.empty", at = file:place(),
      message = "the playbook is empty",
      hint = "start with business: NAME and a section such as service_templates:" }
  end
  return tree
end

-- The normal form of a tree whose variables are resolved, and where its parts come from.
local function check(tree, report, problems)
  local checked, found, origin = schema.check(document.shape, tree)
  table.move(found, 1, #found, #problems + 1, problems)
  if type(tree) == "table" then
    document.foreign_sections(tree, function(key, message, hint)
      report(tree, key, message, hint, "key")
    end)
  end
  return checked, origin
end

---@class remora.playbook.File a file that was checked
---@field source table remora.playbook.source
---@field tree table normal form
---@field origin table from each table of the tree to its node (remora.core.schema)
---@field variables table<string, true> that it uses, or that are defined for it but by --var

---Loads a file.
---@param path string
---@param chain string[] paths of the files that led here, the playbook that it is part of first
---@param options table as of load.lua
---@return remora.playbook.File? file
---@return table[]? faults
---@return any tree as far as it was read, beside faults
return function(path, chain, options)
  local file, err = source.open(path, options.read, chain[#chain])
  if not file then return nil, { err } end
  local list
  list, err = layers.outer(options)
  if not list then return nil, { err } end
  file.lenders = list.lenders
  local tree
  local variables = {}
  tree, err = read_tree(file, list, variables)
  if err then return nil, { err } end

  local problems, faults, top, scope = {}, {}, { container = tree }, nil
  local function report(container, key, message, hint, side)
    local node = container == tree and top or { container = container, parent = top }
    problems[#problems + 1] = { code = "value", node = node, key = key, message = message,
      hint = hint, side = side }
  end
  if document.are_variables(tree) then -- else the schema says so
    faults = layers.own(list, tree, { file = path, root = chain[1] or path }, report, options.read)
    if file:may_hold(vars.MARK) then
      scope = vars.scope(list, options.env, variables)
      scope:walk(top, "vars")
      table.move(scope.problems, 1, #scope.problems, #problems + 1, problems)
    end
  end
  local checked, origin = check(tree, report, problems)
  if scope then scope:advise(problems) end
  local all = to_faults(file, problems)
  table.move(faults, 1, #faults, #all + 1, all)
  if #all > 0 then return nil, all, tree end
  for i = 2, #list do
    for name in pairs(list[i]) do variables[name] = true end
  end
  return { source = file, tree = checked, origin = origin, variables = variables }
end
