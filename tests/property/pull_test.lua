-- What must hold of pulling any fleet, whatever was done to it: the playbook plans to nothing
-- where it came from, or brings in line what is not, and is pulled again, byte for byte. Where it
-- can say everything it makes an equal fleet on an empty platform, and is pulled from there, too.

local lu = require "luaunit"
local current = require "remora.reconcile.current"
local document = require "remora.pull.document"
local draws = require "tests.support.draws"
local fault = require "remora.core.fault"
local json = require "json"
local kinds = require "remora.kinds"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local pull = require "remora.pull"
local random = require "tests.support.random_playbook"
local random_drift = require "tests.support.random_drift"
local random_fleet = require "tests.support.random_fleet"
local random_hosting = require "tests.support.random_hosting"
local seeds = require "tests.support.seeds"
local world = require "tests.support.world"

-- What differs between two equal processes on two platforms.
local OWN = { "bk_process_id", "service_instance_id", "create_time", "last_time", "bk_created_at",
  "bk_created_by", "bk_updated_at", "bk_updated_by" }

local function pulled_text(platform)
  local pulled, refused = pull.read(platform:reader(), { business = "demo" })
  assert(pulled, refused and fault.render(refused))
  return document.text(pulled, "test"), pulled
end

-- Unset and absent are the same, and so are no rows and an empty list of them, no row of a template
-- and row 0 of one.
local function plain(doc)
  local copy = {}
  for name, value in pairs(doc) do
    local nothing = value == json.null or name == "bind_info" and #value == 0
      or name == "template_row_id" and value == 0
    if not nothing then copy[name] = value end
  end
  for _, name in ipairs(OWN) do copy[name] = nil end
  for i, row in ipairs(copy.bind_info or {}) do copy.bind_info[i] = plain(row) end
  return copy
end

local function plain_cell(cell)
  local value = cell.value
  if value == json.null then value = nil end
  return { value = value, locked = cell.as_default_value == true }
end

local function plain_property(property)
  local copy = {}
  for name, cell in pairs(property) do
    copy[name] = plain_cell(cell)
    if name == "bind_info" then
      local rows = json.array {}
      for i, row in ipairs(copy[name].value or {}) do
        rows[i] = { row_id = row.row_id }
        for _, key in ipairs { "ip", "port", "protocol", "enable" } do
          rows[i][key] = plain_cell(row[key])
        end
      end
      copy[name].value = rows
    end
  end
  return copy
end

-- Everything that a playbook governs, without ids and times.
local function fleet_of(platform)
  local fleet = { processes = {}, templates = {} }
  for label, row in pairs(world.processes(platform)) do
    fleet.processes[label] = plain(row.process)
    fleet.processes[label].is_free = row.process_template.id == 0
  end
  local list = platform:must("cc.list_service_template",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } }).info
  for _, template in ipairs(list) do
    local processes = {}
    for _, row in ipairs(platform:must("cc.list_proc_template",
      { bk_biz_id = 1, service_template_id = template.id }).info) do
      processes[row.bk_process_name] = plain_property(row.property)
    end
    fleet.templates[template.name] =
      { category = template.service_category_id, processes = processes }
  end
  return fleet
end

local function plan_of(platform, text)
  local pb, refused = playbook.load(text)
  assert(pb, refused and fault.render(refused) .. "\n" .. text)
  local state, failed = current.read(platform:reader(), pb, kinds.of(pb))
  assert(state, failed and fault.render(failed))
  return (planner.make(pb, state, kinds.of(pb), { platform = "test" }))
end

