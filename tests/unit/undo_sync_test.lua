-- What undo brings back, and says that it does not, where somebody had changed a template or its
-- instances before the run, so that modules were out of line with their template.

local lu = require "luaunit"
local fleet = require "tests.support.fleet"
local inverse = require "remora.undo.inverse"
local playbook = require "tests.support.playbook"
local undoing = require "tests.support.undoing"
local way_back = require "remora.undo.way_back"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      prod:
        modules:
          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }
]]

local MAIN = "      main: { bk_func_name: main, timeout: 30 }"
local SIDE = "      side: { bk_func_name: side }"

local function web(...)
  return playbook.text { "service_templates:", "  web:", "    prune: true", "    processes:", ... }
end

local SIXTY, NINETY = web(MAIN:gsub("30", "60"), SIDE), web(MAIN:gsub("30", "90"), SIDE)

local act = {}

-- Instances keep their thirty seconds: nobody has synchronised.
function act.sixty_seconds(platform)
  platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = 1,
    process_property = { timeout = { value = 60, as_default_value = true } } })
end

function act.one_more(platform)
  platform:must("cc.batch_create_proc_template", { bk_biz_id = 1, service_template_id = 1,
    processes = { { spec = { bk_process_name = { value = "late" },
      bk_func_name = { value = "late" } } } } })
end

function act.one_less(platform)
  platform:must("cc.delete_proc_template", { bk_biz_id = 1, process_templates = { 2 } })
end

local TIMEOUT = "what instances had in timeout, unlike their template, is lost"
local MISSING = "processes of the template that were missing stay"
local LOOSE = "processes that had no process template any more are gone for good"
local UPDATE, SYNC = "update process template web/main", "sync service template web"

-- What was done by hand, the playbook, what is said to be lost, what undoing it does.
local ROWS = {
  brought_to_the_instances = { act.sixty_seconds, SIXTY, { TIMEOUT }, {} },
  overtaken_by_the_playbook = { act.sixty_seconds, NINETY, { TIMEOUT }, { SYNC, UPDATE } },
  taken_back = { act.sixty_seconds, web(MAIN, SIDE), {}, { UPDATE } },
  made = { act.one_more, web(MAIN, SIDE, "      late: { bk_func_name: late }"), { MISSING }, {} },
  deleted = { act.one_less, web(MAIN), { LOOSE }, {} },
}

local function undo_of(calls)
  local pb, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local reasons = {}
  for i, each in ipairs(lost) do
    lu.assertEquals({ each.label, each.left }, { "service template web", true })
    reasons[i] = each.reason
  end
  return pb, reasons
end

local function apply(platform, text)
  local pb = playbook.load(text)
  local plan, reader = undoing.plan(platform, pb)
  return undoing.carry_out(platform, reader, pb, plan)
end

local tests = {}

for name, row in pairs(ROWS) do
  tests["test_what_was_done_by_hand_is_" .. name] = function()
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, web(MAIN, SIDE))
    row[1](platform)
    local pb, reasons = undo_of(apply(platform, row[2]))
    lu.assertEquals(reasons, row[3])
    lu.assertEquals(undoing.summary((undoing.plan(platform, pb))), row[4])
  end
end

local function timeouts(platform)
  local template = platform:must("cc.list_proc_template",
    { bk_biz_id = 1, process_template_ids = { 1 } }).info[1]
  return { template.property.timeout.value,
    world.processes(platform)["prod/web/10.0.0.1/main"].process.timeout }
end

-- Nobody has brought the sixty seconds to the instances: neither the run nor its undoing.
function tests.test_instances_that_a_run_left_alone_are_left_alone()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, web(MAIN, SIDE))
  act.sixty_seconds(platform)
  local pb = undo_of(apply(platform, web(MAIN, SIDE)))
  lu.assertEquals(timeouts(platform), { 30, 30 })
  local plan, reader = undoing.plan(platform, pb)
  undoing.carry_out(platform, reader, pb, plan)
  lu.assertEquals(timeouts(platform), { 60, 30 })
end

-- Made by the sync of the run, they have start regexes by then, which others wait for on the way
-- back.
function tests.test_instances_that_the_run_makes_are_foretold()
  local function pair(main, side)
    return web(("      main: { bk_func_name: java, bk_start_param_regex: %s }"):format(main),
      ("      side: { bk_func_name: java, bk_start_param_regex: %s }"):format(side))
  end
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, pair("a", "b"))
  platform:must("cc.delete_service_instance", { bk_biz_id = 1, service_instance_ids = { 1, 2 } })
  local pb = playbook.load(pair("b", "a"))
  local plan, reader, after = undoing.plan(platform, pb)
  local foretold = undoing.summary((way_back(plan, after())))
  local undo = undo_of(undoing.carry_out(platform, reader, pb, plan))
  lu.assertEquals(undoing.summary((undoing.plan(platform, undo))), foretold)
  lu.assertEquals(#foretold, 6) -- one steps aside, and each of three changes has its sync
end

return tests
