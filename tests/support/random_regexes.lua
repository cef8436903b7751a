-- Random histories of one service template whose processes all have the same executable, so that
-- playbooks and people fight for few start regexes. Owns what may happen in them.

local drift = require "tests.support.random_drift"
local json = require "json"

local random = {}

local NAMES = { "a", "b", "c", "d" }
local REGEXES = { "1", "2", "3", "1", "2", "3", "", json.null }

local function cell(r, value)
  if r:chance(60) then return value end
  return { value = value, as_default_value = false }
end

-- No playbook says of two that they have the same executable, one with an empty start regex and one
-- without; so some do not say the executable.
local function process(r)
  return { bk_func_name = r:chance(90) and "x" or nil,
    user = r:chance(30) and cell(r, r:pick { "root", "www" }) or nil,
    bk_start_param_regex = r:chance(90) and cell(r, r:pick(REGEXES)) or nil }
end

local function playbook(r)
  local processes = {}
  for _, name in ipairs(NAMES) do
    if r:chance(55) then processes[name] = process(r) end
  end
  return { playbook = "random", business = "demo",
    service_templates = { web = { prune = r:chance(40), processes = processes } } }
end

local function locked(r, value)
  return { value = value, as_default_value = r:chance(60) }
end

local acts = {}

function acts.process(r) return { data = { bk_start_param_regex = r:pick(REGEXES) } } end

function acts.template(r)
  return { property = { bk_start_param_regex = locked(r, r:pick(REGEXES)),
    user = r:chance(30) and locked(r, "drift") or nil } }
end

function acts.remove_template() return {} end

function acts.remove_instance() return {} end

local KINDS = { "process", "process", "process", "template", "template", "template",
  "remove_template", "remove_instance" }

local function drifted(r)
  return drift.acts(r, 5, acts, function() return r:pick(KINDS) end)
end

local function module(r, subnet)
  return { service_template = "web", hosts = { ("10.0.%d.[1-%d]"):format(subnet, r:next(2)) } }
end

---A history.
---@param r table tests.support.draws
---@param count integer of playbooks
---@return table told as of tests.support.property
function random.history(r, count)
  local told = { events = {}, fleet = { businesses = { demo = {
    service_templates = { web = {} },
    sets = { one = { modules = { web = module(r, 1) } },
      two = r:chance(50) and { modules = { web = module(r, 2) } } or nil },
  } } } }
  for i = 1, count do
    told.events[i] = { drift = i > 1 and drifted(r) or nil, files = { playbook(r) } }
  end
  return told
end

return random
