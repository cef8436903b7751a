-- Playbooks of several files: `include:`, `vars_files:`, and what two files may not both decide.
-- Rows say files and outcome.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local fs = require "tests.support.fs"
local current = require "remora.reconcile.current"
local kinds = require "remora.kinds"
local load = require "remora.playbook.load"
local planner = require "remora.reconcile.plan"

local tests = {}

-- Loads some of the files of a map path → text; paths in messages are relative again.
local function load_files(files, paths, options)
  local directory <close> = fs.temporary()
  for path, text in pairs(files) do fs.write(directory.path .. "/" .. path, text) end
  local given = {}
  for i, path in ipairs(paths) do given[i] = directory.path .. "/" .. path end
  local settings = { env = {} }
  for name, value in pairs(options or {}) do settings[name] = value end
  local pb, refused = load(given, settings)
  local function relative(text)
    return (text:gsub(directory.path:gsub("%p", "%%%0") .. "/", ""))
  end
  local errors = {}
  for i, each in ipairs(refused and (refused.faults or { refused }) or {}) do
    assert(fault.is(each))
    errors[i] = relative(fault.place(each.at) .. " " .. each.message)
  end
  local names = {}
  for i, path in ipairs(pb and pb.files or {}) do names[i] = relative(path) end
  return pb, errors, names
end

local TEMPLATE = "service_templates: { %s: { processes: { p: { bk_func_name: p, user: %s } } } }\n"

local function template(name, user) return TEMPLATE:format(name, user or "root") end

function tests.test_included_files_are_part_of_the_playbook()
  local pb, errors, names = load_files({
    ["main.yml"] = "playbook: all\nbusiness: demo\ninclude: [parts/a.yml, ./parts/../b.yml]\n"
      .. template "main",
    ["parts/a.yml"] = "include: deeper/c.yml\n" .. template "a",
    ["parts/deeper/c.yml"] = "include: ../../b.yml\n" .. template "c",
    ["b.yml"] = "playbook: b\n" .. template "b",
  }, { "main.yml" })
  lu.assertEquals(errors, {})
  lu.assertEquals(pb.name, "all")
  lu.assertEquals(names, { "main.yml", "parts/a.yml", "parts/deeper/c.yml", "b.yml" })
  for _, name in ipairs { "main", "a", "b", "c" } do
    lu.assertNotNil(pb.sections.service_templates[name])
  end
  lu.assertEquals(pb.parts[2].sections.service_templates.a,
    pb.sections.service_templates.a)
end

-- Which playbooks are asked for → what all of it is called, and how many that are.
local NAMES = {
  { { "a.yml" }, "a", 1 },
  { { "a.yml", "b.yml" }, "a, bees", 2 },
  { { "b.yml", "c.yml", "a.yml" }, "bees, c and 1 more", 3 },
  { { "all.yml" }, "all", 1 },            -- what it includes is a part of it
  { { "all.yml", "a.yml" }, "all", 1 },
  { { "a.yml", "all.yml" }, "a, all", 2 },
}

function tests.test_all_that_was_asked_for_is_named()
  for _, case in ipairs(NAMES) do
    local pb, errors = load_files({
      ["a.yml"] = "business: demo\n", ["b.yml"] = "playbook: bees\nbusiness: demo\n",
      ["c.yml"] = "business: demo\n", ["all.yml"] = "include: [a.yml, b.yml]\n",
    }, case[1])
    lu.assertEquals(errors, {})
    lu.assertEquals({ pb.name, pb.playbooks }, { case[2], case[3] })
  end
end

function tests.test_a_lua_playbook_includes_and_is_included()
  local _, errors, names = load_files({
    ["main.lua"] = 'return { business = "demo", include = { "a.yml" } }',
    ["a.yml"] = "include: b.lua\n",
    ["b.lua"] = "return { service_templates = { b = {} } }",
  }, { "main.lua" })
  lu.assertEquals(errors, {})
  lu.assertEquals(names, { "main.lua", "a.yml", "b.lua" })
end

