-- What plans say that the platform makes of templates and of what is not sent, held against what
-- the embedded platform makes of it.

local addresses = require "remora.model.addresses"
local attributes = require "remora.platform.attributes"
local bind = require "remora.platform.bind"
local follow = require "remora.kinds.service_templates.follow"
local json = require "json"
local lu = require "luaunit"
local process = require "remora.model.process"
local simulate = require "remora.kinds.instances.simulate"

local HOSTS = {
  { bk_host_innerip = "10.0.0.1", bk_host_innerip_v6 = "fd00::1", bk_host_outerip = "203.0.113.1",
    bk_host_outerip_v6 = "2001:db8::1" },
  { bk_host_innerip = "10.0.0.2,10.0.0.3", bk_host_innerip_v6 = "", bk_host_outerip = "",
    bk_host_outerip_v6 = "" },
  { bk_host_innerip = "", bk_host_innerip_v6 = "fd00::2,fd00::3", bk_host_outerip = "",
    bk_host_outerip_v6 = "2001:db8::2,2001:db8::3" },
}
local IPS = { json.null, "", "1", "2", "3", "4", "5", "6", "7", "8" }
local FLAGS = { json.null, true, false }

local tests = {}

function tests.test_the_cells_of_a_new_row()
  for id, doc in ipairs(HOSTS) do
    doc.bk_host_id, doc.bk_cloud_id = id, 0
    local host = addresses.host(doc)
    for _, ip in ipairs(IPS) do
      for _, enable in ipairs(FLAGS) do
        local row = { row_id = 1, ip = { value = ip }, port = { value = "80-90" },
          protocol = { value = "2" }, enable = { value = enable } }
        local property = { bind_info = { value = json.array { row } } }
        local made = assert(bind.instantiate(property, doc))[1]
        for _, cell in ipairs { "ip", "port", "protocol", "enable" } do
          lu.assertEquals(follow.cell(row, cell, host), made[cell],
            ("%s of %s on host %d"):format(cell, tostring(ip), id))
        end
      end
    end
  end
end

function tests.test_what_a_create_leaves_out()
  local names = { bk_process_name = "p", bk_func_name = "p" }
  local made = assert(attributes.from_map(names))
  for _, field in ipairs(process.FIELDS) do
    if not names[field] then lu.assertEquals(process.absent_value(field), made[field], field) end
  end
end

local INFO = { bk_process_name = "p", bk_func_name = "p", user = "root" }

-- The processes of two hosts after one was made on each alike, and then another call.
local function after(call)
  local instances, hosts = {}, {}
  for id, doc in ipairs { { bk_host_innerip = "10.0.0.1" }, { bk_host_innerip = "10.0.0.2" } } do
    doc.bk_host_id, doc.bk_cloud_id = id, 0
    hosts[id] = addresses.host(doc)
    instances[id] = { bk_host_id = id, processes = { { process_info = INFO } } }
  end
  local create = { call = "cc.create_service_instance",
    args = { bk_module_id = 2, instances = instances } }
  local state = simulate({ hosts = hosts, instances_of = { [2] = {} },
    module_by_id = { [2] = { id = 2, template_id = 0 } } }, { create })
  if call then state = simulate(state, { call }) end
  local list = state.instances_of[2]
  return list[1].processes[1], list[2].processes[1]
end

function tests.test_processes_that_are_made_alike_share_what_they_have()
  local one, other = after()
  lu.assertIs(one.values, other.values)
  lu.assertEquals({ one.values.user, one.values.work_path }, { "root", "" })
  local changed, left = after { call = "cc.update_process_instance", args = { processes = {
    { bk_process_id = one.id, bk_process_name = "p", bk_func_name = "p", user = "www" } } } }
  lu.assertEquals({ changed.values.user, left.values.user }, { "www", "root" })
end

return tests
