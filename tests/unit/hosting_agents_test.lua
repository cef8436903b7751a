-- How agents are asked about many processes: as few queries as what one may ask about allows, each
-- process once.

local agents = require "remora.hosting.agents"
local fault = require "remora.core.fault"
local lu = require "luaunit"
local said = require "remora.hosting.said"

local NGINX = { proc_name = "nginx_1", setup_path = "/d", pid_path = "/p", account = "root" }

-- Stands in for a reader that has time for one thing only; the answers say who was asked.
local READER = {}
function READER.gather(_, list, fn)
  local results = {}
  for i, item in ipairs(list) do
    local refused
    results[i], refused = fn(item)
    if refused then return nil, refused end
  end
  return results
end

local function hosted(from, to)
  local list = {}
  for i = from, to do
    list[#list + 1] = { entry = NGINX, host = { bk_cloud_id = 0, ip = "host " .. i } }
  end
  return list
end

local HOSTS = {
  job = function(args) return args.process_infos[1].ip_list end,
  gse = function(args) return args.proc_operate_req[1].hosts end,
}

local tests = {}

function tests.test_one_query_asks_about_a_thousand_processes()
  for _, row in ipairs {
    -- over job, over gse, queries
    { 0, 0, {} },
    { 1, 0, { { "job", 1 } } },
    { 1000, 0, { { "job", 1000 } } },
    { 1001, 0, { { "job", 1000 }, { "job", 1 } } },
    { 0, 2500, { { "gse", 1000 }, { "gse", 1000 }, { "gse", 500 } } },
    { 600, 600, { { "gse", 600 }, { "job", 600 } } },
  } do
    local by_via, asked = { job = hosted(1, row[1]), gse = hosted(10001, 10000 + row[2]) }, {}
    local function ask(_, via, request)
      local answer, hosts = said.new(), HOSTS[via](request.args)
      for _, host in ipairs(hosts) do answer[host.ip] = { pids = host.ip .. via } end
      asked[#asked + 1] = { via, #hosts }
      return answer
    end
    local found = agents.ask_all(READER, 1, by_via, { ask = ask })
    lu.assertEquals(asked, row[3])
    for via, list in pairs(by_via) do
      for _, each in ipairs(list) do
        lu.assertEquals(found[each.host.ip].pids, each.host.ip .. via)
      end
    end
  end
end

function tests.test_what_refuses_one_query_refuses_all()
  local refusal = fault.new { code = "net.timeout", message = "no answer" }
  local function ask(_, _, request)
    if HOSTS.job(request.args)[1].ip ~= "host 1" then return said.new() end
    return nil, refusal
  end
  local found, refused = agents.ask_all(READER, 1, { job = hosted(1, 2000) }, { ask = ask })
  lu.assertNil(found)
  lu.assertEquals(refused, refusal)
end

return tests