local REFUSED = {
  { { ["a.yml"] = "business: demo\nvars: { who: ann }\ninclude: b.yml\n",
      ["b.yml"] = template("x", '"{{ who }}"') },
    { "a.yml" }, 'b.yml:1:69 the variable "who" is not defined' },
  { { ["a.yml"] = "business: demo\ninclude:\n  - a.yml\n" },
    { "a.yml" }, "a.yml:3:5 the playbook includes itself: a.yml → a.yml" },
  { { ["a.yml"] = "business: demo\ninclude: b/b.yml\n", ["b/b.yml"] = "include: c.yml\n",
      ["b/c.yml"] = "include: [b.yml]\n" },
    { "a.yml" },
    "b/c.yml:1:11 the playbook includes itself: b/b.yml → b/c.yml → b/b.yml" },
  { { ["x/a.yml"] = "business: demo\ninclude: ../b.yml\n", ["b.yml"] = template "b" },
    { "x/a.yml" }, 'x/a.yml:2:10 "b.yml" lies outside the directory of x/a.yml' },
  { { ["a.yml"] = "business: demo\ninclude: /etc/hostname\n" },
    { "a.yml" }, 'a.yml:2:10 "/etc/hostname" lies outside the directory of a.yml' },
  { { ["a.yml"] = "business: demo\ninclude: none.yml\n" },
    { "a.yml" }, 'a.yml:2:10 "none.yml" cannot be read: No such file or directory' },
  { { ["a.yml"] = "business: demo\ninclude: 7\n" },
    { "a.yml" }, 'a.yml:2:10 "include" must be text, not 7' },
  { { ["a.yml"] = "business: demo\ninclude: b.yml\n", ["b.yml"] = "busines: demo\n" },
    { "a.yml" }, 'b.yml:1:1 unknown key "busines"; did you mean "business"?' },
  { { ["a.yml"] = "business: demo\ninclude: b.yml\n", ["b.yml"] = "business: game\n" },
    { "a.yml" }, 'b.yml:1:11 "business" is "game" here and "demo" in a.yml' },
  { { ["a.yml"] = "business: demo\ninclude: b.yml\n" .. template "web",
      ["b.yml"] = "\n" .. template "web" },
    { "a.yml" }, 'b.yml:2:22 the service template "web" is already set at a.yml:3:22' },
  { { ["a.yml"] = "business: demo\nvars_files: [none.yml]\n" },
    { "a.yml" }, 'a.yml:2:14 "none.yml" cannot be read: No such file or directory' },
  { { ["x/a.yml"] = "business: demo\nvars_files: ../v.yml\n", ["v.yml"] = "a: 1\n" },
    { "x/a.yml" }, 'x/a.yml:2:13 "v.yml" lies outside the directory of x/a.yml' },
  { { ["a.yml"] = "business: demo\nvars: { x: v }\nvars_files: '{{ x }}.yml'\n" },
    { "a.yml" }, 'a.yml:3:13 "vars_files" cannot use variables, they come from it' },
  { { ["a.yml"] = "business: demo\nvars_files: v.yml\n", ["v.yml"] = "- 1\n" },
    { "a.yml" }, "v.yml:1:1 a file of variables must be a map of names to values, not a list" },
  { { ["a.yml"] = "business: demo\nvars_files: v.yml\n", ["v.yml"] = "a: [\n" },
    { "a.yml" }, "v.yml:2:1 " },
}

