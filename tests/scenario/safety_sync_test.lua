-- What a sync deletes because somebody removed a process template before: shown, counted, and
-- refused where it is protected, through the command line.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"

local BOTH = [[
playbook: shop
business: demo
service_templates:
  %s:
    processes:
      main: { bk_func_name: main, timeout: 30 }
      side: { bk_func_name: side }
]]

local tests = {}

-- Removes a process template as somebody else would.
local function remove(directory, template, process)
  local named, gone = {}, nil
  for _, row in ipairs(directory:call("list_service_template", { bk_biz_id = 1,
    page = { start = 0, limit = 100 } }).info) do named[row.name] = row.id end
  for _, row in ipairs(directory:call("list_proc_template",
    { bk_biz_id = 1, service_template_id = named[template] }).info) do
    if row.bk_process_name == process then gone = row.id end
  end
  directory:call("delete_proc_template", { bk_biz_id = 1, process_templates = { gone } })
end

-- A fleet whose service template has lost the process template side, whose processes run on; and a
-- playbook that asks for another timeout of main.
local function orphaned(template, more)
  local directory = workplace.new { ["shop.yml"] = BOTH:format(template) }
  directory:expect(0, "apply", "--yes", "shop.yml")
  remove(directory, template, "side")
  directory:write("shop.yml",
    BOTH:format(template):gsub("      side[^\n]*\n", more or ""):gsub("30", "60"))
  return directory
end

local function count(directory, name)
  local found = 0
  for _, row in ipairs(directory:call("list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } }).info) do
    if row.process.bk_process_name == name then found = found + 1 end
  end
  return found
end

-- 20 + 20 + 2 hosts have a module web, with two processes each.
function tests.test_what_a_sync_deletes_is_shown_and_refused()
  local directory <close> = orphaned "web"
  lu.assertEquals(count(directory, "side"), 42)
  local planned = directory:expect(0, "plan", "shop.yml")
  lu.assertStrContains(planned.stdout,
    "deletes 42 processes that have no process template any more\n"
    .. "      ↳ agents keep what they host of it until that is taken back: ")
  lu.assertStrContains(planned.stderr, "apply would refuse this: ")
  local refused = directory:expect(3, "apply", "shop.yml")
  lu.assertStrContains(refused.stderr, "42 of 84 processes would go, more than 30 %")
  lu.assertEquals(count(directory, "side"), 42)
  directory:expect(0, "apply", "--force", "shop.yml")
  lu.assertEquals(count(directory, "side"), 0)
  lu.assertEquals(count(directory, "main"), 42)
  directory:expect(0, "plan", "--detailed-exitcode", "shop.yml")
end

-- Three hosts have a module queue: of fewer than ten processes no share counts.
function tests.test_of_a_few_no_share_counts_but_a_number_does()
  local directory <close> = orphaned "queue"
  lu.assertStrContains(directory:expect(3, "apply", "--max-deletes", "2", "shop.yml").stderr,
    "3 processes would go, more than 2")
  directory:expect(0, "apply", "shop.yml")
  lu.assertEquals(count(directory, "side"), 0)
end

function tests.test_a_protected_template_is_not_synchronised()
  local directory <close> = orphaned("queue", "    protect: true\n")
  local refused = directory:expect(3, "apply", "--force", "shop.yml")
  lu.assertStrContains(refused.stderr,
    "shop.yml:7:14: protected against: sync of service template queue")
  lu.assertEquals(count(directory, "side"), 3)
end

-- What the run itself sets free counts where it removes the process template, and not again when
-- the next round finds it free.
function tests.test_what_a_run_removes_is_counted_once()
  local directory <close> = workplace.new()
  directory:write("shop.yml", BOTH:format "queue" .. "      third: { bk_func_name: third }\n")
  directory:expect(0, "apply", "shop.yml")
  remove(directory, "queue", "third")
  directory:write("shop.yml",
    (BOTH:format("queue"):gsub("      side[^\n]*\n", "    prune: true\n")))
  -- One process template, and three processes of each of two.
  lu.assertStrContains(directory:expect(3, "apply", "--max-deletes", "6", "shop.yml").stderr,
    "6 processes, 1 process template would go, more than 6")
  directory:expect(0, "apply", "--max-deletes", "7", "shop.yml")
  lu.assertEquals({ count(directory, "side"), count(directory, "third") }, { 0, 0 })
  lu.assertEquals(count(directory, "main"), 3)
end

-- Without any process template, service instances go as well.
function tests.test_the_last_process_template_takes_the_service_instances_along()
  local directory <close> = orphaned "queue"
  remove(directory, "queue", "main")
  directory:write("shop.yml", "business: demo\nservice_templates:\n  queue: { processes: {} }\n")
  local refused = directory:expect(3, "apply", "--max-deletes", "1", "shop.yml")
  lu.assertStrContains(refused.stdout, "the sync deletes the service instances too")
  lu.assertStrContains(refused.stderr,
    "6 processes, 3 service instances would go, more than 1")
end

return tests
