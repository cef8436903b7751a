-- Loads playbooks: files → variables → checks → one normal form. Offline; contacts nothing.
-- The module is the function: local load = require "remora.playbook.load".
--
-- load(paths, options) → pb | nil, fault (one fault; several errors are its `faults`).
--   options.vars        list of "NAME=VALUE" texts (--var), or a map name → value
--   options.vars_files  list of paths (--vars-file)
--   options.env         map of environment variables; nil: this process's own
--
-- pb = { name, files = list of paths, business = name or id, api = "cc"|"v3",
--        sections = { service_templates?, instances?, hosting?, processes? },   only those written
--        at = function(container, key?, side?) → place | nil }
--   `at` gives the place of any key of any table of `sections` (key nil: the table itself), for
--   faults: {file, line, column, excerpt}, or {file, path} in a Lua playbook; side "key" points at
--   the key instead of its value. at(pb, "business") gives the place of a head key.
--
-- Every value below is checked; names of fields are the platform's. json.null means "set to
-- nothing", an absent field "not declared". Lists are json arrays.
--
-- sections.service_templates: map name → {
--   category = text?, prune = boolean, processes = map name → {
--     protect? = true, ignore? = set of fields,         also of instance and hosting rules
--     <field> = { value = any|json.null, as_default_value = boolean },      bare values are locked
--     bind_info = { as_default_value = boolean, value = list of {
--       row_id = integer?,
--       ip, port, protocol, enable = { value, as_default_value } } } } }
--   ip.value is an id "1".."8" or json.null (then never locked), port.value one port or range as
--   text, protocol.value an id "1".."4", enable.value a boolean. All four cells are always there.
--   bk_func_name may be absent: fine for a template that exists, not for a new one.
--
-- sections.instances: list of {
--   where = { set?, module?, service_instance? = lists of name|glob|id, hosts? = list of IP texts,
--             host_ids? = list of ids, labels? = map text → text },          never empty
--   prune = boolean, processes = map name → {
--     <field> = value|json.null,
--     bind_info = list of { template_row_id?, ip?, port?, protocol?, enable? } } }
--   plain values: ip a literal address or "", port text, protocol id, enable boolean; a row without
--   template_row_id always has port, protocol and enable.
--
-- sections.hosting: list of { where = as above and process? = list of names or globs,
--   state = "hosted"|"unhosted"|"running"|"stopped", via = "job"|"gse", owner?,
--   type = 0 periodic|1 resident|2 once, cpu_lmt?, mem_lmt?, cycle_time?, cfg_path?, log_path?,
--   op_timeout?, start_check_begin_time?, start_check_end_time?, rollout? = { batch = {percent=}|{count=},
--   order = "priority"|"none", pause = seconds, max_failures } }
--
-- sections.processes (api v3 only): map name → { <field> = value|json.null, bind_ip? = id,
--   protocol? = id, port? = text, modules? = list of module names, prune = boolean }
--   prune: bindings to modules that are not listed are removed.
--
-- Beside `prune` an inverse (reconcile/inverse.lua) has gone = map name → true: these few are
-- removed. No file can say so.

local document = require "remora.playbook.document"
local fault = require "remora.core.fault"
local sandbox = require "remora.playbook.sandbox"
local scalar = require "remora.core.scalar"
local schema = require "remora.core.schema"
local source = require "remora.playbook.source"
local merge = require "remora.playbook.merge"
local vars = require "remora.playbook.vars"

local function place_order(a, b)
  a, b = a.at or {}, b.at or {}
  if a.line ~= b.line then return (a.line or 0) < (b.line or 0) end
  if a.column ~= b.column then return (a.column or 0) < (b.column or 0) end
  return (a.path or "") < (b.path or "")
end

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
  table.sort(faults, place_order)
  return faults
end

-- A file of variables and its source, which lends values to playbooks.
local function read_variables(path)
  local file, err = source.open(path)
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

