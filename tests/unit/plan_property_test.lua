-- What must hold for every fleet and every playbook: carried out, a plan leaves nothing to do,
-- sends exactly the calls it announced and no more than the platform forces, and touches nothing
-- that is not declared. REMORA_TEST_SEEDS=N tries more seeds.

local luaunit = require "luaunit"
local current = require "remora.reconcile.current"
local fault = require "remora.core.fault"
local json = require "json"
local kinds = require "remora.kinds"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local random = require "tests.support.random_fleet"
local render = require "remora.reconcile.render"
local system = require "system"
local world = require "tests.support.world"

local SEEDS = tonumber(system.getenv "REMORA_TEST_SEEDS" or 20)
local EDITS = 3 -- playbooks after the first, on the same fleet

-- What a plan may legitimately refuse in a random world.
local REFUSALS = { ["plan.duplicate"] = true, ["plan.func_name"] = true, ["plan.locked"] = true,
  ["plan.unknown_process"] = true }

local SYNC = "cc.sync_service_template_to_service_instance"

local function plan_of(platform, pb)
  local state, refused = current.read(platform:reader(), pb, kinds.of(pb))
  assert(state, refused and fault.render(refused))
  return planner.make(pb, state, kinds.of(pb), { platform = "test" })
end

-- Somebody changes processes behind our back.
local function drift(r, platform)
  for _, row in pairs(world.processes(platform)) do
    if r:chance(30) then
      platform:call("cc.update_process_instances_by_ids", { bk_biz_id = 1,
        process_ids = { row.process.bk_process_id },
        update_data = { timeout = 40 + r:next(3), user = r:pick { "root", "drift" } } })
    end
  end
end

-- Free processes that the playbook does not name, by id.
local function bystanders(platform, tree)
  local named = {}
  for _, rule in ipairs(tree.instances) do
    if rule.where.module == "cron" then
      if rule.prune then return {} end
      for name in pairs(rule.processes) do named[name] = true end
    end
  end
  local found = {}
  for label, row in pairs(world.processes(platform)) do
    if row.process_template.id == 0 and not named[row.process.bk_process_name] then
      found[label] = row.process
    end
  end
  return found
end

local function check_calls(plan, writes, context)
  for _, row in ipairs(plan.certificate) do
    luaunit.assertEquals(row.scheduled, row.lower_bound, context)
    local sent = writes[row.call] or 0
    writes[row.call] = nil
    -- Whether instances are equal to a value that becomes locked is only known when it is.
    if row.call == SYNC then
      luaunit.assertTrue(sent <= row.scheduled, context)
    else
      luaunit.assertEquals(sent, row.scheduled, context .. row.call)
    end
  end
  luaunit.assertEquals(writes, {}, context)
end

-- Plans and applies one playbook; says whether it was applied.
local function step(platform, tree, name)
  local text = json.encode(tree)
  local pb = playbook.load(text)
  if not pb then return false end
  local context = ("%s: %s\n"):format(name, text)
  local plan = plan_of(platform, pb)
  luaunit.assertEquals(render.text(plan_of(platform, pb)), render.text(plan), context)
  for _, problem in ipairs(plan.problems) do
    assert(REFUSALS[problem.code], context .. fault.render(problem))
  end
  if #plan.problems > 0 then return false end
  local before = bystanders(platform, tree)
  platform:count_anew()
  local result = world.apply(platform, text)
  local writes = platform:writes()
  local failure = result.failures[1]
  assert(not failure, failure and context .. fault.render(failure.fault))
  luaunit.assertEquals(#result.left + #result.stuck + #result.problems, 0, context)
  check_calls(plan, writes, context)
  luaunit.assertEquals(bystanders(platform, tree), before, context)
  return true
end

local tests = {}

function tests.test_applying_a_plan_does_what_it_says_and_leaves_nothing()
  local applied = 0
  for seed = 1, SEEDS do
    local r = random.draws(seed)
    local platform <close> = random.fleet()
    local tree = random.playbook(r)
    if step(platform, tree, "seed " .. seed) then applied = applied + 1 end
    for edit = 1, EDITS do
      drift(r, platform)
      local edited = random.edited(r, tree)
      if step(platform, edited, ("seed %d, edit %d"):format(seed, edit)) then
        applied = applied + 1
      end
    end
  end
  luaunit.assertTrue(applied > SEEDS, "too few random plans were sound: " .. applied)
end

return tests
