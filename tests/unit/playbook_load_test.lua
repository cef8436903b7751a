-- From files to the one normal form: what comes out, where it came from, what contradicts what.

local json = require "json"
local lu = require "luaunit"
local playbook = require "tests.support.playbook"

local function sections(text)
  local pb, refused = playbook.load(text)
  lu.assertNil(refused)
  return pb.sections, pb
end

-- A process template as JSON.
local function template(fields)
  local found = sections("business: 2\nservice_templates: { web: { processes: { p: " .. fields
    .. " } } }")
  return json.encode(found.service_templates.web.processes.p)
end

local function free_process(fields)
  local found = sections("business: 2\ninstances: [{ where: { module: m }, processes: { p: "
    .. fields .. " } }]")
  return json.encode(found.instances[1].processes.p)
end

local LOCKED_TRUE = '"enable":{"as_default_value":true,"value":true}'
local REST_OF_ROW = '"port":{"as_default_value":true,"value":"80"},'
  .. '"protocol":{"as_default_value":true,"value":"1"}'

local TEMPLATES = {
  { "{ user: root }", '{"user":{"as_default_value":true,"value":"root"}}' },
  { "{ user: { value: root } }", '{"user":{"as_default_value":true,"value":"root"}}' },
  { "{ timeout: { value: 3, as_default_value: false } }",
    '{"timeout":{"as_default_value":false,"value":3}}' },
  { "{ user: null }", '{"user":{"as_default_value":true,"value":null}}' },
  { "{ user: { value: null, as_default_value: false } }",
    '{"user":{"as_default_value":false,"value":null}}' },
  { "{ bind_info: [] }", '{"bind_info":{"as_default_value":true,"value":[]}}' },
  { "{ bind_info: null }", '{"bind_info":{"as_default_value":true,"value":[]}}' },
  { "{ bind_info: { value: null, as_default_value: false } }",
    '{"bind_info":{"as_default_value":false,"value":[]}}' },
  { "{ bind_info: [{ ip: first_outer, port: 80, protocol: TCP, row_id: 4 }] }",
    '{"bind_info":{"as_default_value":true,"value":[{' .. LOCKED_TRUE
      .. ',"ip":{"as_default_value":true,"value":"4"},' .. REST_OF_ROW .. ',"row_id":4}]}}' },
  -- an address that is not set is never locked
  { "{ bind_info: [{ port: '80', protocol: 1 }] }",
    '{"bind_info":{"as_default_value":true,"value":[{' .. LOCKED_TRUE
      .. ',"ip":{"as_default_value":false,"value":null},' .. REST_OF_ROW .. '}]}}' },
  { "{ bind_info: [{ port: '80', protocol: tcp, ip: '2' }] }",
    '{"bind_info":{"as_default_value":true,"value":[{' .. LOCKED_TRUE
      .. ',"ip":{"as_default_value":true,"value":"2"},' .. REST_OF_ROW .. '}]}}' },
}

local FREE = {
  { "{ user: root, timeout: null }", '{"timeout":null,"user":"root"}' },
  { "{ bind_info: null }", '{"bind_info":[]}' },
  { "{ bind_info: [{ ip: '::1', port: 80-90, protocol: UDP6 }] }",
    '{"bind_info":[{"enable":true,"ip":"::1","port":"80-90","protocol":"4"}]}' },
  { "{ bind_info: [{ ip: '', port: 80, protocol: TCP, enable: false }] }",
    '{"bind_info":[{"enable":false,"ip":"","port":"80","protocol":"1"}]}' },
  { "{ bind_info: [{ template_row_id: 2, port: 81 }] }",
    '{"bind_info":[{"port":"81","template_row_id":2}]}' },
}

local HOSTING = {
  { "state: unhosted", '"state":"unhosted","type":1,"via":"job"' },
  { "state: hosted, owner: a, type: periodic, cycle_time: 5",
    '"cycle_time":5,"owner":"a","state":"hosted","type":0,"via":"job"' },
  { "state: hosted, via: gse, type: 2", '"state":"hosted","type":2,"via":"gse"' },
  { "state: unhosted, rollout: { batch: 25%, pause: 2m }", '"rollout":{"batch":{"percent":25},'
    .. '"max_failures":0,"order":"priority","pause":120},"state":"unhosted","type":1,"via":"job"' },
  { "state: unhosted, rollout: { batch: 10, order: none, pause: 7, max_failures: 1 }",
    '"rollout":{"batch":{"count":10},"max_failures":1,"order":"none","pause":7},'
      .. '"state":"unhosted","type":1,"via":"job"' },
}

local RULE = "  - where: { module: %s }\n    processes: { %s }\n"

