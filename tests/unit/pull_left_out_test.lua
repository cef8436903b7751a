-- What pulling leaves out, because a playbook cannot say it, and how it tells so: at the head, or
-- above what it belongs to.

local category = require "remora.kinds.service_templates.category"
local document = require "remora.pull.document"
local fleet = require "tests.support.fleet"
local lu = require "luaunit"
local notes = require "remora.pull.notes"
local places = require "remora.pull.places"
local rules = require "remora.pull.rules"
local templates = require "remora.pull.templates"
local v3 = require "remora.pull.v3"

local tests = {}

local CATEGORIES = { { id = 1, name = "Default" }, { id = 2, name = "Default", bk_parent_id = 1 } }

local function locked(value) return { value = value, as_default_value = true } end

-- What stands above a key.
local function above(its_notes, container, key)
  return (its_notes.layout.above[container] or {})[key]
end

function tests.test_the_head_lists_what_is_left_out_once_and_in_order()
  local its_notes = notes.new()
  for _, words in ipairs { "b", "a", "b" } do its_notes:head(words) end
  local text = document.text({ business = { id = 7, name = "demo" }, notes = its_notes, api = "v3",
    parts = {} }, "test")
  lu.assertStrContains(text, "# Sets, modules and hosts are not part of it.\n#\n"
    .. "# Of what is there, a playbook cannot say this:\n# - a\n# - b\nbusiness: demo\n")
end

function tests.test_a_business_that_cannot_be_named_goes_by_its_id()
  for name, said in pairs { ["demo"] = "demo", ["{{ x }}"] = 7, [" demo"] = 7 } do
    lu.assertEquals(document.tree({ business = { id = 7, name = name }, notes = notes.new(),
      parts = {} }, "test").business, said)
  end
end

function tests.test_a_template_that_cannot_be_named_is_left_out()
  local its_notes = notes.new()
  lu.assertNil(templates.entry(its_notes, { categories = CATEGORIES, need_sync = {} },
    { id = 1, name = "{{ x }}", category_id = 2, processes = {} }))
  lu.assertEquals(its_notes.left_out,
    { 'A service template is left out: the name "{{ x }}" looks like a variable' })
end

function tests.test_processes_of_a_template_that_cannot_be_said_are_left_out()
  local its_notes = notes.new()
  local function process(name, func)
    return { name = name, property = { bk_func_name = locked(func) } }
  end
  -- The platform takes two of an executable that have no start regex; a playbook, too.
  local twin = process("b", "x")
  local other = process("c", "x")
  twin.property.bk_start_param_regex, other.property.bk_start_param_regex = locked "r", locked "r"
  local entry = templates.entry(its_notes, { categories = CATEGORIES, modules = {},
    need_sync = {} }, { id = 1, name = "web", category_id = category.default
    { categories = CATEGORIES }, processes = { process("{{ x }}", "x"), process("a", "y"),
    process("d", "y"), twin, other } })
  lu.assertEquals(entry.processes, { a = { bk_func_name = "y" }, d = { bk_func_name = "y" },
    b = { bk_func_name = "x", bk_start_param_regex = "r" } })
  lu.assertEquals(its_notes.left_out, {
    'A process of the service template web is left out: the name "{{ x }}" looks like a variable',
    'A process of the service template web is left out: "b" and "c" have the same bk_func_name and '
      .. "bk_start_param_regex" })
end

-- Rules for what is true of all instances in one module called cron.
local function rules_of(its_notes, traits)
  local found = { groups = {}, module_of = {} }
  for i, trait in ipairs(traits) do
    found.groups[i] = { trait = trait, whole = { [5] = true }, hosts = {}, host_ids = {},
      crowds = {} }
  end
  local state = { sets = { { id = 1, name = "prod" } },
    modules = { { id = 5, name = "cron", set_id = 1, set_name = "prod" } } }
  return rules.of(its_notes, places.new(state), "cron", found)
end

