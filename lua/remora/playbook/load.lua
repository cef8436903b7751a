-- Loads playbooks: files → variables → checks → one normal form. Offline; contacts nothing.
-- The module is the function: local load = require "remora.playbook.load".
--
-- load(paths, options) → pb | nil, fault (one fault; several errors are its `faults`).
--   options.vars        list of "NAME=VALUE" texts (--var), or a map name → value
--   options.vars_files  list of paths (--vars-file)
--   options.env         map of environment variables; nil: this process's own
--   options.read        where playbooks and the files they name come from, as of source.open; files
--                       of --vars-file are always on the disk
-- A playbook brings in others with `include:` and variables with `vars_files:`. Every file has a
-- scope of variables of its own; what is included twice is loaded once.
--
-- pb = { name, playbooks = how many were asked for, files = list of paths,
--        business = name or id, api = "cc"|"v3",
--        sections = { service_templates?, instances?, hosting?, processes? },   only those written
--        parts = list of { file, sections },                            what each file contributes
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
--   op_timeout?, start_check_begin_time?, start_check_end_time?, rollout? = {
--     batch = {percent=}|{count=}, order = "priority"|"none", pause = seconds, max_failures } }
--
-- sections.processes (api v3 only): map name → { <field> = value|json.null, bind_ip? = id,
--   protocol? = id, port? = text, modules? = list of module names, prune = boolean }
--   prune: bindings to modules that are not listed are removed.
--
-- No file can say this; playbooks that are made by remora do. An inverse (undo/inverse.lua) has
--   gone = map name → true: these few are removed
--   never_made = true, in an instances rule map name → true: what is not there is not made anew
--   left_alone = set of ids of modules that are not synchronised, of a service template
-- Its hosting rules, and that of an operation by hand (hosting/by_hand.lua), name their targets:
--   given = list of remora.hosting.Given

local document = require "remora.playbook.document"
local fault = require "remora.core.fault"
local include = require "remora.playbook.include"
local layers = require "remora.playbook.layers"
local load_file = require "remora.playbook.file"
local merge = require "remora.playbook.merge"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"

local Loading = {}
Loading.__index = Loading

-- The files that a file includes; paths as they will be shown, and where each is named.
local function included(file)
  local list, tree = {}, file.tree
  for i, named in ipairs(tree.include or {}) do
    list[i] = { path = include.path(file.source.file, named),
      at = file.source:locate(file.origin[tree.include], i) }
  end
  return list
end

local function refuse(self, each, message, hint)
  self.faults[#self.faults + 1] = fault.new { code = "playbook.include", at = each.at,
    message = message, hint = hint }
end

-- The files that lead to one that is being included again, as text.
local function circle(chain, path)
  local names, inside = {}, false
  for _, name in ipairs(chain) do
    inside = inside or include.identity(name) == include.identity(path)
    if inside then names[#names + 1] = name end
  end
  names[#names + 1] = path
  return table.concat(names, " → ")
end

-- Whether a file may be included by the last one of a chain; says why not.
function Loading:accepts(each, chain)
  local identity = include.identity(each.path)
  for _, name in ipairs(chain) do
    if include.identity(name) == identity then
      refuse(self, each, "the playbook includes itself: " .. circle(chain, each.path),
        "take one of these includes out")
      return false
    end
  end
  if include.below(each.path, chain[1]) or self.given[identity] then return true end
  refuse(self, each, ('"%s" lies outside the directory of %s'):format(each.path, chain[1]),
    "name it on the command line as well, or move it")
  return false
end

-- Loads a file and what it includes. chain: the files that led here; at: where this one is named.
function Loading:add(path, chain, at)
  local identity = include.identity(path)
  if self.seen[identity] then return end
  self.seen[identity] = true
  local file, found, tree = load_file(path, chain, self.options)
  if not file then
    local missing = at and found[1].code == "playbook.unreadable" and found[1].at.file == path
    if missing then
      refuse(self, { at = at }, ('"%s" %s'):format(path, found[1].message), found[1].hint)
    else
      table.move(found, 1, #found, #self.faults + 1, self.faults)
    end
    -- A file that cannot be read may well have named it.
    self.business = self.business or not document.are_variables(tree) or tree.business ~= nil
    return
  end
  file.given = #chain == 0
  self.loaded[#self.loaded + 1] = file
  self.business = self.business or file.tree.business ~= nil
  for name in pairs(file.variables) do self.variables[name] = true end
  chain = table.move(chain, 1, #chain, 1, {})
  chain[#chain + 1] = path
  for _, each in ipairs(included(file)) do
    if self:accepts(each, chain) then self:add(each.path, chain, each.at) end
  end
end

-- Refuses variables of the command line that no file has a place for.
function Loading:refuse_unused()
  for name in order.pairs(layers.given(self.options)) do
    if not self.variables[name] then
      table.insert(self.faults, fault.new { code = "playbook.variable",
        message = ('no playbook uses the variable "%s" of --var'):format(name),
        hint = phrase.did_you_mean(name, self.variables) or "leave it out" })
    end
  end
end

---Loads playbooks into one normal form; see the head of this file for its shape.
---@param paths string[] at least one; .lua files are run, all others are YAML
---@param options {vars: table?, vars_files: string[]?, env: table<string, string>?,
---  read: (fun(path: string, most: integer): string?, table?)?}|nil
---@return table|nil pb
---@return table|nil fault all errors of all files
return function(paths, options)
  local loading = setmetatable({ options = options or {}, loaded = {}, faults = {}, seen = {},
    given = {}, variables = {} }, Loading)
  for _, path in ipairs(paths) do loading.given[include.identity(path)] = true end
  for _, path in ipairs(paths) do loading:add(path, {}) end
  if not loading.business then
    table.insert(loading.faults, 1, fault.new { code = "playbook.missing", at = { file = paths[1] },
      message = '"business" is missing', hint = "name it or give its id: business: demo" })
  end
  if #loading.faults == 0 then loading:refuse_unused() end
  if #loading.faults > 0 then return nil, fault.list(loading.faults) end
  return merge(loading.loaded)
end
