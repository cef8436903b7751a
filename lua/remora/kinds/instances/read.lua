-- Reads what planning the instances of a playbook needs: processes of the modules that its rules
-- match, with the fields they set; who is in a module only where instances may be missing.

local demand = require "remora.kinds.instances.demand"
local hosts = require "remora.observe.hosts"
local labels = require "remora.observe.labels"
local named_hosts = require "remora.observe.named_hosts"
local order = require "remora.core.order"
local process = require "remora.model.process"
local processes = require "remora.observe.processes"
local reach = require "remora.model.reach"
local sift = require "remora.kinds.instances.sift"
local templates = require "remora.observe.templates"
local topology = require "remora.observe.topology"

-- A list in two: what passes a test, and the others.
local function apart(list, test)
  local passing, others = {}, {}
  for _, item in ipairs(list) do
    local its = test(item) and passing or others
    its[#its + 1] = item
  end
  return passing, others
end

local function is_free(module) return module.template_id == 0 end

local function whole()
  local fields = { "bk_process_id" }
  return table.move(process.FIELDS, 1, #process.FIELDS, 2, fields)
end

local function read_declared_templates(reader, pb, state)
  if not pb.sections.service_templates then return true end
  return templates.read(reader, state)
end

local function template_ids(modules)
  local ids = {}
  for _, module in ipairs(modules) do ids[module.template_id] = true end
  return order.keys(ids)
end

local function read_free(reader, state, modules)
  return reader:together {
    function() return processes.read(reader, state, modules, whole()) end,
    function() return hosts.read_modules(reader, state, modules) end,
  }
end

-- What it takes to know which modules are in line, and what of them is as wanted.
local function read_standing(reader, pb, state, modules, earlier)
  return reader:together {
    function() return templates.read_need_sync(reader, state, reach.followers(pb, state)) end,
    function() return templates.read_processes(reader, state, template_ids(modules)) end,
    earlier,
  }
end

-- A module in line with a template that has processes has one instance per host. Only there may the
-- read be limited to the processes that are named, and only elsewhere can a host be without one.
local function in_line(module, state)
  local template = state.templates[module.template_id]
  return template and #template.processes > 0 and not state.need_sync[module.id]
end

-- Whether no other kind looks at processes; those that do count every process of a host.
local function is_alone(state) return #state.demands == 0 end

-- What is read of modules in line: the fields that are set, of processes with the names that stand
-- there, and how rows look that are as wanted, which is known when the standing is.
local function asked_of(reader, pb, state, modules, standing)
  local declared, names = demand.declared(pb.sections.instances)
  local known
  return { fields = order.keys(declared), names = names, patterns = function()
    known = known or standing:wait() and reader.sifts and sift.patterns(pb, state, modules) or {}
    return known
  end }
end

-- Where no template changes, most likely all are in line: their first page need not wait.
local function begin_early(reader, pb, state, modules, asked)
  if not is_alone(state) or not reader.sifts or pb.sections.service_templates
    or reader:remembers "processes" then
    return nil
  end
  return processes.begin(reader, state, modules, asked.fields, asked.names, asked.patterns)
end

-- Modules in line are read without what is as wanted. Those that are out of line are read whole; so
-- are all where other kinds look at processes too.
local function read_templated(reader, pb, state, modules, earlier)
  if #modules == 0 then return true end
  local standing = reader:start(read_standing, reader, pb, state, modules, earlier)
  local asked = asked_of(reader, pb, state, modules, standing)
  local begun <close> = begin_early(reader, pb, state, modules, asked)
  local done, refused = standing:wait()
  if not done then return nil, refused end
  local _, out_of_line = apart(modules, function(module) return in_line(module, state) end)
  local sifted, entire = apart(processes.unread(state, modules), function(module)
    return is_alone(state) and in_line(module, state)
  end)
  if begun and #entire > 0 then begun:close() end
  return reader:together {
    function()
      return processes.read(reader, state, sifted, asked.fields,
        { names = asked.names, patterns = asked.patterns(), begun = begun })
    end,
    function()
      if #entire == 0 then return true end
      return processes.read(reader, state, entire, demand.fields(pb, state))
    end,
    function() return hosts.read_modules(reader, state, out_of_line) end,
  }
end

---@param reader table
---@param pb table
---@param state table
---@param earlier fun(): boolean?, table?
---@return boolean? done
---@return table? fault
return function(reader, pb, state, earlier)
  local rules = pb.sections.instances
  state.patches_many = reader:is_direct()
  local done, refused = reader:together {
    function() return topology.read(reader, state) end,
    function() return named_hosts.read(reader, pb, state) end,
    function() return labels.read(reader, state, rules, state) end,
    function() return read_declared_templates(reader, pb, state) end,
  }
  if not done then return nil, refused end
  local modules = reach.modules(rules, pb, state)
  local free, templated = apart(modules, is_free)
  done, refused = reader:together {
    function() return read_free(reader, state, free) end,
    function() return read_templated(reader, pb, state, templated, earlier) end,
    earlier, -- may read hosts too: which are known below must not depend on who is faster
  }
  if not done then return nil, refused end
  -- Addresses of hosts that have no service instance yet, for labels and bind rows. Other kinds may
  -- have read or not who is in other modules; that is none of ours.
  return hosts.read(reader, state, hosts.inside(state, modules))
end