function tests.test_values_of_an_instance_that_cannot_be_said_stand_above_it()
  local its_notes = notes.new()
  local made = rules_of(its_notes, { { process = "a", fields = { user = "x ", timeout = 3,
    work_path = "/ " } } })
  lu.assertEquals(#made, 1)
  lu.assertEquals(made[1].rule, { where = { module = "cron" },
    processes = { a = { timeout = 3 } } })
  lu.assertEquals(above(its_notes, made[1].rule.processes, "a"),
    'Left out: "user" ends with a blank; "work_path" ends with a blank')
  lu.assertEquals(its_notes.left_out, {})
end

function tests.test_an_instance_of_which_nothing_can_be_said_is_told_of_at_the_head()
  local its_notes = notes.new()
  lu.assertEquals(rules_of(its_notes, { { process = "a", fields = { user = "x " } },
    { process = "{{ x }}", fields = { timeout = 3 } } }), {})
  lu.assertEquals(its_notes.left_out, {
    'Of a process in modules called cron is left out: "user" ends with a blank',
    'Of a process in modules called cron is left out: the name "{{ x }}" looks like a variable' })
end

-- Without a start regex, too, no service instance holds both.
function tests.test_of_two_processes_that_no_playbook_takes_together_one_is_left_out()
  local its_notes = notes.new()
  local made = rules_of(its_notes, { { process = "a", fields = { bk_func_name = "x" } },
    { process = "b", fields = { bk_func_name = "x" } } })
  lu.assertEquals(made[1].rule.processes, { a = { bk_func_name = "x" } })
  lu.assertEquals(its_notes.left_out, { 'A process in modules called cron is left out: "a" and "b" '
    .. "have the same bk_func_name and bk_start_param_regex" })
end

-- Names that mean something else in a `where`, or cannot stand there.
local UNSELECTABLE = { "", " x", "x ", "x*", "x?", "{{ x }}" }

function tests.test_what_no_name_selects_goes_by_id()
  for _, name in ipairs(UNSELECTABLE) do
    local state = { sets = { { id = 1, name = "a" }, { id = 2, name = name } }, modules = {
      { id = 5, name = name, set_id = 1, set_name = "a" },
      { id = 6, name = "cron", set_id = 2, set_name = name },
      { id = 7, name = "cron", set_id = 1, set_name = "a" } } }
    for id, module in pairs { [5] = name, [6] = "cron" } do
      local where, by_id = places.new(state):of(module, { [id] = true })
      lu.assertEquals({ where, by_id }, { { module = { id } }, true })
    end
    local where, by_id = places.new(state):of("cron", { [7] = true })
    lu.assertEquals({ where, by_id }, { { set = { "a" }, module = { "cron" } }, false })
  end
end

-- Where some instances of two modules with such a name are, and what their rules say of it.
function tests.test_ids_in_a_rule_are_explained()
  local state = { sets = { { id = 1, name = "prod" }, { id = 2, name = "test" } }, modules = {
    { id = 5, name = "x*", set_id = 1, set_name = "prod" },
    { id = 6, name = "x*", set_id = 2, set_name = "test" } } }
  local trait = { process = "a", fields = { timeout = 3 } }
  local its_own, shared = "10.0.0.1", "10.0.0.2" -- address of hosts in one module, in both
  for address, module in pairs { [its_own] = 5, [shared] = 0 } do
    local group = { trait = trait, whole = {}, hosts = { [5] = { address } }, host_ids = {},
      crowds = {} }
    local made = rules.of(notes.new(), places.new(state), "x*",
      { module_of = { [address] = module }, groups = { group } })
    lu.assertEquals({ #made, made[1].rule.where, made[1].words }, { 1,
      { module = 5, hosts = address }, "By id, because names do not tell these apart." })
  end
end

function tests.test_what_an_old_platform_has_and_no_playbook_can_say()
  local platform <close> = fleet.new "businesses: { demo: {} }"
  for _, process in ipairs {
    { bk_process_name = "a", bk_func_name = "x", work_path = "/ " },
    { bk_process_name = "{{ x }}", bk_func_name = "x" },
  } do
    process.bk_biz_id = 1
    platform:must("cc_v3.create_process", process)
  end
  local pulled = assert(v3.read(platform:reader(), { business = "demo" }))
  local processes = pulled.parts[1].processes
  lu.assertEquals(processes, { a = { bk_func_name = "x" } })
  lu.assertEquals(above(pulled.notes, processes, "a"), 'Left out: "work_path" ends with a blank')
  lu.assertEquals(pulled.notes.left_out,
    { 'A process is left out: the name "{{ x }}" looks like a variable' })
end

return tests
