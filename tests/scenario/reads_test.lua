-- Reading over the network, many requests at a time: what is asked, and what leaves early.

local client = require "remora.net.client"
local current = require "remora.reconcile.current"
local kinds = require "remora.kinds"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local reader = require "remora.reconcile.reader"
local render = require "remora.reconcile.render"
local troubled = require "tests.support.troubled"

local PAGES = "cc.list_process_related_info"

local WEB = [[
playbook: test
business: %s
instances:
  - where: { module: web }
    processes: { nginx: { timeout: 60 } }
]]
local RULES = WEB .. [[
  - where: { module: cron }
    processes: { crond: { bk_func_name: crond } }
]]

-- The demo fleet, whose template web now has a process with a field of its own for each instance.
local function prepare(platform)
  local templates = platform:call("cc.list_service_template",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } })
  local id
  for _, row in ipairs(templates.info) do id = row.name == "web" and row.id or id end
  local made = platform:call("cc.batch_create_proc_template",
    { bk_biz_id = 1, service_template_id = id, processes = { { spec = {
      bk_process_name = { value = "nginx", as_default_value = true },
      bk_func_name = { value = "nginx", as_default_value = true },
      user = { value = "root", as_default_value = true },
      timeout = { value = 30, as_default_value = false },
    } } } })
  local modules = {}
  for _, set in ipairs(platform:call("cc.search_biz_inst_topo", { bk_biz_id = 1 })[1].child) do
    for _, module in ipairs(set.child or {}) do
      if module.service_template_id == id then modules[#modules + 1] = module.bk_inst_id end
    end
  end
  local function sync()
    platform:call("cc.sync_service_template_to_service_instance",
      { bk_biz_id = 1, service_template_id = id, bk_module_ids = modules })
  end
  sync()
  return made[1]
end

-- Reads and plans with so many requests in flight: the plan, the calls that the platform counted,
-- and the certificate of the reading by call.
local function read(l, platform, pb, width, sifts)
  local source = reader.new { loop = l, width = width, sifts = sifts, client = client.new {
    loop = l, target = { url = platform.url, route = "esb", credentials = {} } } }
  for call in pairs(platform.asked) do platform.asked[call] = nil end
  local state = assert(current.read(source, pb, kinds.of(pb)))
  local plan = planner.make(pb, state, kinds.of(pb), {})
  local counted, reads, sent = {}, {}, {}
  for _, row in ipairs(source.reads:certificate()) do
    counted[row.call], reads[row.call] = row.scheduled, row
  end
  for call, count in pairs(platform.asked) do sent[call] = count end
  lu.assertEquals(counted, sent)
  return render.text(plan), sent, reads
end

local tests = {}

local function each_width(body)
  for _, width in ipairs { 1, 2, 8 } do
    local l = loop.new { parallelism = width }
    l:run(function()
      local platform <close> = troubled.start(l)
      body(l, platform, width, prepare(platform.platform))
    end)
  end
end

function tests.test_the_first_page_of_what_is_in_line_is_the_only_one()
  each_width(function(l, platform, width)
    for _, business in ipairs { "demo", "1" } do
      local pb = playbook.load(RULES:format(business))
      local plan, asked, reads = read(l, platform, pb, width)
      lu.assertEquals(asked[PAGES], 2) -- web, and cron
      lu.assertEquals(asked["cc.search_business"], 1)
      for call, row in pairs(reads) do
        lu.assertEquals(row.scheduled, row.lower_bound, call)
      end
      lu.assertEquals(plan, (read(l, platform, pb, width, false)))
    end
  end)
end

function tests.test_what_was_asked_in_vain_is_dropped_and_told()
  each_width(function(l, platform, width, process_template)
    platform.platform:call("cc.update_proc_template", { bk_biz_id = 1,
      process_template_id = process_template,
      process_property = { user = { value = "www", as_default_value = true } } })
    local pb = playbook.load(RULES:format("demo"))
    local plan, asked, reads = read(l, platform, pb, width)
    lu.assertTrue(asked[PAGES] <= 3)
    lu.assertEquals(reads[PAGES].lower_bound, 2)
    lu.assertEquals(plan, (read(l, platform, pb, width, false)))
  end)
end

local PATIENCE = 20 -- looks, a tenth of a second apart: on a busy machine nothing leaves at once

-- The calls that were made before the answer to one of them, which is held back for the pages.
local function meanwhile(text, call)
  local l, made, answered = loop.new { parallelism = 8 }, {}, false
  l:run(function()
    local platform <close> = troubled.start(l, function(name)
      if not answered then made[name] = true end
      if name == call then
        for _ = 1, PATIENCE do
          if not made[PAGES] then l:sleep(0.1) end
        end
        answered = true
      end
      return nil
    end)
    prepare(platform.platform)
    read(l, platform, playbook.load(text), 8)
  end)
  return made
end

function tests.test_what_does_not_need_an_answer_does_not_wait_for_it()
  local by_id, by_name = WEB:format("1"), WEB:format("demo")
  lu.assertTrue(meanwhile(by_id, "cc.search_business")[PAGES])
  lu.assertNil(meanwhile(by_name, "cc.search_business")["cc.search_biz_inst_topo"])
  for _, call in ipairs { "cc.list_service_template_difference", "cc.list_proc_template",
    "cc.list_service_template" } do
    lu.assertTrue(meanwhile(by_name, call)[PAGES], call)
  end
end

return tests
