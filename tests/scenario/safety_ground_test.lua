-- What somebody else changes between a plan and its carrying out, through the command line: each
-- kind of write looks again first, and is planned anew.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local troubled = require "tests.support.troubled"

local V3 = { bk_biz_id = 1, bk_supplier_account = "0" }

local function v3_call(platform, call, args)
  for name, value in pairs(V3) do args[name] = value end
  return platform:must(call, args)
end

local function v3_process(platform, name)
  return v3_call(platform, "cc_v3.search_process", { condition = { bk_process_name = name },
    fields = json.array {}, page = { start = 0, limit = 10 } }).info[1]
end

local function web_template(platform)
  return platform:must("cc.list_service_template", { bk_biz_id = 1, search = "web",
    is_exact = true, page = { start = 0, limit = 1 } }).info[1]
end

local function category(platform, name)
  for _, row in ipairs(platform:must("cc.list_service_category", { bk_biz_id = 1 }).info) do
    if row.name == name then return row.id end
  end
end

local function process_template(platform)
  return platform:must("cc.list_proc_template",
    { bk_biz_id = 1, service_template_id = web_template(platform).id }).info[1]
end

local function lock(platform, field, value)
  platform:must("cc.update_proc_template", { bk_biz_id = 1,
    process_template_id = process_template(platform).id,
    process_property = { [field] = { value = value, as_default_value = true } } })
end

local function manage(platform, op_type)
  platform:must("job.manage_proc", { bk_scope_type = "biz", bk_scope_id = "1", op_type = op_type,
    process_infos = { { setup_path = "/opt", proc_name = "agent_1", pid_path = "/run/agent",
      proc_owner = "other", start_cmd = "./agent", type = 1,
      ip_list = { { bk_cloud_id = 0, ip = "10.0.0.5" } } } } })
end

local HOSTED = [[
instances:
  - where: { set: tools, module: deploy, hosts: 10.0.0.5 }
    processes:
      agent: { bk_func_name: agent, work_path: /opt, pid_file: /run/agent, start_cmd: ./agent,
               proc_num: 1 }
hosting:
  - { where: { module: deploy, hosts: 10.0.0.5 }, state: %s, owner: ops }
]]

