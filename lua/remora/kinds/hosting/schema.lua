-- What a playbook may say under `hosting`, and the normal form it takes.
-- Normal form: list of {where, state, via, type = 0|1|2, owner?, paths and limits…, rollout?,
-- protect?, ignore? = set of fields} with
-- rollout = {batch = {percent = n} | {count = n}, order, pause = seconds, max_failures}.

local definition = require "remora.hosting.definition"
local guards = require "remora.playbook.guards"
local where = require "remora.playbook.where"

-- Codes of the job platform's manage_proc.
local TYPES = {
  { "periodic", 0, about = "runs every cycle_time seconds" },
  { "resident", 1, about = "is kept alive" },
  { "once", 2, about = "is run once" },
}
local PERIODIC, RESIDENT = 0, 1

local STATES = {
  { "hosted", "hosted", about = "in the agent's care, which starts it when it does not run" },
  { "unhosted", "unhosted", about = "not in its care; the process itself goes on running" },
  { "running", "running", about = "hosted, and started here: it has to run (resident ones only)" },
  { "stopped", "stopped", about = "stopped, and not in its care" },
}
local ROUTES = {
  { "job", "job", about = "the job platform, which wants an owner" },
  { "gse", "gse", about = "the agents' own platform" },
}
local ORDERS = {
  { "priority", "priority", about = "lower numbers first, and those have to succeed" },
  { "none", "none", about = "all alike" },
}

local UNIT_SECONDS = { [""] = 1, s = 1, m = 60, h = 3600 }
local MOST_DIGITS = 9 -- thirty years, in seconds

local function to_seconds(value)
  local count, unit = tostring(value):match("^(%d+)(%a?)$")
  local scale = unit and UNIT_SECONDS[unit]
  if not scale or #count > MOST_DIGITS then
    return nil, ('must be a duration, not "%s"'):format(value), "write 5s, 2m or 1h"
  end
  return math.tointeger(tonumber(count)) * scale
end

local function to_batch(value)
  if math.type(value) == "integer" then return { count = value } end
  local percent = math.tointeger(tonumber(value:match("^(%d+)%%$")))
  if not percent or percent < 1 or percent > 100 then
    return nil, ('must be a number of hosts or a share of them, not "%s"'):format(value),
      "write 10 or 25%"
  end
  return { percent = percent }
end

local DURATION = { type = "either", { type = "integer", min = 0 }, { type = "text" },
  convert = to_seconds, default = 0, words = "a duration such as 5s, 2m or 1h",
  about = "between two batches" }

local rollout = {
  type = "record", about = "how many hosts at a time, and how far after failures",
  fields = {
    batch = { type = "either", { type = "integer", min = 1 }, { type = "text" },
      convert = to_batch, default = function() return { percent = 100 } end,
      words = "a number of hosts or a share such as 25%", about = "else all at once" },
    order = { type = "enum", values = ORDERS, default = "priority" },
    pause = DURATION,
    max_failures = { type = "integer", min = 0, default = 0, about = "more of them end it" },
  },
}

local percent = { type = "integer", min = 0, max = 100, about = "percent" }

local function seconds(min, about)
  return { type = "integer", min = min, about = about }
end

local function has_cycle(rule, report)
  if rule.type == PERIODIC and not rule.cycle_time then
    report("type", "a periodic process needs cycle_time", "say every how many seconds it runs")
  end
end

local function begins_before_end(rule, report)
  local first, last = rule.start_check_begin_time, rule.start_check_end_time
  if first and last and last < first then
    report("start_check_end_time", "the check would end before it begins")
  end
end

local function stays_up(rule, report)
  if rule.state == "running" and rule.type ~= RESIDENT then
    report("type", "only a resident process can be kept running", "say state: hosted")
  end
end

-- GSE keeps a resident process alive or runs it once, and counts its checks differently.
local function fits_gse(rule, report)
  if rule.via ~= "gse" then return end
  local hint = "use via: job"
  if rule.type == PERIODIC then
    report("type", "GSE itself has no periodic processes", hint)
  end
  for _, name in ipairs { "cycle_time", "start_check_end_time" } do
    if rule[name] then report(name, ('GSE itself has no "%s"'):format(name), hint) end
  end
end

local function has_owner(rule, report)
  if rule.via == "job" and not rule.owner and rule.state ~= "unhosted" then
    report(nil, '"owner" is missing', "the job platform wants a contact: owner: admin")
  end
end

local rule = {
  type = "record",
  checks = {
    { needs = { "type", "cycle_time" }, has_cycle },
    { needs = { "start_check_begin_time", "start_check_end_time" }, begins_before_end },
    { needs = { "via", "owner", "state" }, has_owner },
    { needs = { "state", "type" }, stays_up },
    { needs = { "via", "type", "cycle_time", "start_check_end_time" }, fits_gse },
  },
  fields = {
    where = where.shape { process = where.process_names() },
    state = { type = "enum", values = STATES, required = true,
      advice = "say state: hosted, unhosted, running or stopped" },
    via = { type = "enum", values = ROUTES, default = "job" },
    owner = { type = "text", filled = true, max_bytes = 256, about = "whom to ask about it" },
    type = { type = "enum", values = TYPES, default = 1 },
    cpu_lmt = percent,
    mem_lmt = percent,
    cycle_time = seconds(1, "seconds from one run of a periodic process to the next"),
    cfg_path = { type = "text", filled = true, max_bytes = 2000 },
    log_path = { type = "text", filled = true, max_bytes = 2000 },
    op_timeout = seconds(1, "seconds an operation may take; else timeout of the process"),
    start_check_begin_time = seconds(0,
      "seconds after the start before it is checked; else bk_start_check_secs of the process"),
    start_check_end_time = seconds(0, "seconds after the start when the checks end"),
    rollout = rollout,
    protect = guards.protect,
    ignore = guards.ignore(definition.ignorable),
  },
  refused = {
    value_key = "a hosted process is known by its name, {bk_process_name}_{local_inst_id}",
  },
}

return {
  section = "hosting",
  noun = "hosting rule",
  api = "cc",
  shape = { type = "list", of = rule, about = "what the agents keep alive" },

  ---@param section table normal form
  ---@param claim remora.kinds.Claim
  claims = function(section, claim)
    for i, each in ipairs(section) do
      claim(where.identity(each.where), section, i, "the hosting of these processes")
    end
  end,
}
