-- Plans that take too much away are shown and not applied, unless somebody insists.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local system = require "system"
local workplace = require "tests.support.workplace"

local SHOP = [[
playbook: shop
business: demo
service_templates:
  web:
    prune: true
    processes:
      nginx: { bk_func_name: nginx }
      agent: { bk_func_name: agent }
]]

local tests = {}

-- A fleet with two processes on each host of the modules web, and a playbook without one of them.
local function shrinking()
  local directory = workplace.new { ["shop.yml"] = SHOP }
  directory:expect(0, "apply", "shop.yml")
  directory:write("shop.yml", (SHOP:gsub("      agent[^\n]*\n", "")))
  return directory
end

function tests.test_half_of_all_processes_is_too_much()
  local directory <close> = shrinking()
  local planned = directory:expect(0, "plan", "shop.yml")
  lu.assertStrContains(planned.stderr, "apply would refuse this: ")
  local refused = directory:expect(3, "apply", "shop.yml")
  lu.assertStrContains(refused.stdout, "- process template web/agent")
  lu.assertStrMatches(refused.stderr, ".*%d+ of %d+ processes would go, more than 30 %%\n.*")
  lu.assertStrContains(refused.stderr, "raise --max-deletes or apply it with --force")
  directory:expect(2, "plan", "--detailed-exitcode", "shop.yml")
end

for name, flags in pairs { force = { "--force" }, share = { "--max-deletes", "50%" } } do
  tests["test_it_is_done_with_" .. name] = function()
    local directory <close> = shrinking()
    directory:expect(0, "apply", "shop.yml", table.unpack(flags))
    directory:expect(0, "plan", "--detailed-exitcode", "shop.yml")
  end
end

-- A playbook with so many processes on a host of each of some modules of tools.
local function crowd(modules)
  local lines = { "playbook: shop", "business: demo", "instances:" }
  for module, count in pairs(modules) do
    lines[#lines + 1] = ("  - { where: { set: tools, module: %s, hosts: %s }, prune: true, "
      .. "processes: {"):format(module, module == "cron" and "10.0.0.7" or "10.0.0.5")
    for i = 1, count do lines[#lines + 1] = ("      p%d: { bk_func_name: p%d },"):format(i, i) end
    lines[#lines + 1] = "      } }"
  end
  return table.concat(lines, "\n") .. "\n"
end

-- What is there, what is left of it, what is said. 30 % of exactly ten are three, and of fewer than
-- ten no share counts; both hold for the business and for each module.
local SHARES = {
  three_of_ten = { { cron = 10 }, { cron = 7 } },
  four_of_ten = { { cron = 10 }, { cron = 6 }, "4 of 10 processes would go, more than 30 %" },
  four_of_nine = { { cron = 9 }, { cron = 5 } },
  four_of_ten_in_a_module = { { cron = 10, deploy = 30 }, { cron = 6, deploy = 30 },
    "4 of 10 processes in tools/cron would go, more than 30 %" },
  few_in_each_module_and_many_in_all = { { cron = 9, deploy = 9 }, { cron = 6, deploy = 6 },
    "6 of 18 processes would go, more than 30 %" },
}

for name, case in pairs(SHARES) do
  tests["test_" .. name] = function()
    local directory <close> = workplace.new()
    directory:write("shop.yml", crowd(case[1]))
    directory:expect(0, "apply", "shop.yml")
    directory:write("shop.yml", crowd(case[2]))
    local applied = directory:run("apply", "shop.yml")
    lu.assertEquals(applied.code, case[3] and 3 or 0, applied.stdout .. applied.stderr)
    lu.assertStrContains(applied.stderr, case[3] or "")
  end
end

function tests.test_a_limit_of_changes()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local refused = directory:expect(3, "apply", "--max-changes", "1", "shop.yml")
  lu.assertStrContains(refused.stderr, "objects would change, more than 1")
  directory:expect(64, "apply", "--max-changes", "x", "shop.yml")
end

-- The process template and the modules that are synchronised are changed; that 42 processes come
-- of it is for the plan to show.
function tests.test_what_follows_a_template_is_no_change_of_its_own()
  local directory <close> = workplace.new { ["web.yml"] = "business: demo\nservice_templates:\n"
    .. "  web: { processes: { nginx: { bk_func_name: nginx } } }\n" }
  directory:expect(3, "apply", "--max-changes", "3", "web.yml")
  directory:expect(0, "apply", "--max-changes", "4", "web.yml")
end

function tests.test_the_profile_has_limits_too()
  local directory <close> = workplace.new { ["shop.yml"] = SHOP }
  local server <close> = cli.start { cwd = directory.path, "platform", "serve", "--listen",
    "127.0.0.1:0", "--data", "fleet.db" }
  local url = server:read_line(20):match("http://%S+")
  local config = directory.path .. "/.config/remora/config.yml"
  fs.write(config, "")
  assert(system.write_file(config,
    ("default: here\nprofiles:\n  here: { url: %q, max_changes: 1 }\n"):format(url), 384)) -- 0600
  directory:expect(3, "apply", "--yes", "shop.yml")
  directory:expect(0, "apply", "--yes", "--max-changes", "90", "shop.yml")
end

return tests
