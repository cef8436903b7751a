-- `protect` and `ignore` on the objects of a playbook, through the command line.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"

local tests = {}

-- Applies a playbook that must go through.
local function apply(directory, text)
  directory:write("shop.yml", "playbook: shop\nbusiness: demo\n" .. text)
  directory:expect(0, "apply", "shop.yml")
end

-- Applies one that must be refused by a mark, even where somebody insists.
local function refused(directory, text, place, words)
  directory:write("shop.yml", "playbook: shop\nbusiness: demo\n" .. text)
  local applied = directory:expect(3, "apply", "--force", "shop.yml")
  lu.assertStrContains(applied.stderr, "shop.yml:" .. place .. ": protected against: ")
  lu.assertStrContains(applied.stderr, words)
end

local CRON = [[
instances:
  - where: { set: tools, module: cron }
    prune: true
    %s
    processes:
      crond: { bk_func_name: crond, user: root }
%s]]

function tests.test_a_protected_rule_deletes_nothing()
  local directory <close> = workplace.new()
  local both = CRON:format("protect: true", "      atd: { bk_func_name: atd }\n")
  apply(directory, both)
  refused(directory, CRON:format("protect: true", ""), "6:14",
    "delete of process tools/cron/10.0.0.7/atd")
  apply(directory, (both:gsub("root", "cron")))
end

-- A process under another name is another process: the old one would go.
function tests.test_a_new_name_takes_away_the_old_one()
  local directory <close> = workplace.new()
  local both = CRON:format("protect: true", "      atd: { bk_func_name: atd }\n")
  apply(directory, both)
  refused(directory, (both:gsub("      atd:", "      at:")), "6:14",
    "delete of process tools/cron/10.0.0.7/atd")
end

local WEB = [[
service_templates:
  web:
    prune: true
    processes:
      nginx: { bk_func_name: nginx, start_cmd: ./nginx, stop_cmd: ./stop, pid_file: nginx.pid,
               user: root, work_path: /data%s }
%s]]

function tests.test_a_protected_template_keeps_its_processes()
  local directory <close> = workplace.new()
  local agent = "      agent: { bk_func_name: agent }\n"
  apply(directory, WEB:format("", agent))
  refused(directory, WEB:format("", "    protect: true\n"), "9:14",
    "delete of process template web/agent")
  refused(directory, WEB:format("", "instances:\n  - where: { module: web }\n    protect: true\n"
    .. "    processes: {}\n"), "11:14", "delete of process template web/agent")
end

local HOSTING = [[
hosting:
  - where: { set: prod-1, module: web, process: nginx }
    state: %s
    owner: admin
    cpu_lmt: %d
    %s
]]

function tests.test_a_protected_rule_takes_nothing_from_the_agents()
  local directory <close> = workplace.new()
  local template = WEB:format("", "")
  apply(directory, template .. HOSTING:format("hosted", 20, "protect: true"))
  refused(directory, template .. HOSTING:format("unhosted", 20, "protect: true"), "14:14",
    "unregister of hosted process prod-1/web/")
  refused(directory, template .. HOSTING:format("stopped", 20, "protect: true"), "14:14",
    "stop of hosted process prod-1/web/")
  -- The second of two rules that want the same may say so, too.
  local second = HOSTING:format("unhosted", 20, "protect: true"):gsub("^hosting:\n", "")
    :gsub("set: prod%-1, ", "")
  refused(directory, template .. HOSTING:format("unhosted", 20, "") .. second, "19:14",
    "unregister of hosted process prod-1/web/")
  -- Registered anew is not taken away.
  apply(directory, template .. HOSTING:format("hosted", 30, "protect: true"))
  refused(directory, WEB:format(", protect: true", "") .. HOSTING:format("unhosted", 20, ""),
    "8:55", "unregister of hosted process prod-1/web/")
end

-- What is ignored is set when the object is made; a second value changes nothing.
local IGNORED = {
  instances = { CRON:format("ignore: [user]", ""), "root", "cron" },
  template = { WEB:format(", ignore: user", ""), "root", "www" },
  hosting = { WEB:format("", "") .. HOSTING:format("hosted", 20, "ignore: [cpu_lmt]"), "20", "50" },
}

for name, row in pairs(IGNORED) do
  tests["test_what_is_ignored_is_not_compared_in_" .. name] = function()
    local directory <close> = workplace.new()
    apply(directory, row[1])
    local other = row[1]:gsub(row[2], row[3])
    directory:write("shop.yml", "playbook: shop\nbusiness: demo\n" .. other)
    directory:expect(0, "plan", "--detailed-exitcode", "shop.yml")
    other = other:gsub("ignore: %S+", "")
    directory:write("shop.yml", "playbook: shop\nbusiness: demo\n" .. other)
    directory:expect(2, "plan", "--detailed-exitcode", "shop.yml")
  end
end

function tests.test_only_fields_can_be_ignored()
  local directory <close> = workplace.new()
  directory:write("shop.yml", "business: demo\n" .. CRON:format("ignore: [usr]", ""))
  local checked = directory:expect(1, "check", "shop.yml")
  lu.assertStrContains(checked.stderr, "did you mean \"user\"?")
end

return tests
