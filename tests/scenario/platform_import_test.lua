-- remora platform import: a topology file comes to what is there already, all of it or nothing,
-- also while the platform is running.

local collections = require "remora.platform.collections"
local demo = require "remora.platform.demo"
local json = require "json"
local lu = require "luaunit"
local serve = require "tests.support.served"
local sqlite = require "sqlite"
local workplace = require "tests.support.workplace"

local tests = {}

-- On the demo fleet: something new of every sort, beside what is there.
local MORE = [[
cloud_areas: { edge: , far: }
businesses:
  demo:
    maintainer: admin
    service_templates: { web: { category: Nginx }, extra: }
    idle: [10.0.0.40]
    sets:
      prod-1:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[19-22]", 10.0.0.20] }
          batch: { hosts: [{ ip: 10.5.0.1, cloud_area: far, name: b }] }
      new: { environment: test, modules: { extra: { service_template: extra } } }
  shop: { sets: { live: { modules: { web: { hosts: [10.77.0.1] } } } } }
]]

-- Two processes for each host that is in prod-1/web.
local PROCESSES = [[
business: demo
service_templates:
  web: { processes: { a: { bk_func_name: a }, b: { bk_func_name: b } } }
]]

local function demo_place(files)
  local place = workplace.new(files)
  place:expect(0, "call", "search_business") -- makes the demo fleet
  return place
end

-- All documents of the platform: collection → rows in the order they were made.
local function documents(path)
  local db <close> = assert(sqlite.open(path, { readonly = true }))
  local all = {}
  for name in pairs(collections) do
    all[name] = db:rows(('SELECT * FROM "%s" ORDER BY rowid'):format(name))
  end
  return all
end

-- As one text for each collection: a few thousand rows are too many to look for a difference in.
local function texts(path)
  local all = documents(path)
  for name, rows in pairs(all) do all[name] = json.encode(json.array(rows)) end
  return all
end

local function assert_same(path, before)
  for name, text in pairs(texts(path)) do lu.assertTrue(text == before[name], name) end
end