-- The layers of variables above a playbook's own, strongest first. Read again for each playbook:
-- variables are replaced in place, and each playbook has a scope of its own.
local function outer_layers(options)
  local given, err = options.vars or {}
  if #given > 0 then
    given, err = vars.from_arguments(given)
    if not given then return nil, nil, err end
  end
  local layers, lenders, faults = { given }, {}, {}
  local paths = options.vars_files or {}
  for i = #paths, 1, -1 do
    local read
    read, err = read_variables(paths[i])
    if read then
      layers[#layers + 1], lenders[#lenders + 1] = read.values, read.source
    else
      table.insert(faults, 1, err)
    end
  end
  if #faults > 0 then return nil, nil, fault.list(faults) end
  return layers, lenders
end

local function flatten(layers)
  local flat = {}
  for i = #layers, 1, -1 do
    for name, value in pairs(layers[i]) do flat[name] = value end
  end
  return flat
end

local function read_tree(file, layers)
  local tree, err
  if file.language == "lua" then
    tree, err = sandbox.run(file, flatten(layers))
  else
    tree, err = file:parse()
  end
  if err then return nil, err end
  if source.is_empty(tree) then
    return nil, fault.new { code = "playbook.empty", at = file:place(),
      message = "the playbook is empty",
      hint = "start with business: NAME and a section such as service_templates:" }
  end
  return tree
end

local function replace_variables(tree, layers, env, report)
  if not document.are_variables(tree) then return {} end -- the schema says so
  if tree.vars ~= nil then
    if document.are_variables(tree.vars) then
      layers[#layers + 1] = tree.vars
    else
      report("vars", ('"vars" must be a map of names to values, not %s'):format(
        scalar.show(tree.vars)))
    end
  end
  local scope = vars.scope(layers, env)
  scope:walk({ container = tree }, "vars")
  return scope.problems
end

-- One file, checked: {source, tree (normal form), origin} | nil, faults, tree as far as read.
local function load_file(path, options)
  local file, err = source.open(path)
  if not file then return nil, { err } end
  local layers, lenders
  layers, lenders, err = outer_layers(options)
  if not layers then return nil, { err } end
  file.lenders = lenders
  local tree
  tree, err = read_tree(file, layers)
  if err then return nil, { err } end

  local problems, root = {}, { container = tree }
  local function report(key, message, hint)
    problems[#problems + 1] = { code = "value", node = root, key = key, side = "key",
      message = message, hint = hint }
  end
  for _, each in ipairs(replace_variables(tree, layers, options.env, report)) do
    table.insert(problems, each)
  end
  local checked, found, origin = schema.check(document.shape, tree)
  table.move(found, 1, #found, #problems + 1, problems)
  if type(tree) == "table" then document.foreign_sections(tree, report) end
  if #problems > 0 then return nil, to_faults(file, problems), tree end
  return { source = file, tree = checked, origin = origin }
end

---Loads playbooks into one normal form; see the head of this file for its shape.
---@param paths string[] at least one; .lua files are run, all others are YAML
---@param options {vars: table?, vars_files: string[]?, env: table<string, string>?}|nil
---@return table|nil pb
---@return table|nil fault all errors of all files
return function(paths, options)
  local loaded, faults, business = {}, {}, false
  for _, path in ipairs(paths) do
    local file, found, tree = load_file(path, options or {})
    if file then
      loaded[#loaded + 1], tree = file, file.tree
    else
      table.move(found, 1, #found, #faults + 1, faults)
    end
    -- A file that cannot be read may well have named it.
    business = business or not document.are_variables(tree) or tree.business ~= nil
  end
  if not business then
    table.insert(faults, 1, fault.new { code = "playbook.missing", at = { file = paths[1] },
      message = '"business" is missing', hint = "name it or give its id: business: demo" })
  end
  if #faults > 0 then return nil, fault.list(faults) end
  return merge(loaded)
end
