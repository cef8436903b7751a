-- Pulling without the processes that look like others must make no difference: the same fleet is
-- pulled with the sieve and without it, and with every process compared on its own, and the texts
-- must be equal to the byte.

local differences = require "remora.pull.differences"
local document = require "remora.pull.document"
local draws = require "tests.support.draws"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local json = require "json"
local lu = require "luaunit"
local order = require "remora.core.order"
local playbook = require "tests.support.playbook"
local pull = require "remora.pull"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local world = require "tests.support.world"

local SEEDS = 10

-- The text that is pulled, and how many processes were decoded for it.
local function pulled(platform, sifts)
  local reader, decoded = platform:reader { sifts = sifts }, 0
  local each = reader.each
  function reader:each(name, args, options, take)
    return each(self, name, args, options, function(row)
      if name == "cc.list_process_related_info" then decoded = decoded + 1 end
      take(row)
    end)
  end
  local result, refused = pull.read(reader, { business = "demo" })
  assert(result, refused and fault.render(refused))
  return document.text(result, "test"), decoded
end

-- The text that is pulled when no process looks like that of another host.
local function one_by_one(platform)
  local look_on <const> = differences.look_on
  function differences.look_on(_, text, host) return text .. " " .. host.id end
  local text = pulled(platform, false)
  differences.look_on = look_on
  return text
end

-- How many processes were decoded with the sieve, and without it.
local function compare(platform, context)
  local whole, all = pulled(platform, false)
  local sifted, few = pulled(platform, true)
  lu.assertEquals(sifted, whole, context)
  lu.assertEquals(whole, one_by_one(platform), context)
  return few, all, sifted
end

local function change(platform, row, data)
  platform:call("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { row.process.bk_process_id }, update_data = data })
end

local function drift(r, platform, percent)
  for _, row in order.pairs(world.processes(platform)) do
    if r:chance(percent) then
      local data, rows = { timeout = r:pick { 40, json.null } }, row.process.bind_info
      if r:chance(50) then data.user = r:pick { "drift", "", json.null, "{{ x }}", 'a "b" }' } end
      if r:chance(50) and type(rows) == "table" and #rows > 0 then
        rows[r:next(#rows)].port = r:pick { "90", "91-92" }
        rows[1].ip = r:pick { rows[1].ip, "10.7.7.7" }
        data.bind_info = rows
      end
      change(platform, row, data)
    end
  end
end

-- A change to a template that its modules have not followed yet.
local function fall_behind(r, platform)
  for _, row in ipairs(platform:must("cc.list_proc_template",
    { bk_biz_id = 1, service_template_id = 1 }).info) do
    platform:must("cc.update_proc_template", { bk_biz_id = 1, process_template_id = row.id,
      process_property = { description = { value = "new", as_default_value = r:chance(50) } } })
  end
end

local tests = {}

function tests.test_random_fleets_are_pulled_alike_with_and_without_the_sieve()
  local few, all = 0, 0
  for seed = 1, SEEDS do
    local r = draws.new(seed)
    local platform <close> = random_fleet.fleet(random_fleet.topology(r))
    local text = json.encode(random.playbooks(r, 1)[1])
    if playbook.load(text) and pcall(world.converge, platform, text) then
      for _, percent in ipairs { 0, 10, 50 } do
        drift(r, platform, percent)
        local decoded, without = compare(platform, ("seed %d, %d %%"):format(seed, percent) .. text)
        few, all = few + decoded, all + without
      end
      fall_behind(r, platform)
      compare(platform, ("seed %d, behind"):format(seed) .. text)
    end
  end
  lu.assertTrue(few < all * 3 // 4, ("%d of %d rows were decoded"):format(few, all))
end

local TOPOLOGY = [[
businesses:
  demo:
    service_templates: { web: {} }
    sets:
      one: { modules: { web: { service_template: web, hosts: ["10.0.1.[1-130]"] } } }
      two: { modules: { web: { service_template: web, hosts: ["10.0.2.[1-130]"] } } }
]]

local TEMPLATE = [[
business: demo
service_templates:
  web:
    processes:
      nginx:
        bk_func_name: nginx
        user: { value: "{ }", as_default_value: false }
        timeout: { value: 30, as_default_value: false }
        bind_info: [{ ip: 0.0.0.0, port: { value: 80, as_default_value: false }, protocol: TCP }]
      cache: { bk_func_name: redis, user: { value: root, as_default_value: false } }
]]

-- Rules of the fleet, and which hosts have another timeout: how many of its 520 processes are
-- decoded at most.
local FLEETS = {
  { "", {}, 0 },
  { "{ where: { module: web }, processes: { nginx: { timeout: 5 } } }", {}, 0 },
  { "{ where: { set: two, module: web }, processes: { nginx: { timeout: 5 } } }", {}, 0 },
  { "", { "one/10.0.1.120", "two/10.0.2.7" }, 2 },
  { "{ where: { module: web }, processes: { nginx: { timeout: 5 } } }",
    { "one/10.0.1.1", "one/10.0.1.2", "two/10.0.2.130" }, 3 },
  { "{ where: { set: two, module: web }, processes: { nginx: { timeout: 5 } } }",
    { "one/10.0.1.9", "two/10.0.2.7" }, 2 },
}

function tests.test_of_those_that_look_alike_none_is_decoded()
  for _, each in ipairs(FLEETS) do
    local platform <close> = fleet.new(TOPOLOGY)
    world.converge(platform, ("%sinstances: [%s]"):format(TEMPLATE, each[1]))
    local rows = world.processes(platform)
    for _, place in ipairs(each[2]) do
      local label = place:gsub("/", "/web/") .. "/nginx"
      change(platform, rows[label], { timeout = 99 })
    end
    local few, all, text = compare(platform, each[1])
    lu.assertEquals(all, 520)
    lu.assertTrue(few <= each[3], ("%s: %d rows were decoded"):format(each[1], few))
    lu.assertEquals(select(2, text:gsub("timeout: 99", "")), math.min(1, #each[2]))
    for _, place in ipairs(each[2]) do
      lu.assertStrContains(text, place:match("/(.*)"))
    end
  end
end

-- Addresses of the row on one host where the template gives the host's own, and what is said of it.
local ADDRESSES = {
  { "10.0.1.3", nil },
  { "10.0.1.4", "10.0.1.4" },
  { "", '""' },
}

function tests.test_addresses_of_the_host_are_no_difference()
  local platform <close> = fleet.new(TOPOLOGY)
  world.converge(platform, (TEMPLATE:gsub("ip: 0.0.0.0",
    "ip: { value: first_inner, as_default_value: false }")))
  local _, _, text = compare(platform)
  lu.assertNotStrContains(text, "instances:")
  local row = world.processes(platform)["one/web/10.0.1.3/nginx"]
  for _, each in ipairs(ADDRESSES) do
    row.process.bind_info[1].ip = each[1]
    change(platform, row, { bind_info = row.process.bind_info })
    _, _, text = compare(platform)
    lu.assertEquals(text:match("instances:\n(.*)$"), each[2] and ([[
  - where: { set: one, module: web, hosts: 10.0.1.3 }
    processes:
      nginx:
        bind_info:
          - { template_row_id: 1, ip: %s }
]]):format(each[2]))
  end
  -- An address of the host in another place is one.
  row.process.bind_info[1].ip = "10.0.1.3"
  change(platform, row, { bind_info = row.process.bind_info, user = "10.0.1.3" })
  _, _, text = compare(platform)
  lu.assertStrContains(text, "nginx: { user: 10.0.1.3 }")
end

return tests