-- Addresses of the hosts in a module.
local function hosts(place, set, module)
  local answer = place:call("list_biz_hosts_topo", { bk_biz_id = 1,
    fields = { "bk_host_innerip" }, page = { start = 0, limit = 500 } })
  local list = {}
  for _, info in ipairs(answer.info) do
    for _, its_set in ipairs(info.topo) do
      for _, its_module in ipairs(its_set.bk_set_name == set and its_set.module or {}) do
        if its_module.bk_module_name == module then
          list[#list + 1] = info.host.bk_host_innerip
        end
      end
    end
  end
  table.sort(list)
  return list
end

function tests.test_what_is_new_is_added_to_what_is_there()
  local place <close> = demo_place { ["more.yml"] = MORE, ["p.yml"] = PROCESSES }
  place:expect(0, "apply", "p.yml")
  lu.assertEquals(place:expect(0, "platform", "import", "more.yml").stdout,
    "added to .remora/platform.db: 1 business, 1 cloud area, 5 hosts, 3 modules, 1 moved host, "
    .. "1 service template, 2 sets\n")
  local web = hosts(place, "prod-1", "web")
  lu.assertEquals(#web, 23)
  lu.assertEquals(web[1], "10.0.0.20") -- was idle, and is not any more
  lu.assertNotTableContains(hosts(place, "空闲机池", "空闲机"), "10.0.0.20")
  lu.assertTableContains(hosts(place, "空闲机池", "空闲机"), "10.0.0.40")
  -- The platform gives hosts that come what their module's template has.
  local processes = place:call("list_process_related_info",
    { bk_biz_id = 1, set = { bk_set_ids = {} }, page = { start = 0, limit = 500 } })
  lu.assertEquals(processes.count, 2 * (42 + 3))
  lu.assertEquals(place:expect(0, "platform", "import", "more.yml").stdout,
    ".remora/platform.db has all of more.yml already\n")
end

function tests.test_what_is_there_changes_nothing()
  local place <close> = demo_place { ["demo.yml"] = demo }
  local before = texts(place.path .. "/.remora/platform.db")
  place:expect(0, "platform", "import", "demo.yml")
  assert_same(place.path .. "/.remora/platform.db", before)
end

function tests.test_an_empty_platform_begins_with_it()
  local place <close> = workplace.new { ["more.yml"] = MORE }
  place:expect(0, "platform", "import", "--data", "below/p.db", "more.yml")
  local other <close> = workplace.new { ["more.yml"] = MORE }
  do
    local served <close> = serve(other, { "--topology", "more.yml" })
    served:stop()
  end
  local function named(rows, field)
    local names = {}
    for i, row in ipairs(rows) do names[i] = json.decode(row.doc)[field] end
    return names
  end
  local here, there = documents(place.path .. "/below/p.db"), documents(other.path .. "/p.db")
  for collection, field in pairs { biz = "bk_biz_name", set = "bk_set_name",
    module = "bk_module_name", host = "bk_host_innerip", cloud = "bk_cloud_name" } do
    lu.assertEquals(named(here[collection], field), named(there[collection], field))
  end
  lu.assertEquals(#here.host_module, #there.host_module)
end

-- Everything that contradicts the data, each at its place.
local WRONG = [[
businesses:
  demo:
    maintainer: bob
    service_templates: { web: { category: Tomcat }, app: , "a b": }
    idle: [10.0.1.1]
    sets:
      prod-1:
        environment: test
        modules:
          web: { service_template: web, hosts: [10.1.1.1, { ip: 10.0.1.2, name: x }] }
          cache: { service_category: Nginx }
      tools: { modules: { app: { service_template: app }, cron: { hosts: [10.0.0.99] } } }
  other: { sets: { s: { modules: { m: { service_category: Nginz } } } } }
]]

local REFUSALS = {
  "wrong.yml:3:17: business 'demo' is there already, with another maintainer",
  "wrong.yml:4:43: service template 'web' is there already, with another category",
  "wrong.yml:4:60: 'name' data parameter verification does not pass",
  "wrong.yml:5:12: host 10.0.1.1 is there already, in module 'web', so it is not idle",
  "wrong.yml:8:22: set 'prod-1' is there already, with another environment",
  "wrong.yml:10:49: host 10.1.1.1 is there already, in business 'game'",
  "wrong.yml:10:81: host 10.0.1.2 is there already, with another name",
  "wrong.yml:11:38: module 'cache' is there already, with another category",
  "wrong.yml:13:59: no service category named 'Nginz'",
}

function tests.test_all_that_contradicts_is_told_and_nothing_changed()
  local place <close> = demo_place { ["wrong.yml"] = WRONG, ["more.yml"] = MORE }
  local before = texts(place.path .. "/.remora/platform.db")
  local refused = place:expect(1, "platform", "import", "wrong.yml")
  for _, words in ipairs(REFUSALS) do lu.assertStrContains(refused.stderr, words) end
  lu.assertEquals(select(2, refused.stderr:gsub("error: ", "")), #REFUSALS)
  lu.assertStrContains(refused.stderr, "nothing was imported\n")
  assert_same(place.path .. "/.remora/platform.db", before)
  place:expect(0, "platform", "import", "more.yml")
end

function tests.test_files_that_are_none()
  local place <close> = demo_place { ["bad.yml"] = "businesses: { demo: { setz: } }\n" }
  lu.assertStrContains(place:expect(1, "platform", "import", "bad.yml").stderr,
    'bad.yml:1:23: unknown key "setz"; did you mean "sets"?')
  lu.assertStrContains(place:expect(1, "platform", "import", "none.yml").stderr, "none.yml")
  lu.assertEquals(place:expect(64, "platform", "import").stdout, "")
end

-- Who watches the platform sees the hosts come.
function tests.test_a_running_platform_has_it_at_once()
  local place <close> = workplace.new { ["more.yml"] = MORE }
  local served <close> = serve(place)
  local watch = { bk_resource = "host_relation", bk_event_types = { "create" } }
  local cursor = served:call("resource_watch", watch).bk_events[1].bk_cursor
  place:expect(0, "platform", "import", "--data", "p.db", "more.yml")
  lu.assertEquals(served:call("search_business", {}).count, 3)
  watch.bk_cursor = cursor
  lu.assertTrue(served:call("resource_watch", watch).bk_watched)
end

return tests