-- What is there, what is wanted then, the call that looks, what somebody does right before it, the
-- objects that were planned anew, and what holds at the end.
local CASES = {
  processes_of_the_old_platform = {
    "api: v3\nprocesses:\n  a: { bk_func_name: a, user: root }\n  b: { bk_func_name: b }\n",
    "api: v3\nprocesses:\n  a: { bk_func_name: a, user: www }\n  b: { bk_func_name: b }\n",
    look = "/api/v3/proc/search/0/1", -- the bus does not have it
    meddle = function(platform)
      v3_call(platform, "cc_v3.update_process",
        { bk_process_id = v3_process(platform, "a").bk_process_id, user = "mine" })
    end,
    moved = { "a" },
    finally = function(platform) return v3_process(platform, "a").user, "www" end,
  },
  several_processes_of_the_old_platform = {
    "api: v3\nprocesses:\n  a: { bk_func_name: a }\n  b: { bk_func_name: b }\n",
    "api: v3\nprocesses:\n  a: { bk_func_name: a, user: www }\n"
      .. "  b: { bk_func_name: b, user: www }\n",
    look = "/api/v3/proc/search/0/1", -- the bus does not have it
    -- What is not about to be written may change.
    meddle = function(platform)
      for name, fields in pairs { a = { user = "mine" }, b = { timeout = 9 } } do
        fields.bk_process_id = v3_process(platform, name).bk_process_id
        v3_call(platform, "cc_v3.update_process", fields)
      end
    end,
    moved = { "a" }, -- both waited, because one call is for both
    finally = function(platform)
      local b = v3_process(platform, "b")
      return { b.user, b.timeout }, { "www", 9 }
    end,
  },
  a_process_of_the_old_platform_that_is_new = {
    "api: v3\nprocesses: {}\n",
    "api: v3\nprocesses:\n  a: { bk_func_name: a, user: www }\n",
    look = "/api/v3/proc/search/0/1", -- the bus does not have it
    meddle = function(platform)
      v3_call(platform, "cc_v3.create_process",
        { bk_process_name = "a", bk_func_name = "a", user = "mine", timeout = 9 })
    end,
    moved = { "a" },
    finally = function(platform)
      local a = v3_process(platform, "a")
      return { a.user, a.timeout }, { "www", 9 }
    end,
  },
  bindings_of_the_old_platform = {
    "api: v3\nprocesses:\n  a: { bk_func_name: a, modules: [web] }\n",
    "api: v3\nprocesses:\n  a: { bk_func_name: a, modules: [app, deploy], prune: true }\n",
    look = "/api/v3/proc/module/0/1/1",
    meddle = function(platform)
      v3_call(platform, "cc_v3.bind_process_module", { bk_process_id = 1, bk_module_name = "app" })
      v3_call(platform, "cc_v3.delete_process_module_binding",
        { bk_process_id = 1, bk_module_name = "web" })
    end,
    moved = { "a/app", "a/web" },
    done = { "bind" }, -- of deploy; the others would have been done twice
    finally = function(platform)
      return #platform.store:find("v3_binding", { bk_process_id = 1 }), 2 -- binding twice makes two
    end,
  },
  service_instance = {
    "instances: []\n", HOSTED:match("^(.-)hosting"),
    look = "cc.list_service_instance_detail",
    meddle = function(platform)
      local host = platform.store:find("host", { bk_host_innerip = "10.0.0.5" })[1].bk_host_id
      local module = platform.store:find("host_module", { bk_host_id = host })[1].bk_module_id
      platform:must("cc.create_service_instance", { bk_biz_id = 1, bk_module_id = module,
        instances = { { bk_host_id = host, processes = { { process_info = {
          bk_process_name = "agent", bk_func_name = "agent", user = "mine" } } } } } })
    end,
    moved = { "tools/deploy/10.0.0.5" },
    done = { "update" },
    finally = function(platform)
      local agents = platform.store:find("process", { bk_process_name = "agent" })
      return { #agents, agents[1].user, agents[1].work_path }, { 1, "mine", "/opt" }
    end,
  },
  category = {
    "service_templates:\n  web: { category: Nginx }\n",
    "service_templates:\n  web: { category: Tomcat }\n",
    look = "cc.list_service_template",
    meddle = function(platform)
      platform:must("cc.update_service_template", { bk_biz_id = 1, id = web_template(platform).id,
        service_category_id = category(platform, "Apache") })
    end,
    moved = { "web" },
    finally = function(platform)
      return web_template(platform).service_category_id, category(platform, "Tomcat")
    end,
  },
  sync = {
    "service_templates:\n  web: { processes: { nginx: { bk_func_name: nginx, timeout: 5 } } }\n",
    "service_templates:\n  web: { processes: { nginx: { bk_func_name: nginx, timeout: 6 } } }\n",
    look = "cc.list_proc_template",
    -- Somebody has taken over the new value, but the instances have not got it.
    prepare = function(platform) lock(platform, "timeout", 6) end,
    meddle = function(platform) lock(platform, "timeout", 7) end,
    moved = { "web" },
    finally = function(platform)
      return process_template(platform).property.timeout.value, 6
    end,
  },
  registering = {
    HOSTED:match("^(.-)hosting"), HOSTED:format("hosted"),
    look = "job.operate_proc",
    meddle = function(platform) manage(platform, 1) end,
    moved = { "tools/deploy/10.0.0.5/agent_1" },
    done = { "unregister", "register" }, -- with the definition that is wanted
  },
  unregistering = {
    HOSTED:format("hosted"), HOSTED:format("unhosted"),
    look = "job.operate_proc",
    meddle = function(platform) manage(platform, 2) end,
    moved = { "tools/deploy/10.0.0.5/agent_1" },
    done = {},
  },
}

local tests = {}

local function events(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do list[#list + 1] = json.decode(line) end
  return list
end

local function run_in(l, directory, url)
  return function(code, ...)
    local result = cli.run { cwd = directory.path, loop = l, env = { REMORA_PLATFORM = url }, ... }
    lu.assertEquals(result.code, code, result.stdout .. result.stderr)
    return result
  end
end

for name, case in pairs(CASES) do
  tests["test_" .. name] = function()
    local directory <close> = fs.temporary()
    local l = loop.new()
    l:run(function()
      local meddle_at, meddled
      local platform <close> = troubled.start(l, function(call, number)
        if call == case.look and number == meddle_at and not meddled then
          meddled = true
          case.meddle(case.platform)
        end
      end)
      case.platform = platform.platform
      local run = run_in(l, directory, platform.url)
      fs.write(directory.path .. "/p.yml", "business: demo\n" .. case[1])
      run(0, "apply", "--yes", "p.yml")
      if case.prepare then case.prepare(case.platform) end
      fs.write(directory.path .. "/p.yml", "business: demo\n" .. case[2])
      platform.asked[case.look] = 0
      run(2, "plan", "--detailed-exitcode", "p.yml")
      meddle_at, platform.asked[case.look] = platform.asked[case.look] + 1, 0
      local applied = run(0, "apply", "--yes", "--force", "--json", "p.yml").stdout
      lu.assertTrue(meddled, "nobody looked")
      local list = events(applied)
      lu.assertEquals(list[#list].moved, case.moved)
      if case.finally then lu.assertEquals(case.finally(case.platform)) end
      if case.done then
        local verbs = {}
        local calls = json.decode(run(0, "show", "--json", "last").stdout).calls
        for i, call in ipairs(calls) do verbs[i] = call.changes[1].action end
        lu.assertEquals(verbs, case.done)
      end
      run(0, "plan", "--detailed-exitcode", "p.yml")
    end)
  end
end

return tests
