-- The documents the project began with: every call in them, made from the shell with the document's
-- own body, answers as its example does, or as the real server where that refuses the example. Ids
-- and times differ, and attributes that no present platform has.

local lu = require "luaunit"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local source = require "tests.support.source"
local system = require "system"
local troubled = require "tests.support.troubled"

local tests = {}

local DOCUMENTS = source.directory() .. "/../shared/seeds"

local IGNORED = { id = true, request_id = true, creator = true, modifier = true,
  create_time = true, last_time = true, service_template_id = true,
  auto_time_gap = true, bk_func_id = true, row_id = true }

-- The JSON between the fences of a document, in order: requests, and answers, which have a result.
local function samples(number)
  local names = system.list(DOCUMENTS)
  if not names then lu.skip("../shared/seeds is not there") end
  table.sort(names)
  local requests, answers = {}, {}
  for text in fs.read(DOCUMENTS .. "/" .. names[number]):gmatch("```%a*%s*(%b{})") do
    local value = assert(json.decode(text))
    local list = value.result == nil and requests or answers
    list[#list + 1] = value
  end
  return requests, answers
end

-- Every value of a document's example stands in the answer as well.
local function assert_like(answer, example, path)
  if type(example) ~= "table" then
    lu.assertEquals(answer, example, path)
    return
  end
  lu.assertIsTable(answer, path)
  lu.assertEquals(json.is_array(answer), json.is_array(example), path)
  for key, value in pairs(example) do
    if not IGNORED[key] then assert_like(answer[key], value, path .. "." .. key) end
  end
end

-- Runs a function with a platform and what makes a call there from the shell: its name, its body
-- and words such as bk_biz_id=1.
local function with(body)
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    local served <close> = troubled.start(l)
    body(served.platform, function(name, request, ...)
      fs.write(directory.path .. "/body.json", json.encode(request or {}))
      local ran = cli.run { loop = l, cwd = directory.path, "call", "--platform", served.url, name,
        "@body.json", ... }
      local answer = json.decode(ran.stdout)
      lu.assertIsTable(answer, ran.stderr)
      lu.assertEquals(ran.code, answer.result and 0 or 1)
      return answer, ran
    end)
  end)
end

local function assert_refused(answer, code)
  lu.assertEquals({ answer.result, answer.code or answer.bk_error_code, answer.data },
    { false, code, json.null })
end

local function template_of(name, row)
  local function locked(value) return { value = value, as_default_value = true } end
  return { bk_biz_id = 1, service_template_id = 1, processes = { { spec = {
    bk_process_name = locked(name), bk_func_name = locked(name),
    bind_info = row and locked { { ip = locked "1", port = locked "80", protocol = locked "1",
      enable = locked(true) } } or nil,
  } } } }
end

function tests.test_update_proc_template()
  local requests, answers = samples(1)
  with(function(platform, call)
    local id = platform:must("cc.batch_create_proc_template", template_of("p1", true))[1]
    local stored = platform:must("cc.get_proc_template", { process_template_id = id })
    requests[1].process_property.bind_info.value[1].row_id =
      stored.property.bind_info.value[1].row_id
    assert_refused(call("update_proc_template", requests[1]), 1199019) -- there is no number 50
    requests[1].process_template_id = id
    local answer = call("update_proc_template", requests[1])
    assert_like(answer, answers[1], "answer")
    lu.assertEquals(answer.data.id, id)
  end)
end

function tests.test_update_process_instance()
  local requests = samples(2)
  with(function(platform, call)
    assert_refused(call("update_process_instance", requests[1]), 1199010) -- there is no number 43
    local module = platform:must("cc.search_module", { bk_biz_id = 1,
      condition = { bk_module_name = "cron" }, page = { start = 0, limit = 1 } }).info[1]
    local host = platform:must("cc.list_biz_hosts", { bk_biz_id = 1, fields = { "bk_host_id" },
      bk_module_ids = { module.bk_module_id }, page = { start = 0, limit = 1 } }).info[1]
    local instances = platform:must("cc.create_service_instance", { bk_biz_id = 1,
      bk_module_id = module.bk_module_id, instances = { { bk_host_id = host.bk_host_id,
        processes = { { process_info = { bk_process_name = "a", bk_func_name = "a" } } } } } })
    local function processes()
      return platform:must("cc.list_process_instance",
        { bk_biz_id = 1, service_instance_id = instances[1] })
    end
    local id = processes()[1].property.bk_process_id
    requests[1].processes[1].bk_process_id = id
    lu.assertEquals(call("update_process_instance", requests[1]).data, { id })
    local wanted = requests[1].processes[1]
    wanted.bk_biz_id = 1 -- of the process, which no update changes
    assert_like(processes()[1].property, wanted, "process")
  end)
