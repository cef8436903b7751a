-- Requests as each route wants them: URL, verb, credentials, path and query arguments, body.

local lu = require "luaunit"
local catalogue = require "remora.catalogue"
local json = require "json"
local route = require "remora.net.route"

local tests = {}

local CREDENTIALS = { bk_app_code = "app", bk_app_secret = "s3cret", bk_username = "admin" }

local function request(over, call, args, changes)
  local target = { url = "https://paas.example.com", route = over, credentials = CREDENTIALS }
  for name, value in pairs(changes or {}) do target[name] = value end
  local built, refused, secrets = route.request(assert(catalogue.get(call)), args, target)
  if built and built.body then built.json = json.decode(built.body) end
  return built, refused, secrets
end

function tests.test_the_bus_takes_everything_in_the_body()
  local built = request("esb", "cc.search_set",
    { bk_biz_id = 2, bk_supplier_account = "0", page = { start = 0, limit = 10 } })
  lu.assertEquals(built.method, "POST")
  lu.assertEquals(built.url, "https://paas.example.com/api/c/compapi/v2/cc/search_set/")
  lu.assertEquals(built.json, {
    bk_biz_id = 2, bk_supplier_account = "0", page = { start = 0, limit = 10 },
    bk_app_code = "app", bk_app_secret = "s3cret", bk_username = "admin",
  })
  for _, value in pairs(built.headers) do lu.assertNotStrContains(value, "s3cret") end
end

function tests.test_the_bus_is_posted_to_even_where_documents_print_get()
  local built = request("esb", "cc.get_service_template", { service_template_id = 5 })
  lu.assertEquals(built.method, "POST")
  lu.assertNotStrContains(built.url, "5")
  lu.assertNotStrContains(built.url, "?")
end

function tests.test_the_bus_has_the_attributes_of_some_calls_inside_a_member()
  local built = request("esb", "cc.create_module",
    { bk_biz_id = 2, bk_set_id = 3, bk_module_name = "web", bk_parent_id = 3 })
  lu.assertEquals(built.json.data, { bk_module_name = "web", bk_parent_id = 3 })
  lu.assertEquals({ built.json.bk_biz_id, built.json.bk_set_id }, { 2, 3 })
  lu.assertNil(built.json.bk_module_name)
  local wrapped = request("esb", "cc.create_module",
    { bk_biz_id = 2, bk_set_id = 3, data = { bk_module_name = "web", bk_parent_id = 3 } })
  lu.assertEquals(wrapped.json, built.json)
end

function tests.test_the_backend_has_names_in_the_path_and_the_caller_in_headers()
  local built = request("backend", "cc.search_set", { bk_biz_id = 2, page = { start = 0 } })
  lu.assertEquals(built.method, "POST")
  lu.assertEquals(built.url, "https://paas.example.com/api/v3/set/search/0/2")
  lu.assertEquals(built.json, { page = { start = 0 } })
  for name, value in pairs {
    ["X-Bkcmdb-User"] = "admin", ["BK_User"] = "admin",
    ["X-Bkcmdb-Supplier-Account"] = "0", ["HTTP_BLUEKING_SUPPLIER_ID"] = "0",
  } do
    lu.assertEquals(built.headers[name], value)
  end
  for _, value in pairs(built.headers) do lu.assertNotStrContains(value, "s3cret") end
end

function tests.test_path_arguments_are_escaped()
  local built = request("backend", "cc_v3.bind_process_module",
    { bk_biz_id = 2, bk_process_id = 3, bk_module_name = "a/b 空?" })
  lu.assertEquals(built.method, "PUT")
  lu.assertStrContains(built.url, "/2/3/a%2Fb%20%E7%A9%BA%3F")
  lu.assertEquals(built.json, {})
end

function tests.test_a_supplier_account_goes_where_the_route_wants_it()
  local built = request("backend", "cc.search_set", { bk_biz_id = 2, bk_supplier_account = "9" })
  lu.assertStrContains(built.url, "/search/9/2")
  built = request("backend", "cc.update_process_instance",
    { bk_biz_id = 2, processes = json.array {}, bk_supplier_account = "9" })
  lu.assertEquals(built.headers["X-Bkcmdb-Supplier-Account"], "9")
  lu.assertNil(built.json.bk_supplier_account)
  built = request("gateway", "cc.search_set", { bk_biz_id = 2, bk_supplier_account = "9" })
  lu.assertNil(built.json.bk_supplier_account)
  built = request("esb", "cc.create_module",
    { bk_biz_id = 2, bk_set_id = 3, bk_module_name = "web", bk_supplier_account = "9" })
  lu.assertEquals({ built.json.bk_supplier_account, built.json.data },
    { "9", { bk_module_name = "web" } })
end

function tests.test_query_arguments_of_the_backend()
  local args = { bk_biz_id = 2, with_default = 1 }
  local built = request("backend", "cc.search_biz_inst_topo", args)
  lu.assertStrContains(built.url, "/biz/2?with_default=1")
  lu.assertNil(built.json.with_default)
  lu.assertEquals(request("esb", "cc.search_biz_inst_topo", args).json.with_default, 1)
