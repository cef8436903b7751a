-- Playbook variables: who wins, what keeps its type, what is left alone and what is refused.

local json = require "json"
local lu = require "luaunit"
local playbook = require "tests.support.playbook"

-- Loads a playbook with one process template and gives its fields as plain values.
local function values(lines, options)
  local text = table.concat(lines, "\n") .. "\nbusiness: demo\n"
  local pb, refused = playbook.load(text, options)
  lu.assertNil(refused)
  local plain = {}
  for name, cell in pairs(pb.sections.service_templates.web.processes.p) do
    plain[name] = cell.value
  end
  return plain
end

local function process(vars, fields)
  return { "vars: " .. vars, "service_templates: { web: { processes: { p: " .. fields .. " } } }" }
end

-- Each row: vars, fields of the process, what they become.
local REPLACED = {
  { "{ n: 3 }", '{ proc_num: "{{ n }}" }', { proc_num = 3 } },
  { "{ n: 3 }", '{ proc_num: "{{n}}" }', { proc_num = 3 } },
  { "{ n: 3 }", '{ start_cmd: "run {{ n }} of {{n}}" }', { start_cmd = "run 3 of 3" } },
  { "{ n: true }", '{ auto_start: "{{ n }}" }', { auto_start = true } },
  { "{ n: null }", '{ user: "{{ n }}" }', { user = json.null } },
  { "{ n: root }", '{ user: "{{ n }}" }', { user = "root" } },
  { "{ n: {value: root} }", '{ user: "{{ n }}" }', { user = "root" } },
  { "{ a: x, b: '{{ a }}y', c: '{{ b }}z' }", '{ user: "{{ c }}" }', { user = "xyz" } },
  { "{ a: '{' }", '{ start_cmd: "{{ a }}{{ a }} x }}" }', { start_cmd = "{{ x }}" } },
  { "{ a: '{{ b }}' , b: '${x}' }", '{ start_cmd: "{{ a }} ${local_inst_id}" }',
    { start_cmd = "${x} ${local_inst_id}" } },
  { "{}", [[{ start_cmd: "docker ps {{ '{{' }}.Names}}" }]],
    { start_cmd = "docker ps {{.Names}}" } },
  { "{}", '{ start_cmd: "a {b} $c ${d} }} e" }', { start_cmd = "a {b} $c ${d} }} e" } },
  { "{}", '{ user: "{{ env.WHO }}", start_cmd: "as {{ env.WHO }}" }',
    { user = "ann", start_cmd = "as ann" } },
  { "{ n: 3 }", [[{ proc_num: "\x7b{ n }}", user: "u{\u007b n }}" }]],
    { proc_num = 3, user = "u3" } },
  { "{ unused: '{{ nowhere }}' }", "{ user: x }", { user = "x" } },
}

-- Each row: vars, fields, column of the third line, words.
local REFUSED = {
  { "{ port: 1 }", 'user: "{{ prt }}"', 9,
    'the variable "prt" is not defined; did you mean "port"?' },
  { "{ port: 1 }", 'user: "a {{ port }} {{ prt }}"', 22, 'the variable "prt" is not defined' },
  { "{}", 'user: "{{ env.WHOM }}"', 9,
    'the environment variable "WHOM" is not defined; did you mean' },
  { "{}", 'user: "{{ env.BK_APP_SECRET }}"', 9, "the credential BK_APP_SECRET cannot be used" },
  { "{}", 'user: "{{ env.BK_TOKEN }}"', 9, "the credential BK_TOKEN cannot be used" },
  { "{}", 'user: "{{ env.BK_ACCESS_TOKEN }}"', 9, "the credential BK_ACCESS_TOKEN cannot be" },
  { "{}", 'user: "{{ env.REMORA_GIT_PASSWORD }}"', 9, "REMORA_GIT_PASSWORD cannot be used" },
  { "{}", 'user: "{{ env.REMORA_REPO }}"', 9, "REMORA_REPO cannot be used" },
  { "{}", 'user: "{{ a + 1 }}"', 9, '"a + 1" is not the name of a variable' },
  { "{}", 'user: "{{ }}"', 9, '"" is not the name of a variable' },
  { "{}", 'user: "{{ a.b }}"', 9, '"a.b" is not the name of a variable' },
  { "{}", 'user: "x {{ a"', 11, "{{ without its }}" },
  { "{ a: [1] }", 'user: "x{{ a }}"', 10,
    'the variable "a" is a list and cannot be part of a text' },
  { "{ a: null }", 'user: "x{{ a }}"', 10, "cannot be part of a text" },
  { "{ a: '{{ b }}', b: '{{ a }}' }", 'user: "{{ a }}"', 9, "uses itself" },
  { "{ a: '{{ b }}' }", 'user: "{{ a }}"', 9,
    'in the variable "a": the variable "b" is not defined' },
  { "{ a: b }", '"{{ a }}": x', 2, "variables are replaced in values, not in names" },
  { "{ n: x }", 'timeout: "{{ n }}"', 11, "must be a whole number" },
}