end

function tests.test_batch_create_proc_template()
  local requests, answers = samples(3)
  with(function(platform, call)
    -- The example leaves the name empty, which the server refuses.
    local answer = call("batch_create_proc_template", requests[1])
    assert_refused(answer, 1199006)
    lu.assertStrContains(answer.message, "bk_process_name")
    requests[1].processes[1].spec.bk_process_name.value = "nginx"
    answer = call("batch_create_proc_template", requests[1])
    answers[1].data = answer.data
    assert_like(answer, answers[1], "answer")
    lu.assertEquals(#answer.data, 1)
    local stored = platform:must("cc.get_proc_template", { process_template_id = answer.data[1] })
    for name, wanted in pairs(stored.property) do
      local given = requests[1].processes[1].spec[name]
      if given then lu.assertEquals(wanted, given, name) end
    end
  end)
end

function tests.test_the_old_processes()
  local requests, answers = samples(4)
  local create, search, update, update_many = table.unpack(requests)
  with(function(_, call)
    -- The example's port is a number, which the server refuses; it answers ids and null where the
    -- document says "success".
    assert_refused(call("create_process", create, "bk_biz_id=1"), 1199007)
    create.port = "80"
    local answer = call("create_process", create, "bk_biz_id=1")
    lu.assertTrue(answer.result)
    local id = answer.data.bk_process_id
    local of_it = "bk_process_id=" .. id

    answer = call("search_process", search, "bk_biz_id=1")
    lu.assertEquals(answer.data,
      { count = 1, info = { { bk_process_id = id, bk_process_name = "nginx" } } })

    answer = call("get_process_detail", nil, "bk_biz_id=1", of_it)
    local example = answers[3].data[1]
    for _, row in ipairs(answer.data) do
      if row.bk_property_id == example.bk_property_id then
        lu.assertEquals(row.bk_property_value, example.bk_property_value)
      end
      lu.assertNotNil(row.bk_property_name)
    end

    lu.assertEquals(call("update_process", update, "bk_biz_id=1", of_it).data, json.null)
    local ids = { id }
    for i = 2, 5 do
      create.bk_process_name = "nginx" .. i
      ids[i] = call("create_process", create, "bk_biz_id=1").data.bk_process_id
    end
    update_many.bk_process_id = table.concat(ids, ",")
    lu.assertTrue(call("batch_update_process", update_many, "bk_biz_id=1").result)
    search.fields = { "start_cmd", "port" }
    for _, row in ipairs(call("search_process", search, "bk_biz_id=1").data.info) do
      lu.assertEquals({ row.start_cmd, row.port }, { update_many.start_cmd, update_many.port })
    end
  end)
end

function tests.test_the_old_bindings()
  local requests, answers = samples(4)
  with(function(_, call)
    requests[1].port = "80"
    local id = call("create_process", requests[1], "bk_biz_id=1").data.bk_process_id
    local of_it = "bk_process_id=" .. id
    local function bound()
      for _, row in ipairs(call("get_process_bind_module", nil, "bk_biz_id=1", of_it).data) do
        for member in pairs(answers[7].data[1]) do lu.assertNotNil(row[member]) end
        if row.bk_module_name == "web" then return row.is_bind end
      end
    end
    lu.assertEquals(bound(), 0)
    local web = "bk_module_name=web"
    lu.assertTrue(call("bind_process_module", nil, "bk_biz_id=1", of_it, web).result)
    lu.assertEquals(bound(), 1)
    local answer, ran = call("delete_process", nil, "bk_biz_id=1", of_it)
    assert_refused(answer, 1108013)
    lu.assertStrContains(ran.stderr, "unbind")
    lu.assertTrue(call("delete_process_module_binding", nil, "bk_biz_id=1", of_it, web).result)
    lu.assertEquals(bound(), 0)
    lu.assertTrue(call("delete_process", nil, "bk_biz_id=1", of_it).result)
  end)
end

function tests.test_manage_proc()
  local requests, answers = samples(5)
  with(function(_, call)
    local answer, ran = call("manage_proc", requests[1])
    lu.assertStrMatches(answer.data.bk_gse_taskid, "GSETASK:%d%d%d%d%d%d%d%d%d%d%d%d%d%d:%d+")
    answers[1].data = answer.data
    assert_like(answer, answers[1], "answer")
    lu.assertEquals(ran.stderr, "")
  end)
end

return tests