end

function tests.test_a_body_over_get_and_delete()
  local built = request("backend", "gse.get_proc_operate_result_v2", { task_id = "GSETASK:1" })
  lu.assertEquals({ built.method, built.json }, { "GET", { task_id = "GSETASK:1" } })
  built = request("backend", "cc_v3.get_process_detail", { bk_biz_id = 2, bk_process_id = 3 })
  lu.assertEquals(built.method, "GET")
  lu.assertNil(built.body)
  built = request("backend", "cc.delete_process_instance",
    { bk_biz_id = 2, process_instance_ids = json.array { 1 } })
  lu.assertEquals({ built.method, built.json.process_instance_ids }, { "DELETE", { 1 } })
end

function tests.test_the_job_backend_reads_the_caller_from_the_body()
  local built = request("backend", "job.get_proc_result", { gse_task_id = "GSETASK:1" })
  lu.assertStrContains(built.url, "/api/job/v3/job-execute/get_proc_result")
  lu.assertEquals(built.json.bk_username, "admin")
  lu.assertNil(built.json.bk_app_secret)
end

function tests.test_the_gateway_has_the_credentials_in_one_header()
  local built = request("gateway", "cc.list_process_related_info",
    { bk_biz_id = 2, page = { start = 0, limit = 1 } },
    { url = "https://bkapi.example.com/api/{api_name}/prod" })
  lu.assertEquals(built.url, "https://bkapi.example.com/api/bk-cmdb/prod"
    .. "/api/v3/findmany/proc/process_related_info/biz/2")
  lu.assertEquals(json.decode(built.headers["X-Bkapi-Authorization"]), CREDENTIALS)
  lu.assertEquals(built.json, { page = { start = 0, limit = 1 } })
  built = request("gateway", "gse.get_proc_operate_result_v2", { task_id = "1" },
    { url = "https://bkapi.example.com/api/{api_name}/prod" })
  lu.assertEquals({ built.method, built.url }, { "POST",
    "https://bkapi.example.com/api/bk-gse/prod/api/v2/proc/get_proc_operate_result_v2" })
end

function tests.test_routes_that_a_call_does_not_have()
  for over, call in pairs { esb = "cc_v3.search_process", gateway = "job.manage_proc" } do
    local built, refused = request(over, call, {})
    lu.assertNil(built)
    lu.assertEquals(refused.code, "call.no_route")
    lu.assertStrContains(refused.hint, "--route")
  end
end

function tests.test_auth_arguments_go_before_the_targets_credentials()
  local args = { username = "zhou", app_code = "its", app_secret = "other", bk_token = "a t0ken" }
  local built, _, secrets = request("esb", "cc.search_business", args)
  lu.assertEquals(built.json,
    { bk_username = "zhou", bk_app_code = "its", bk_app_secret = "other", bk_token = "a t0ken" })
  lu.assertEquals(secrets, { "a t0ken", "other" }) -- one may be a part of another one
  built = request("backend", "cc.search_business", args)
  lu.assertEquals(built.headers["X-Bkcmdb-User"], "zhou")
  lu.assertEquals(built.json, {})
  lu.assertEquals(args.username, "zhou")
end

function tests.test_what_cannot_be_a_header_or_a_path_is_refused()
  local built, refused = request("backend", "cc.search_business", { bk_username = "a\r\nX: y" })
  lu.assertNil(built)
  lu.assertEquals(refused.code, "config.bad_header")
  lu.assertNotStrContains(refused.message, "X: y")
  for _, value in ipairs { json.null, false, {} } do
    for _, over in ipairs { "backend", "gateway" } do
      built, refused = request(over, "cc.search_set", { bk_biz_id = value })
      lu.assertNil(built)
      lu.assertEquals(refused.code, "call.missing_argument")
    end
  end
end

function tests.test_no_patience_is_longer_than_the_http_clients()
  for given, taken in pairs { [2.5] = 2.5, [math.huge] = 1000000 } do
    lu.assertEquals(request("esb", "cc.search_business", {}, { timeout = given }).timeout, taken)
  end
  lu.assertNil(request("esb", "cc.search_business", {}).timeout)
end

function tests.test_the_place_of_a_url_shows_no_password()
  for url, place in pairs {
    ["https://u:p@w@paas.example.com:8443/x?y"] = "https://paas.example.com:8443",
    ["http://127.0.0.1:80"] = "http://127.0.0.1:80",
    ["http://[::1]:80/a@b"] = "http://[::1]:80",
  } do
    lu.assertEquals(route.place(url), place)
  end
end

function tests.test_proxies_are_for_other_machines()
  for url, proxy in pairs {
    ["http://127.0.0.1:8080"] = "", ["http://localhost"] = "", ["http://[::1]:1"] = "",
    ["https://paas.example.com"] = false, ["https://localhost.example.com"] = false,
  } do
    lu.assertEquals(request("esb", "cc.search_business", {}, { url = url }).proxy or false, proxy)
  end
end

return tests
