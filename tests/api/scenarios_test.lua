-- Sequences of calls that follow from the platform's rules (tests/data/scenarios.json): template
-- validation, merge and row ids, bind rows of instances, sync, full replace, unknown ids. The
-- scenarios build on each other and run in order on one platform.

local json = require "json"
local lu = require "luaunit"
local system = require "system"
local catalogue = require "remora.catalogue"
local fs = require "tests.support.fs"
local platform = require "tests.support.platform"
local source = require "tests.support.source"

local SCENARIOS = source.directory() .. "/tests/data/scenarios.json"
local PATIENCE = 20 -- seconds for background work

-- What the scenarios expect to exist: one host in a templated and in a free module.
local function set_up(server)
  local biz = server:must("cc.create_business",
    { data = { bk_biz_name = "scenarios", bk_biz_maintainer = "admin", time_zone = "Asia/Shanghai",
      language = "1", life_cycle = "2" } }).bk_biz_id
  local template = server:must("cc.create_service_template",
    { bk_biz_id = biz, name = "st", service_category_id = 2 }).id
  local set = server:must("cc.create_set",
    { bk_biz_id = biz, data = { bk_parent_id = biz, bk_set_name = "set" } }).bk_set_id
  local function module(fields)
    return server:must("cc.create_module",
      { bk_biz_id = biz, bk_set_id = set, data = fields }).bk_module_id
  end
  local templated = module { bk_module_name = "st", bk_parent_id = set,
    service_template_id = template }
  local free = module { bk_module_name = "free", bk_parent_id = set }
  server:must("cc.add_host_to_resource",
    { host_info = { ["0"] = { bk_host_innerip = "10.0.0.1", bk_cloud_id = 0 } } })
  local host = server:must("cc.list_hosts_without_biz",
    { page = { start = 0, limit = 10 } }).info[1].bk_host_id
  server:must("cc.transfer_resourcehost_to_idlemodule",
    { bk_biz_id = biz, bk_host_id = json.array { host } })
  server:must("cc.transfer_host_module", { bk_biz_id = biz, bk_host_id = json.array { host },
    bk_module_id = json.array { templated, free }, is_increment = false })
  return { bizId = biz, hostId = host, stId = template, tmplModuleId = templated,
    freeModuleId = free }
end

-- "{{name}}" stands for a value, whatever its type.
local function filled(value, variables)
  if type(value) == "string" then
    local name = value:match("^{{(%w+)}}$")
    return name and assert(variables[name], name) or value
  end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for key, item in pairs(value) do copy[key] = filled(item, variables) end
  return copy
end

-- Objects match when they have the wanted members, lists position by position.
local function matches(wanted, actual)
  if type(wanted) ~= "table" then return wanted == actual end
  if type(actual) ~= "table" or json.is_array(wanted) ~= json.is_array(actual) then return false end
  if json.is_array(wanted) and #wanted ~= #actual then return false end
  for key, item in pairs(wanted) do
    if not matches(item, actual[key]) then return false end
  end
  return true
end

-- "data[0].property.bk_process_id" in an answer whose data is given.
local function member(data, path)
  for index, name in path:gmatch("%[(%d+)%]%.?([%w_]*)") do
    data = data[tonumber(index) + 1]
    if name ~= "" then data = data[name] end
  end
  for name in path:gsub("^data%[%d+%]%.?[%w_]*", ""):gmatch("[%w_]+") do data = data[name] end
  return data
end

local function many_specs(count)
  local processes = json.array {}
  for i = 1, count do
    local name = { value = "p" .. i, as_default_value = true }
    processes[i] = { spec = { bk_process_name = name, bk_func_name = name } }
  end
  return processes
end

local function request_of(step, variables)
  if step.request["$generate"] then
    return { bk_biz_id = variables.bizId, service_template_id = variables.stId,
      processes = many_specs(101) }
  end
  return filled(step.request, variables)
end

local function run_step(server, step, variables)
  local expect = filled(step.expect, variables)
  local deadline = system.monotonic() + (step.poll and PATIENCE or 0)
  local row = assert(catalogue.get(step.call))
  local problem, data
  repeat
    local code, message
    data, code, message = server:call(row.key, request_of(step, variables))
    problem = nil
    if code ~= expect.code then
      problem = ("code %s (%s), not %s"):format(code, message, expect.code)
    elseif expect.data ~= json.null and not matches(expect.data, data) then
      problem = "got " .. json.encode(data)
    end
  until not problem or system.monotonic() >= deadline
  if problem then return problem end
  for name, path in pairs(step.save or {}) do variables[name] = member(data, path) end
end

return {
  test_scenarios = function()
    local server <close> = platform.new { topology = "businesses: {}\n" }
    local variables, failures = set_up(server), {}
    for _, scenario in ipairs(assert(json.decode(fs.read(SCENARIOS)))) do
      for _, step in ipairs(scenario.steps) do
        local problem = run_step(server, step, variables)
        if problem then
          failures[#failures + 1] = ("%s / %s: %s"):format(scenario.name, step.title, problem)
        end
      end
    end
    lu.assertEquals(failures, {})
    lu.assertEquals(server.logged, {})
  end,
}