local function check_nothing_to_do(platform, text, context)
  local plan = plan_of(platform, text)
  assert(#plan.problems == 0, plan.problems[1] and context .. fault.render(plan.problems[1]))
  lu.assertEquals(world.steps(plan), {}, context)
end

-- Somebody changes what the templates leave free, and free processes as they like.
local function drift(r, platform)
  local rows = {}
  for label, row in pairs(world.processes(platform)) do rows[#rows + 1] = { label, row } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  for _, each in ipairs(rows) do
    if r:chance(40) then
      local process, data = each[2].process, {}
      if r:chance(60) then data.timeout = r:pick { 40, 41, json.null } end
      if r:chance(60) then data.user = r:pick { "drift", "", json.null, "{{ x }}", "no" } end
      if r:chance(20) then data.auto_start = r:pick { true, false } end
      if r:chance(50) and type(process.bind_info) == "table" and #process.bind_info > 0 then
        data.bind_info = process.bind_info
        local row = data.bind_info[r:next(#data.bind_info)]
        row.port = r:pick { "90", "91-92" }
        if r:chance(30) then row.enable = false end
        if r:chance(30) then row.ip = r:pick { "10.7.7.7", "" } end
      end
      if next(data) then
        platform:call("cc.update_process_instances_by_ids", { bk_biz_id = 1,
          process_ids = { process.bk_process_id }, update_data = data })
      end
    end
  end
end

-- Puts a random playbook into effect; false when the platform or the planner will not have it.
local function populate(platform, tree)
  local text = json.encode(tree)
  local pb = playbook.load(text)
  if not pb or #plan_of(platform, text).problems > 0 then return false end
  world.apply(platform, text)
  return true
end

-- Part by part, so that a failure shows the one that differs.
local function check_equal(copy, original, context)
  for kind, parts in pairs(original) do
    for name, part in pairs(parts) do
      lu.assertEquals(copy[kind][name], part, context .. name)
    end
    for name in pairs(copy[kind]) do lu.assertNotNil(parts[name], context .. name) end
  end
end

-- The same places, with templates that nobody has said anything about.
local function uncategorised(topology)
  for _, template in pairs(topology.businesses.demo.service_templates) do
    template.category = nil
  end
  return topology
end

-- Whether all modules are as their templates say.
local function is_in_line(pulled)
  for _, part in ipairs(pulled.parts) do
    if part.comment then return false end
  end
  return true
end

-- Pulls, and carries it out where it came from; says whether all there is was said.
local function check_pulled(platform, said)
  local text, pulled = pulled_text(platform)
  local context = said .. text .. "\n"
  lu.assertEquals(pulled_text(platform), text, context)
  if is_in_line(pulled) then
    check_nothing_to_do(platform, text, context)
    return #pulled.notes.left_out == 0, text, context
  end
  local fine, failure = pcall(world.converge, platform, text)
  assert(fine, context .. tostring(failure))
  return false
end

local function check_copied(topology, platform, text, context)
  local copy <close> = random_fleet.fleet(uncategorised(topology))
  world.converge(copy, text)
  check_equal(fleet_of(copy), fleet_of(platform), context)
  lu.assertEquals(pulled_text(copy), text, context)
end

-- What others do, but for moving hosts: the copy has them where they were.
local function happen(r, platform)
  drift(r, platform)
  for _, act in ipairs(r:chance(50) and random_drift.draw(r) or {}) do
    if act.act ~= "host" then random_drift.happen(platform, { act }) end
  end
end

-- Tries fleets that playbooks were put into effect on.
local function try(usual, generator, live)
  local pulled, tried = 0, 0
  for seed in seeds(usual) do
    local r = draws.new(seed)
    local topology, tree = random_fleet.topology(r), generator.playbooks(r, 1)[1]
    local platform <close> = random_fleet.fleet(topology)
    tried = tried + 1
    if populate(platform, tree) then
      pulled = pulled + 1
      live(r, platform, topology, ("%s: %s\n"):format(seeds.again(seed), json.encode(tree)))
    end
  end
  lu.assertTrue(seeds.alone() or pulled > tried / 3,
    "too few random fleets came about: " .. pulled)
end

local tests = {}

function tests.test_what_is_pulled_is_what_is_there()
  try(20, random, function(r, platform, topology, said)
    happen(r, platform)
    local is_whole, text, context = check_pulled(platform, said)
    if is_whole then check_copied(topology, platform, text, context) end
  end)
end

function tests.test_what_is_pulled_is_what_is_hosted()
  try(20, random_hosting, function(r, platform, _, said)
    random_hosting.happen(platform, random_hosting.drift(r))
    check_pulled(platform, said)
  end)
end

return tests