local USING = "service_templates: { web: { category: '{{ %s }}' } }\n"

return {
  test_replaced = function()
    for _, row in ipairs(REPLACED) do
      lu.assertEquals(values(process(row[1], row[2]), { env = { WHO = "ann" } }), row[3])
    end
  end,

  test_refused = function()
    for _, row in ipairs(REFUSED) do
      local text = "vars: %s\nservice_templates: { web: { processes: { p: {\n %s\n} } } }\n"
        .. "business: demo\n"
      local errors = playbook.errors(text:format(row[1], row[2]), { env = { WHO = "ann" } })
      lu.assertStrContains(errors[1] or "", row[4])
      lu.assertStrContains(errors[1], "3:" .. row[3] .. " ")
    end
  end,

  test_a_value_that_begins_with_a_variable_needs_quotes = function()
    for _, case in ipairs {
      { "vars:\n  n: {{ port }}\n", 2, 6, "{{ port }}" },
      { "vars:\n  ü: {{port}}/x # y\n", 2, 6, "{{port}}" },
      { "instances: [{ where: { set: {{ env.SET }} } }]\n", 1, 29, "{{ env.SET }}" },
      { "vars:\n  n: {{ '{{' }}\n", 2, 6, "{{ '{{' }}" },
      { "vars: { ? [a] : b }\n", 1, 11 },
      { "vars: {{ a: b }: c }\n", 1, 8 }, -- this is a map in a map
      { "{{ port }}: 3\n", 1, 1 }, -- quotes would not help a name
    } do
      local _, refused = playbook.load(case[1])
      lu.assertEquals({ refused.code, refused.at.line, refused.at.column, refused.hint },
        { "playbook.yaml", case[2], case[3],
          case[4] and ('put quotes around the whole value: "%s"'):format(case[4]) }, case[1])
    end
  end,

  -- A variable in quotes keeps its type, so more quotes around it would not help.
  test_what_is_wrong_with_a_variable_is_to_be_mended_where_it_is_set = function()
    local text = "vars: { n: 3, s: hostd }\nbusiness: demo\nservice_templates:\n"
      .. "  web: { processes: { p: { user: '{{ n }}', work_path: 4 } } }\n"
    local _, refused = playbook.load(text)
    local hints = {}
    for i, each in ipairs(refused.faults) do hints[i] = each.at.column .. " " .. each.hint end
    table.sort(hints)
    lu.assertEquals(hints, { '34 write it in quotes: "3" (where {{ n }} is set)',
      '56 write it in quotes: "4"' })
    local lines = process('{ n: "3" }', "{ proc_num: 3, user: '{{ n }}' }")
    lu.assertEquals(values(lines), { proc_num = 3, user = "3" })
  end,

  test_who_wins = function()
    local lines = process("{ a: own, b: own, c: own }",
      '{ user: "{{ a }}", work_path: "{{ b }}", pid_file: "{{ c }}", start_cmd: "{{ d }}" }')
    local found = values(lines, { vars = { "a=argument", "d=argument" },
      vars_texts = { "{ a: first, b: first, d: first }", "b: second" } })
    lu.assertEquals(found,
      { user = "argument", work_path = "second", pid_file = "own", start_cmd = "argument" })
  end,

  test_arguments_are_yaml_values = function()
    local lines = process("{}", '{ proc_num: "{{ n }}", user: "{{ u }}", start_cmd: "{{ s }}" }')
    lu.assertEquals(values(lines, { vars = { "n=3", 'u="7"', "s=a: b: c" } }),
      { proc_num = 3, user = "7", start_cmd = "a: b: c" })
    lu.assertEquals(playbook.errors("business: demo", { vars = { "novalue" } }),
      { ' "novalue" is not NAME=VALUE' })
  end,

  test_a_variable_that_no_playbook_uses_is_refused = function()
    local function text(name) return "business: demo\n" .. (name and USING:format(name) or "") end
    local function unused(name, hint)
      return ('no playbook uses the variable "%s" of --var: %s'):format(name, hint)
    end
    -- texts of playbooks, or a script; --var; what is said
    for i, row in ipairs {
      { { text "port" }, { "port=a" }, {} },
      { { text "port" }, { "port=a", "prt=b", "xyz=c" },
        { unused("prt", 'did you mean "port"?'), unused("xyz", "leave it out") } },
      { { text() }, { "port=a" }, { unused("port", "leave it out") } },
      { { text(), text "port" }, { "port=a" }, {} }, -- one of them does
      { { text() .. "vars: { port: b }" }, { "port=a" }, {} },
      { { text "a" .. "vars: { a: '{{ b }}' }" }, { "b=x" }, {} },
      { { text "env.port" }, { "port=a" }, { unused("port", "leave it out") } },
      { "return { business = vars.name or 'demo' }", { "name=web" }, {} },
      { "return { business = vars.name or 'demo' }", { "nmae=web" },
        { unused("nmae", 'did you mean "name"?') } },
      { "for name in pairs(vars) do end return { business = 'demo' }", { "name=web" }, {} },
      { "return { business = '{{ name }}' }", { "name=web" }, {} },
    } do
      local _, refused = playbook.load(row[1], { vars = row[2], env = { port = "b" },
        extension = type(row[1]) == "string" and "lua" or "yml" })
      local said = {}
      for k, each in ipairs(refused and (refused.faults or { refused }) or {}) do
        said[k] = each.message .. ": " .. tostring(each.hint)
      end
      lu.assertEquals(said, row[3], "row " .. i)
    end
  end,

  test_files_of_variables_may_have_more_than_is_used = function()
    local pb = playbook.load("business: demo", { vars_texts = { "unused: 1" } })
    lu.assertEquals(pb.business, "demo")
    lu.assertNotNil(playbook.load("business: demo",
      { vars = { "unused=2" }, vars_texts = { "unused: 1" } }))
  end,

  test_values_from_a_variable_file_are_placed_there = function()
    local _, refused = playbook.load('business: demo\ninstances: "{{ rules }}"\n',
      { vars_texts = { "rules:\n  - where: { module: web }\n    proceses: {}\n" } })
    lu.assertEquals(refused.faults[1].at.line, 2)
    lu.assertEquals(refused.faults[2].at.line, 3)
    lu.assertEquals(refused.faults[2].at.excerpt, "    proceses: {}")
  end,

  test_each_playbook_has_its_own_variables = function()
    local text = "business: demo\nvars: { n: %s }\n"
      .. "service_templates: { %s: { category: '{{ n }}' } }"
    local pb = playbook.load({ text:format("A", "a"), text:format("B", "b") },
      { vars_texts = { "unrelated: '{{ n }}'" } })
    lu.assertEquals(pb.sections.service_templates.a.category, "A")
    lu.assertEquals(pb.sections.service_templates.b.category, "B")
  end,

  test_an_undefined_variable_is_the_only_thing_said_of_its_value = function()
    local errors = playbook.errors("business: demo\nservice_templates: { web: { processes: { p:\n"
      .. '  { timeout: "{{ t }}", bind_info: [{ port: "{{ p }}", protocol: TCP }] } } } }\n')
    lu.assertEquals(#errors, 2)
    lu.assertStrContains(errors[1], '"t" is not defined')
    lu.assertStrContains(errors[2], '"p" is not defined')
  end,
}
