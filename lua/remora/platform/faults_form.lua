-- The form of fault rules, as data, and the check of a faults file or of single rules against it:
-- every problem with its place. What a rule does to a request is not known here.

local catalogue = require "remora.catalogue"
local fault = require "remora.core.fault"
local glob = require "remora.core.glob"
local order = require "remora.core.order"
local part = require "remora.core.part"
local phrase = require "remora.core.phrase"
local schema = require "remora.core.schema"
local source = require "remora.playbook.source"

local form = {}

-- The calls that agents carry out, and those that tell what became of it.
local OPERATIONS = { "job.manage_proc", "job.operate_proc", "job.operate_process",
  "gse.operate_proc", "gse.operate_proc_v2", "gse.operate_proc_multi", "gse.register_proc_info",
  "gse.unregister_proc_info", "gse.update_proc_info" }
local RESULTS = { "job.get_proc_result", "gse.get_proc_operate_result",
  "gse.get_proc_operate_result_v2" }

-- What each action takes, whether it must have it, and which calls it is about (nil: all).
local ACTIONS = {
  delay = { takes = { seconds = true }, about = "the answer comes late" },
  status = { takes = { status = true, retry_after = false }, about = "an HTTP error" },
  reset_before = { takes = {}, about = "the connection ends, nothing was done" },
  reset_after = { takes = {}, about = "the connection ends, the call was done" },
  truncate = { takes = { bytes = true }, about = "the answer is cut off" },
  refuse = { takes = { code = true, message = false }, about = "an error of the platform" },
  agent_dead = { takes = { host = false }, calls = OPERATIONS,
    about = "an agent does not do what it is told" },
  result_missing = { takes = { host = false }, calls = RESULTS,
    about = "an agent never tells its result" },
  running_forever = { takes = { host = false }, calls = RESULTS,
    about = "an operation has no end" },
}

-- "an HTTP error; may take retry_after; takes status"
local function action_words(action)
  local words = action.about
  for name, must in order.pairs(action.takes) do
    words = ("%s; %s %s"):format(words, must and "takes" or "may take", name)
  end
  return words
end

local NAMES = {}
for name, action in order.pairs(ACTIONS) do
  NAMES[#NAMES + 1] = { name, name, about = action_words(action) }
end

local PARAMETERS = {
  seconds = { type = "number", min = 0, max = 3600 },
  status = { type = "integer", min = 400, max = 599 },
  retry_after = { type = "integer", min = 0, about = "seconds that the client is told to wait" },
  bytes = { type = "integer", min = 0, about = "of the answer that arrive" },
  code = { type = "integer", min = 1, about = "such as 1199011" },
  message = { type = "text", about = "else the platform's own of that code" },
  host = { type = "text", filled = true, advice = "an IP address, or an agent id",
    about = "an IP address or an agent id; else all" },
}

local WHEN = { "nth", "every", "probability" }

local function check_when(rule, report)
  local first
  for _, name in ipairs(WHEN) do
    if rule[name] ~= nil and first then
      report(name, ("%s and %s exclude each other"):format(first, name))
    end
    if rule[name] ~= nil then first = first or name end
  end
end

local function check_parameters(rule, report)
  local takes = ACTIONS[rule.action].takes
  for name in pairs(PARAMETERS) do
    if rule[name] ~= nil and takes[name] == nil then
      report(name, ("%s takes no %s"):format(rule.action, name))
    elseif rule[name] == nil and takes[name] then
      report("action", ("%s needs %s"):format(rule.action, name))
    end
  end
end

-- The keys of the rows that a name or glob means, among those the action is about.
local function rows_named(call, among)
  local keys, fits = {}, glob.matcher(call)
  for _, row in ipairs(catalogue.rows()) do
    local named = fits(row.key) or fits(row.name)
    for _, alias in ipairs(row.aliases or {}) do named = named or fits(alias) end
    if named then keys[row.key] = true end
  end
  return among and part(keys, among) or keys
end

local function check_call(rule, report)
  if next(rows_named(rule.call, ACTIONS[rule.action].calls)) then return end
  if next(rows_named(rule.call)) then
    return report("call", ("%s is not about %s"):format(rule.action, rule.call),
      "it is about " .. table.concat(ACTIONS[rule.action].calls, ", "))
  end
  local names = {}
  for _, row in ipairs(catalogue.rows()) do names[row.name] = true end
  report("call", ("there is no call %s"):format(rule.call),
    phrase.did_you_mean(rule.call, names) or "remora calls lists them")
end

---The form of one rule.
form.rule_shape = {
  type = "record", words = "a rule such as {call: search_set, action: delay, seconds: 1}",
  fields = {
    call = { type = "text", filled = true, default = "*", about = "a name or a glob" },
    nth = { type = "list", lone = true, min_items = 1, of = { type = "integer", min = 1 },
      words = "a whole number or a list of them", about = "of its calls, from 1" },
    every = { type = "integer", min = 1, about = "of how many calls it strikes one" },
    probability = { type = "number", min = 0, max = 1 },
    times = { type = "integer", min = 1, about = "it strikes at most; else for good" },
    action = { type = "enum", required = true, values = NAMES },
  },
  checks = {
    { check_when },
    { check_parameters },
    { check_call, needs = { "action", "call" } },
  },
}
for name, shape in pairs(PARAMETERS) do form.rule_shape.fields[name] = shape end

local RULES = { type = "list", of = form.rule_shape, min_items = 1, required = true }
local FILE = {
  type = "record",
  fields = { seed = { type = "integer", default = 1 }, rules = RULES },
}

---The keys of the rows that a checked rule is about.
---@param rule table
---@return table<string, boolean>
function form.rows(rule)
  return rows_named(rule.call, ACTIONS[rule.action].calls)
end

-- The checked value, or all that is wrong with it.
local function checked(shape, value, locate)
  local result, problems = schema.check(shape, value)
  if #problems == 0 then return result end
  local faults = {}
  for i, problem in ipairs(problems) do
    faults[i] = fault.new { code = "faults." .. problem.code, message = problem.message,
      hint = problem.hint, at = locate and locate(problem) }
  end
  return nil, fault.list(fault.sort(faults))
end

local function parsed(shape, file)
  local value, refused = file:parse()
  if value == nil then return nil, refused end
  return checked(shape, value, function(problem)
    return file:locate(problem.node, problem.key, problem.side)
  end)
end

---Reads a faults file.
---@param path string
---@return {seed: integer, rules: table[]}|nil
---@return table|nil fault with the place of every problem
function form.file(path)
  local file, refused = source.open(path)
  if not file then return nil, refused end
  return parsed(FILE, file)
end

---Reads one rule as it is written in such a file.
---@param text string YAML
---@return table|nil rule
---@return table|nil fault
function form.rule(text)
  return parsed(form.rule_shape, source.new("rule", text))
end

---Checks rules that came as a value.
---@param rules any
---@return table[]|nil
---@return table|nil fault
function form.rules(rules)
  return checked(RULES, rules)
end

return form
