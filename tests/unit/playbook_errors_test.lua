-- What is wrong in a playbook is said at its line and column, all of it at once.

local lu = require "luaunit"
local playbook = require "tests.support.playbook"

-- A process template's line stands at 6:9 below this.
local TEMPLATE = { "service_templates:", "  web:", "    processes:", "      nginx:" }

local function template(...)
  local lines = table.move(TEMPLATE, 1, #TEMPLATE, 1, {})
  for _, line in ipairs { ... } do lines[#lines + 1] = "        " .. line end
  return playbook.text(lines)
end

-- Each row: a line of a process template, its column, words of the message.
local FIELDS = {
  { "start_cmmd: ./x", 9, 'unknown key "start_cmmd"; did you mean "start_cmd"?' },
  { "bk_process_name: x", 9, 'unknown key "bk_process_name"' },
  { "port: '80'", 9, 'unknown key "port"' },
  { "user: 12", 15, '"user" must be text, not 12' },
  { "user: [a]", 15, 'must be text or { value, as_default_value }, not a list' },
  { "user: ' root'", 15, '"user" begins with a blank' },
  { "user: 'root '", 15, '"user" ends with a blank' },
  { "user: {value: root, as_default_valu: true}", 29, 'did you mean "as_default_value"' },
  { "user: {as_default_value: true}", 15, '"value" is missing' },
  { "user: {value: root, as_default_value: 1}", 47, "must be true or false, not 1" },
  { "user: " .. ("x"):rep(257), 15, "is 257 bytes long, the platform takes 256" },
  { "user: " .. ("é"):rep(129), 15, "is 258 bytes long, the platform takes 256" },
  { "start_cmd: " .. ("x"):rep(2001), 20, "the platform takes 2000" },
  { "start_cmd: |", 20, '"start_cmd" ends with a line break' },
  { "bk_func_name: ''", 23, "must not be empty" },
  { "bk_func_name: null", 23, "not empty (null)" },
  { "timeout: 0", 18, "must be a whole number from 1 to 10000, not 0" },
  { "timeout: 10001", 18, "not 10001" },
  { "timeout: 1.5", 18, "not 1.5" },
  { 'timeout: "30"', 18, 'not "30"' },
  { "timeout: {value: 0}", 26, "from 1 to 10000" },
  { "proc_num: 0", 19, "from 1 to 10000" },
  { "priority: -101", 19, "from -100 to 10000" },
  { "priority: 10001", 19, "from -100 to 10000" },
  { "bk_start_check_secs: 0", 30, "from 1 to 600" },
  { "bk_start_check_secs: 601", 30, "from 1 to 600" },
  { "auto_start: maybe", 21, 'must be true or false, not "maybe"' },
  { "bind_info: 80", 20, "must be a list or { value, as_default_value }, not 80" },
  { "bind_info: [{port: '80'}]", 21, '"protocol" is missing' },
  { "bind_info: [{protocol: TCP}]", 21, '"port" is missing' },
  { "bind_info: [{port: '80', protocol: TPC}]", 44, "one of TCP, UDP, TCP6, UDP6" },
  { "bind_info: [{port: '80,443', protocol: TCP}]", 28, "a list of ports" },
  { "bind_info: [{port: 0, protocol: TCP}]", 28, "a port from 1 to 65535" },
  { "bind_info: [{port: 65536, protocol: TCP}]", 28, "a port from 1 to 65535" },
  { "bind_info: [{port: 90-80, protocol: TCP}]", 28, 'not "90-80"' },
  { "bind_info: [{port: '080', protocol: TCP}]", 28, 'not "080"' },
  { "bind_info: [{port: '80-099', protocol: TCP}]", 28, 'not "80-099"' },
  { "bind_info: [{port: 80-99999999999999999999, protocol: TCP}]", 28, "a port from 1 to 65535" },
  { "bind_info: [{port: http, protocol: TCP}]", 28, 'not "http"' },
  { "bind_info: [{ip: 10.0.0.1, port: 80, protocol: TCP}]", 26, "one of 127.0.0.1, 0.0.0.0" },
  { "bind_info: [{ip: '::', port: 80, protocol: TCP}]", 52, "TCP does not go with the address ::" },
  { "bind_info: [{ip: first_inner, port: 80, protocol: UDP6}]", 59, "UDP6 does not go" },
  { "bind_info: [{ip: {value: null}, port: 80, protocol: TCP}]", 26, "empty and locked" },
  { "bind_info: [{enable: null, port: 80, protocol: TCP}]", 30, "must be true or false" },
  { "bind_info: [{template_row_id: 1, port: 80, protocol: TCP}]", 22, 'key "template_row_id"' },
  { "bind_info: [{row_id: 1, port: 80, protocol: TCP}, {row_id: 1, port: 81, protocol: TCP}]", 20,
    "two rows with row_id 1" },
}

-- Each row: lines below `business: demo`, line, column, words of the message.
local FILES = {
  { { "instances:", "  - processes: {}" }, 3, 5, '"where" is missing' },
  { { "instances:", "  - where: { module: web }" }, 3, 5, '"processes" is missing' },
  { { "instances:", "  - where: {}", "    processes: {}" }, 3, 12, '"where" selects nothing' },
  { { "instances:", "  - where: { module: [] }", "    processes: {}" }, 3, 22, "at least 1 item" },
  { { "instances:", "  - where: { modul: web }", "    processes: {}" }, 3, 14,
    'did you mean "module"?' },
  { { "instances:", "  - where: { hosts: [10.0.0.7, 10.0.7] }", "    processes: {}" }, 3, 32,
    'item 2 of "hosts" must be an IP address, not "10.0.7"' },
  { { "instances:", "  - where: { module: web, host_ids: a }", "    processes: {}" }, 3, 37,
    "must be a whole number of at least 1" },
  { { "instances:", "  where: { module: web }" }, 3, 3, '"instances" must be a list, not a map' },
  { { "instances:", "  - where: { module: web }", "    processes:", "      x: { ip: 1 }" }, 5, 12,
    'unknown key "ip"' },
  { { "instances:", "  - where: { module: web }", "    processes:",
      "      x: { bind_info: [{ ip: first_inner, port: 80, protocol: TCP }] }" }, 5, 30,
    "must be an IP address" },
  { { "instances:", "  - where: { module: web }", "    processes:",
      "      x: { bind_info: [{ ip: 10.0.0.1, protocol: TCP }] }" }, 5, 24, '"port" is missing' },
  { { "instances:", "  - where: { module: web }", "    processes:", "      a: { bk_func_name: x }",
      "      b: { bk_func_name: x }" }, 6, 7, "the same bk_func_name and bk_start_param_regex" },
  { { "hosting:", "  - where: { module: web }", "    owner: a" }, 3, 5, '"state" is missing' },
  { { "hosting:", "  - where: { module: web }", "    state: hosted" }, 3, 5, '"owner" is missing' },
  { { "hosting:", "  - { where: { module: web }, state: hostd, owner: a }" }, 3, 38,
    "must be one of hosted, unhosted, running, stopped" },
  { { "hosting:", "  - { where: { module: web }, state: hosted, owner: a, cpu_lmt: 101 }" }, 3, 65,
    "from 0 to 100" },
  { { "hosting:", "  - { where: { module: web }, state: hosted, owner: a, type: periodic }" },
    3, 62, "needs cycle_time" },
  { { "hosting:", "  - { where: { module: web }, state: unhosted, rollout: { batch: 0% } }" },
    3, 66, "a number of hosts or a share" },
  { { "hosting:", "  - { where: { module: web }, state: unhosted, rollout: { pause: soon } }" },
    3, 66, 'must be a duration, not "soon"' },
  { { "hosting:", "  - { where: { module: web }, state: unhosted, rollout: { max_failure: 1 } }" },
    3, 59, 'did you mean "max_failures"?' },
  { { "hosting:", "  - { where: { module: web }, state: unhosted, start_check_begin_time: 9,",
      "      start_check_end_time: 3 }" }, 4, 29, "would end before it begins" },
  { { "processes: {}" }, 2, 1, '"processes" does not belong to the present platform' },
  { { "api: v3", "instances: []" }, 3, 1, '"instances" does not belong to the old' },
  { { "api: v4" }, 2, 6, "must be one of cc, v3" },
  { { "api: v3", "processes:", "  x: { priority: 0 }" }, 4, 18, "from 1 to 10000" },
  { { "api: v3", "processes:", "  x: { modules: [a, a] }" }, 4, 17, 'the module "a" twice' },
  { { "api: v3", "processes:", "  x: { bk_func_id: 7 }" }, 4, 20, "must be digits in quotes" },
  { { "service_templates:", "  web:", "    processes:", "      ' x': {}" }, 5, 7,
    'the name " x" begins with a blank' },
  { { "service_templates:", "  web:", "    processes:", "      x: { bk_func_name: a }",
      "      y: { bk_func_name: a, bk_start_param_regex: '' }" }, 6, 7,
    '"x" and "y" have the same' },
  { { "service_templates:", "  web:", "    processes:", "      - x" }, 5, 7,
    '"processes" must be a map, not a list' },
  { { "busines: demo" }, 2, 1, 'unknown key "busines"; did you mean "business"?' },
  { { "business: demo" }, 2, 1, "business" }, -- twice the same key: the YAML reader's own words
  { { "instances: [" }, 3, 1, "" },
  { { "vars: [1]" }, 2, 1, '"vars" must be a map' },
}

local function check_one(text, line, column, words)
  local errors = playbook.errors(text)
  lu.assertEquals(#errors, 1, text .. table.concat(errors, "\n"))
  lu.assertStrContains(errors[1], words, false)
  lu.assertStrMatches(errors[1], ("^%d:%d .*"):format(line, column), nil, nil, text)
end

return {
  test_fields_of_a_process = function()
    for _, row in ipairs(FIELDS) do
      local text = row[1]:find("|$") and template(row[1], "  ./run") or template(row[1])
      check_one(text, 6, row[2], row[3])
    end
  end,

  test_files = function()
    for _, row in ipairs(FILES) do check_one(playbook.text(row[1]), row[2], row[3], row[4]) end
  end,

  test_business_is_needed = function()
    lu.assertEquals(playbook.errors "instances: []\n", { ' "business" is missing' })
  end,

  test_empty_and_shapeless_files = function()
    lu.assertEquals(playbook.errors "", { " the playbook is empty" })
    lu.assertEquals(playbook.errors "just words\n",
      { '1:1 the file must be a map with business, service_templates, instances, hosting,'
        .. ' not "just words"' })
    lu.assertEquals(#playbook.errors("return { 1, 2 }", { extension = "lua" }), 1)
  end,

  -- However many lines are wrong, each is said once and in the order of the file.
  test_all_errors_at_once = function()
    local lines, expected = {}, {}
    for i, row in ipairs(FIELDS) do
      if not row[1]:find("|$") then
        table.move(i == 1 and TEMPLATE or { ("      p%d:"):format(i) }, 1, 4, #lines + 1, lines)
        lines[#lines + 1] = "        " .. row[1]
        expected[#expected + 1] = { #lines + 1, row[2], row[3] }
      end
    end
    local errors = playbook.errors(playbook.text(lines))
    lu.assertEquals(#errors, #expected)
    for i, row in ipairs(expected) do
      lu.assertStrContains(errors[i], row[3])
      lu.assertEquals(errors[i]:match("^(%d+:%d+) "), row[1] .. ":" .. row[2])
    end
  end,

  test_an_anchor_used_twice_is_said_once = function()
    local errors = playbook.errors(playbook.text {
      "vars:", "  rows: &rows [{ port: 0, protocol: TCP }]",
      "service_templates:", "  web:", "    processes:",
      "      a: { bk_func_name: a, bind_info: *rows }",
      "      b: { bk_func_name: b, bind_info: *rows }" })
    lu.assertEquals(#errors, 1)
    lu.assertStrContains(errors[1], "3:24 ")
  end,
}
