-- Where the variables of a playbook come from, strongest first: --var, --vars-file (the last one
-- first), the file's own `vars:`, the files of its `vars_files:` (the last one first).
-- Reads files of variables; replaces nothing.

local document = require "remora.playbook.document"
local fault = require "remora.core.fault"
local include = require "remora.playbook.include"
local scalar = require "remora.core.scalar"
local source = require "remora.playbook.source"
local vars = require "remora.playbook.vars"

local layers = {}

---@class remora.playbook.Layers
---@field [integer] table name → value, the strongest first
---@field lenders table[] sources of the files they came from

-- A file of variables and its source, which lends values to playbooks.
local function read_variables(path, read, named_in)
  local file, err = source.open(path, read, named_in)
  if not file then return nil, err end
  local values
  values, err = file:parse()
  if err then return nil, err end
  if not document.are_variables(values) then
    return nil, fault.new { code = "playbook.variable", at = file:place(1, 1),
      message = "a file of variables must be a map of names to values, not "
        .. scalar.show(values) }
  end
  return { values = values, source = file }
end

local function add(list, read)
  list[#list + 1] = read.values
  table.insert(list.lenders, read.source)
end

---The variables of the command line.
---@param options {vars: table?} as of load.lua
---@return table<string, any>? values by name
---@return table? fault
function layers.given(options)
  local given = options.vars or {}
  if #given > 0 then return vars.from_arguments(given) end
  return given
end

---The layers above a playbook's own. Read again for each playbook: variables are replaced in place,
---and each playbook has a scope of its own.
---@param options {vars: table?, vars_files: string[]?} as of load.lua
---@return remora.playbook.Layers?
---@return table? fault
function layers.outer(options)
  local given, err = layers.given(options)
  if not given then return nil, err end
  local list, faults = { given, lenders = {} }, {}
  local paths = options.vars_files or {}
  for i = #paths, 1, -1 do
    local read
    read, err = read_variables(paths[i])
    if read then
      add(list, read)
    else
      table.insert(faults, 1, err)
    end
  end
  if #faults > 0 then return nil, fault.list(faults) end
  return list
end

-- The files that a playbook names, each with its key; nothing when they are not texts, which the
-- schema says.
local function named(tree)
  local value = tree.vars_files
  if type(value) == "string" then return { value }, tree, "vars_files" end
  for _, path in ipairs(type(value) == "table" and value or {}) do
    if type(path) ~= "string" then return {} end
  end
  return type(value) == "table" and value or {}, value
end

local function refusal(path, written, root)
  if written:find(vars.MARK, 1, true) then
    return '"vars_files" cannot use variables, they come from it', "write the path out"
  elseif not include.below(path, root) then
    return ('"%s" lies outside the directory of %s'):format(path, root),
      "give it with --vars-file, or move it"
  end
end

---Adds the layers that a playbook brings itself.
---@param list remora.playbook.Layers
---@param tree table the playbook as parsed, a map
---@param place {file: string, root: string} paths of the file and of the playbook it belongs to
---@param report fun(container: table, key: any, message: string, hint: string?, side: "key"?)
---@param read (fun(path: string, most: integer): string?, table?)|nil as of source.open
---@return table[] faults inside files of variables
function layers.own(list, tree, place, report, read)
  if tree.vars ~= nil then
    if document.are_variables(tree.vars) then
      list[#list + 1] = tree.vars
    else
      report(tree, "vars", ('"vars" must be a map of names to values, not %s'):format(
        scalar.show(tree.vars)), nil, "key")
    end
  end
  local faults, paths, container, key = {}, named(tree)
  for i = #paths, 1, -1 do
    local path = include.path(place.file, paths[i])
    local words, hint = refusal(path, paths[i], place.root)
    if not words then
      local found, err = read_variables(path, read, place.file)
      if found then
        add(list, found)
      elseif err.code == "playbook.unreadable" then
        words, hint = ('"%s" %s'):format(path, err.message), err.hint
      else
        table.insert(faults, 1, err)
      end
    end
    if words then report(container, key or i, words, hint) end
  end
  return faults
end

return layers