function tests.test_what_may_not_be_included()
  for _, row in ipairs(REFUSED) do
    local _, errors = load_files(row[1], row[2])
    lu.assertEquals((errors[1] or ""):sub(1, #row[3]), row[3])
    lu.assertEquals(#errors, 1, table.concat(errors, "\n"))
  end
end

function tests.test_a_file_outside_may_come_in_when_the_command_line_names_it()
  local _, errors, names = load_files({
    ["x/a.yml"] = "business: demo\ninclude: ../b.yml\n", ["b.yml"] = template "b",
  }, { "x/a.yml", "b.yml" })
  lu.assertEquals(errors, {})
  lu.assertEquals(names, { "x/a.yml", "b.yml" })
end

function tests.test_files_share_variables_and_keep_their_own()
  local files = {
    ["main.yml"] = "business: demo\nvars_files: [one.yml, two.yml]\nvars: { c: main }\n"
      .. "include: part.yml\n" .. template("main", '"{{ a }} {{ b }} {{ c }}"'),
    ["part.yml"] = "vars_files: two.yml\n" .. template("part", '"{{ b }} {{ c }}"'),
    ["one.yml"] = "a: one\nb: one\nc: one\n",
    ["two.yml"] = "b: two\nc: two\n",
  }
  local function users(options)
    local pb, errors = load_files(files, { "main.yml" }, options)
    lu.assertEquals(errors, {})
    local templates = pb.sections.service_templates
    return { templates.main.processes.p.user.value, templates.part.processes.p.user.value }
  end
  lu.assertEquals(users(), { "one two main", "two two" })
  lu.assertEquals(users { vars = { "b=x", "c=y" } }, { "one x y", "x y" })
end

function tests.test_a_variable_of_the_command_line_may_be_for_what_is_included()
  local files = { ["a.yml"] = "business: demo\ninclude: b.yml\n",
    ["b.yml"] = template("x", '"{{ who }}"') }
  local _, errors = load_files(files, { "a.yml" }, { vars = { "who=ann" } })
  lu.assertEquals(errors, {})
  _, errors = load_files(files, { "a.yml" }, { vars = { "who=ann", "why=x" } })
  lu.assertEquals(#errors, 1)
  lu.assertStrContains(errors[1], 'no playbook uses the variable "why" of --var')
end

function tests.test_the_path_of_an_include_may_come_from_a_variable()
  local _, errors, names = load_files({
    ["a.yml"] = "business: demo\nvars: { stage: prod }\ninclude: 'env/{{ stage }}.yml'\n",
    ["env/prod.yml"] = template "x",
  }, { "a.yml" })
  lu.assertEquals(errors, {})
  lu.assertEquals(names, { "a.yml", "env/prod.yml" })
end

-- Rules of two files that only the fleet shows to speak of the same instance.
function tests.test_conflicts_between_files_are_told_with_both_places()
  local files = {
    ["a.yml"] = [[
business: demo
service_templates:
  web: { processes: { n: { bk_func_name: n, timeout: { value: 1, as_default_value: false } } } }
instances:
  - where: { module: web }
    processes: { n: { timeout: 10 } }
]],
    ["b.yml"] = [[
instances:
  - where: { set: "o*" }
    processes:
      n:
        timeout: 20
]],
  }
  local pb, errors = load_files(files, { "a.yml", "b.yml" })
  lu.assertEquals(errors, {})
  local platform <close> = fleet.new([[
businesses:
  demo:
    service_templates: { web: {} }
    sets: { one: { modules: { web: { service_template: web, hosts: ["10.0.0.1"] } } } }
]])
  local state = assert(current.read(platform:reader(), pb, kinds.of(pb)))
  local made = planner.make(pb, state, kinds.of(pb), {})
  lu.assertEquals(#made.problems, 1)
  local text = fault.render(made.problems[1]):gsub("/[^ ]*/", "")
  lu.assertStrContains(text, "b.yml:5:18")
  lu.assertStrContains(text, '"timeout" of n is set differently at a.yml:6:32')
end

-- What a file names is looked for beside it; what the command line names, here.
function tests.test_whence_the_path_of_a_missing_file_is_taken()
  local directory <close> = fs.temporary()
  local function hint_of(text)
    local path = directory.path .. "/parts/a.yml"
    if text then fs.write(path, text) end
    local _, refused = load({ path }, { env = {} })
    return (refused.faults or { refused })[1].hint
  end
  lu.assertStrContains(hint_of(), "from the directory remora was started in")
  for _, key in ipairs { "include", "vars_files" } do
    lu.assertStrMatches(hint_of("business: demo\n" .. key .. ": parts/b.yml\n"),
      ".*from the directory of .*/parts/a%.yml$")
  end
end

return tests