return {
  test_process_templates = function()
    for _, row in ipairs(TEMPLATES) do lu.assertEquals(template(row[1]), row[2]) end
  end,

  test_free_processes = function()
    for _, row in ipairs(FREE) do lu.assertEquals(free_process(row[1]), row[2]) end
  end,

  test_hosting = function()
    for _, row in ipairs(HOSTING) do
      local found = sections("business: 2\nhosting: [{ where: { process: x }, " .. row[1] .. " }]")
      lu.assertEquals(json.encode(found.hosting[1]),
        "{" .. row[2] .. ',"where":{"process":["x"]}}')
    end
  end,

  test_selections_are_lists = function()
    local found = sections("business: 2\ninstances: [{ where: { set: 3, module: [a*, 4], hosts: "
      .. "10.0.0.7, host_ids: [1], labels: { a: b }, service_instance: x }, processes: {} }]")
    lu.assertEquals(json.encode(found.instances[1]), '{"processes":{},"prune":false,"where":'
      .. '{"host_ids":[1],"hosts":["10.0.0.7"],"labels":{"a":"b"},"module":["a*",4],'
      .. '"service_instance":["x"],"set":[3]}}')
  end,

  test_the_old_platform = function()
    local found, pb = sections("business: demo\napi: v3\nprocesses: { p: { bind_ip: first_inner, "
      .. "protocol: UDP, port: '80,90-91', modules: web } }")
    lu.assertEquals(pb.api, "v3")
    lu.assertEquals(json.encode(found.processes.p), '{"bind_ip":"3","modules":["web"],'
      .. '"port":"80,90-91","protocol":"2","prune":false}')
  end,

  test_the_head = function()
    local pb, _, paths = playbook.load "business: demo\n"
    lu.assertEquals({ pb.business, pb.api, pb.sections }, { "demo", "cc", {} })
    lu.assertEquals(pb.files, paths)
    _, pb = sections("playbook: shop\nbusiness: 7\ninstances: []\n")
    lu.assertEquals({ pb.business, pb.name }, { 7, "shop" })
    lu.assertEquals(json.encode(pb.sections), '{"instances":[]}')
  end,

  test_places = function()
    local found, pb = sections("business: demo\nservice_templates:\n  web:\n    processes:\n"
      .. "      nginx:\n        user: root\n        timeout: { value: 3 }\n"
      .. "instances:\n  - where: { module: web }\n    processes: {}\n")
    local nginx = found.service_templates.web.processes.nginx
    local function place(container, key, side)
      local at = pb.at(container, key, side)
      return at.line .. ":" .. at.column
    end
    lu.assertEquals(place(nginx, "user"), "6:15")
    lu.assertEquals(place(nginx, "user", "key"), "6:9")
    lu.assertEquals(place(nginx.user, "value"), "6:15")
    lu.assertEquals(place(nginx.timeout, "value"), "7:27")
    lu.assertEquals(place(nginx), "6:9")
    lu.assertEquals(place(found.service_templates, "web"), "3:3")
    lu.assertEquals(place(found.instances, 1), "9:5")
    lu.assertEquals(place(found.instances[1].where.module, 1), "9:22")
    lu.assertEquals(pb.at(nginx, "user").excerpt, "        user: root")
    lu.assertNil(pb.at({}, "user"))
  end,

  test_files_are_joined = function()
    local pb = playbook.load {
      "business: demo\nservice_templates: { a: {} }\ninstances:\n" .. RULE:format("x", "p: {}"),
      "service_templates: { b: {} }\ninstances:\n" .. RULE:format("y", "p: {}"),
    }
    lu.assertEquals(pb.business, "demo")
    lu.assertNotNil(pb.sections.service_templates.a)
    lu.assertNotNil(pb.sections.service_templates.b)
    lu.assertEquals(pb.sections.instances[2].where.module, { "y" })
    lu.assertEquals(pb.at(pb.sections.service_templates, "b").file, pb.files[2])
    lu.assertEquals(pb.at(pb.sections.instances, 2).line, 3)
  end,

  test_errors_of_all_files = function()
    lu.assertEquals(playbook.errors { "business: demo\nx: 1\n", "business: demo\ny: 1\n" },
      { '2:1 unknown key "x"', '2:2:1 unknown key "y"' })
  end,

  test_contradictions_between_files = function()
    lu.assertStrContains(playbook.errors { "business: demo\n", "business: game\n" }[1],
      '"business" is "game" here and "demo" in')
    lu.assertStrContains(playbook.errors { "business: demo\n", "api: v3\n" }[1],
      '"api" is "v3" here and "cc" in')
    local twice = playbook.errors { "business: demo\nservice_templates: { web: {} }\n",
      "service_templates:\n  web: {}\n" }
    lu.assertEquals(#twice, 1)
    lu.assertStrMatches(twice[1], '2:2:3 the service template "web" is already set at 2:22')
  end,

  test_two_rules_that_set_the_same_field = function()
    local errors = playbook.errors("business: demo\ninstances:\n"
      .. RULE:format("[a, b]", "p: { timeout: 1, user: x }")
      .. RULE:format("[b, a]", "p: { timeout: 1, work_path: /x }, q: { timeout: 2 }")
      .. RULE:format("a", "p: { timeout: 3 }"))
    lu.assertEquals(errors,
      { '6:23 "timeout" of the process "p" is already set at 4:23' })
  end,

  test_two_hosting_rules_for_the_same_processes = function()
    local errors = playbook.errors("business: demo\nhosting:\n"
      .. "  - { where: { process: x }, state: unhosted }\n"
      .. "  - { where: { process: [x] }, state: hosted, owner: a }\n")
    lu.assertEquals(errors, { "4:5 the hosting of these processes is already set at 3:5" })
  end,

  test_a_file_that_cannot_be_read = function()
    local load = require "remora.playbook.load"
    local _, refused = load({ "no/such/playbook.yml" }, {})
    lu.assertEquals(refused.at, { file = "no/such/playbook.yml" })
    lu.assertEquals(refused.message, "cannot be read: No such file or directory")
  end,
}
