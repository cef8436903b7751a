-- Random fleets without any process, for properties that must hold for all of them: modules with
-- and without a template, with many hosts, one or none, hosts in two modules, a second business
-- with the same names. Owns where things are; what runs there comes from playbooks.

local fleet = require "tests.support.fleet"
local json = require "json"

local random = {}

-- Addresses 10.0.N.1 and so on; some hosts have more than one kind of them.
local function hosts(r, subnet, most)
  local list = json.array {}
  for i = 1, r:next(most + 1) - 1 do
    local entry = { ip = ("10.0.%d.%d"):format(subnet, i) }
    if r:chance(30) then entry.ip_v6 = ("fd00::%d:%d"):format(subnet, i) end
    if r:chance(30) then entry.outer_ip = ("192.0.2.%d"):format(subnet * 10 + i) end
    list[i] = entry
  end
  return list
end

local function bound(template, list)
  return { service_template = template, hosts = list }
end

---A random topology file.
---@param r table tests.support.draws
---@return table
function random.topology(r)
  local cron = hosts(r, 3, 3)
  local one = { web = bound("web", hosts(r, 1, 3)), app = bound("app", hosts(r, 2, 2)),
    cron = { hosts = cron } }
  local two = { web = bound("web", hosts(r, 4, 2)), app = bound("app", hosts(r, 5, 1)),
    ["日志"] = { hosts = r:chance(50) and cron or hosts(r, 6, 1) } }
  if r:chance(50) then two.cron = { hosts = hosts(r, 7, 2) } end
  return { businesses = {
    demo = { service_templates = { web = { category = r:pick { "Nginx", "Redis" } }, app = {} },
      sets = { one = { modules = one }, two = { modules = two } } },
    other = { service_templates = { web = {} },
      sets = { one = { modules = { web = bound("web", { { ip = "10.9.0.1" } }),
        cron = { hosts = { { ip = "10.9.0.2" } } } } } } },
  } }
end

---Starts a fleet.
---@param topology table
---@return table fleet to be declared `<close>`
function random.fleet(topology)
  return fleet.new(json.encode(topology))
end

return random
