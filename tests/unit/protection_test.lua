-- Which mark of a playbook keeps what: one on a service template, on a rule for instances of its
-- modules, on a process of it.

local lu = require "luaunit"
local playbook = require "tests.support.playbook"
local protection = require "remora.model.protection"

local WEB = { id = 11, name = "web", set_id = 1, template_id = 5 }
local CACHE = { id = 12, name = "cache", set_id = 1, template_id = 5 }
local CRON = { id = 13, name = "cron", set_id = 1, template_id = 0 }
local STATE = { sets = { { id = 1, name = "prod" } }, modules = { WEB, CACHE, CRON }, hosts = {},
  templates = { [5] = { id = 5, name = "web" } } }

-- What a playbook says; the line of the mark on what follows the template web, and of that on its
-- process nginx.
local ROWS = {
  nothing = { {} },
  a_template = { { "service_templates:", "  web:", "    protect: true" }, 3 },
  a_template_that_is_not = { { "service_templates:", "  web: { protect: false }" } },
  another_template = { { "service_templates:", "  web: {}", "  db: { protect: true }" } },
  a_process = { { "service_templates:", "  web:", "    processes:",
    "      nginx: { bk_func_name: nginx, protect: true }" }, nil, 4 },
  another_process = { { "service_templates:", "  web:", "    processes:",
    "      nginx: { bk_func_name: nginx }", "      side: { bk_func_name: a, protect: true }" } },
  a_process_of_another_template = { { "service_templates:", "  db:", "    processes:",
    "      nginx: { bk_func_name: nginx, protect: true }" } },
  a_rule = { { "instances:", "  - where: { module: web }", "    protect: true",
    "    processes: { nginx: { timeout: 1 } }" }, 3 },
  a_rule_for_the_second_module = { { "instances:", "  - where: { module: cache }",
    "    protect: true", "    processes: { nginx: { timeout: 1 } }" }, 3 },
  a_rule_elsewhere = { { "instances:", "  - where: { module: cron }", "    protect: true",
    "    processes: { crond: { bk_func_name: crond } }" } },
  a_rule_that_is_not = { { "instances:", "  - where: { module: web }",
    "    processes: { nginx: { timeout: 1 } }" } },
  both = { { "instances:", "  - where: { module: web }", "    protect: true",
    "    processes: { nginx: { timeout: 1 } }", "service_templates:", "  web:",
    "    protect: true" }, 7 },
}

local tests = {}

-- Without that of `business`, which stands before them.
local function line(at) return at and at.line - 1 end

for name, row in pairs(ROWS) do
  tests["test_" .. name] = function()
    local pb = assert(playbook.load(playbook.text(row[1])))
    lu.assertEquals(line(protection.of_followers(pb, STATE, "web", { WEB, CACHE })), row[2])
    lu.assertEquals(line(protection.of_process(pb, STATE, WEB, "nginx")), row[3])
  end
end

function tests.test_a_process_without_a_template_that_is_known_has_no_mark()
  local pb = assert(playbook.load(playbook.text { "service_templates:", "  web:",
    "    processes:", "      nginx: { bk_func_name: nginx, protect: true }" }))
  lu.assertNil(protection.of_process(pb, STATE, CRON, "nginx"))
  lu.assertNil(protection.of_process(pb, {}, WEB, "nginx"))
end

return tests
