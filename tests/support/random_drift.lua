-- What others do to a fleet behind our back, as values that can be kept, shrunk and done again:
-- processes and templates are changed by hand, instances come and go, hosts move. Owns what may
-- happen; what a platform refuses simply does not.

local json = require "json"
local order = require "remora.core.order"

local drift = {}

local acts = {}

local function nth(list, number)
  return list[(number - 1) % math.max(#list, 1) + 1]
end

local KEYS = { process = "bk_process_id", module = "bk_module_id" }

local function stored(platform, collection, where)
  where = where or {}
  where.bk_biz_id = 1
  return platform.store:find(collection, where, { sort = KEYS[collection] or "id" })
end

-- Values of a process, within what its template leaves free.
function acts.process(platform, act)
  local doc = nth(stored(platform, "process"), act.number)
  if not doc then return end
  platform:call("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { doc.bk_process_id }, update_data = act.data })
end

-- A cell of its first address.
function acts.row(platform, act)
  local doc = nth(stored(platform, "process"), act.number)
  local rows = doc and doc.bind_info
  if type(rows) ~= "table" or #rows == 0 then return end
  rows[1].port = act.port
  platform:call("cc.update_process_instances_by_ids", { bk_biz_id = 1,
    process_ids = { doc.bk_process_id }, update_data = { bind_info = rows } })
end

function acts.template(platform, act)
  local doc = nth(stored(platform, "proc_template"), act.number)
  if not doc then return end
  platform:call("cc.update_proc_template", { bk_biz_id = 1, process_template_id = doc.id,
    process_property = act.property })
end

function acts.remove_template(platform, act)
  local doc = nth(stored(platform, "proc_template"), act.number)
  if not doc then return end
  platform:call("cc.delete_proc_template", { bk_biz_id = 1, process_templates = { doc.id } })
end

function acts.add_template(platform, act)
  platform:call("cc.batch_create_proc_template", { bk_biz_id = 1,
    service_template_id = act.number, processes = { { spec = {
      bk_process_name = { value = "hand", as_default_value = true },
      bk_func_name = { value = "hand", as_default_value = true } } } } })
end

function acts.remove_instance(platform, act)
  local doc = nth(stored(platform, "service_instance"), act.number)
  if not doc then return end
  platform:call("cc.delete_service_instance", { bk_biz_id = 1, service_instance_ids = { doc.id } })
end

function acts.label(platform, act)
  local doc = nth(stored(platform, "service_instance"), act.number)
  if not doc then return end
  platform:call("cc.replace_label_of_service_instance", { bk_biz_id = 1,
    instance_ids = { doc.id }, labels = act.labels })
end

function acts.rename_instance(platform, act)
  local doc = nth(stored(platform, "service_instance"), act.number)
  if not doc then return end
  platform:call("cc.update_service_instances", { bk_biz_id = 1,
    data = { { service_instance_id = doc.id, update = { name = act.name } } } })
end

function acts.remove_process(platform, act)
  local doc = nth(stored(platform, "process"), act.number)
  if not doc then return end
  platform:call("cc.delete_process_instance", { bk_biz_id = 1,
    process_instance_ids = { doc.bk_process_id } })
end

-- Brings a module in line with its template, as the next call finds it.
function acts.sync(platform, act)
  local doc = nth(stored(platform, "module"), act.number)
  if not doc or doc.service_template_id == 0 then return end
  local args = { bk_biz_id = 1, bk_module_ids = { doc.bk_module_id },
    service_template_id = doc.service_template_id }
  platform:call("cc.sync_service_template_to_service_instance", args)
  platform:call("cc.list_service_template_sync_status", args)
end

-- One more process in a service instance without a template, or one more instance beside it.
function acts.by_hand(platform, act)
  local doc = nth(stored(platform, "service_instance", { service_template_id = 0 }), act.number)
  if not doc then return end
  local processes = { { process_info = { bk_process_name = act.name, bk_func_name = "hand",
    user = "hand" } } }
  if not act.instance then
    platform:call("cc.create_process_instance", { bk_biz_id = 1, service_instance_id = doc.id,
      processes = processes })
  else
    platform:call("cc.create_service_instance", { bk_biz_id = 1, bk_module_id = doc.bk_module_id,
      instances = { { bk_host_id = doc.bk_host_id, service_instance_name = act.instance,
        processes = processes } } })
  end
end

-- A host gets into one more module, or leaves the others for it.
function acts.host(platform, act)
  local modules = platform.store:find("module", { bk_biz_id = 1, default = 0 },
    { sort = "bk_module_id" })
  local relation = nth(platform.store:find("host_module", { bk_biz_id = 1 }), act.number)
  if not relation then return end
  platform:call("cc.transfer_host_module", { bk_biz_id = 1, bk_host_id = { relation.bk_host_id },
    bk_module_id = { nth(modules, act.module).bk_module_id }, is_increment = act.stays })
end

-- Somebody else's business is none of ours.
function acts.elsewhere(platform)
  local module = platform.store:first("module", { bk_biz_id = 2, bk_module_name = "cron" })
  local relation = module
    and platform.store:first("host_module", { bk_module_id = module.bk_module_id })
  if not relation then return end
  platform:call("cc.create_service_instance", { bk_biz_id = 2, bk_module_id = module.bk_module_id,
    instances = { { bk_host_id = relation.bk_host_id, processes = { { process_info =
      { bk_process_name = "a", bk_func_name = "x" } } } } } })
end

local function cell(r, value)
  return { value = value, as_default_value = r:chance(50) }
end

local drawn = {}

local BY_HAND = json.array { { ip = "10.1.1.1", port = "90", protocol = "1", enable = true } }

function drawn.process(r)
  local data = {}
  if r:chance(70) then data.timeout = r:pick { 10, 40, json.null } end
  if r:chance(70) then data.user = r:pick { "root", "drift", "", json.null } end
  if r:chance(20) then data.bk_start_param_regex = r:pick { "1", "2", "drift" } end
  if r:chance(20) then data.auto_start = r:chance(50) end
  if r:chance(8) then data.bk_process_name = r:pick { "a", "renamed" } end
  if r:chance(8) then data.bk_func_name = r:pick { "x", "y" } end
  if r:chance(8) then data.bind_info = r:chance(40) and json.null or BY_HAND end
  if next(data) == nil then data.description = "drift" end
  return { data = data }
end

function drawn.row(r) return { port = r:pick { "90", "91-92" } } end

local function rows(r)
  local list = json.array {}
  for i = 1, r:next(3) - 1 do
    list[i] = { row_id = r:chance(60) and 3 * i - r:next(3) + 1 or nil,
      ip = cell(r, r:pick { "1", "2", "3" }), port = cell(r, r:pick { "80", "90" }),
      protocol = cell(r, "1"), enable = cell(r, true) }
  end
  return cell(r, list)
end

function drawn.template(r)
  return { property = { user = cell(r, r:pick { "root", "drift" }),
    timeout = r:chance(50) and cell(r, 50) or nil,
    bk_start_param_regex = r:chance(30) and cell(r, r:pick { "1", "2", "3" }) or nil,
    bk_process_name = r:chance(25) and cell(r, r:pick { "a", "b", "renamed" }) or nil,
    bind_info = r:chance(20) and rows(r) or nil } }
end

function drawn.remove_template() return {} end

function drawn.add_template(r) return { number = r:next(2) } end

function drawn.remove_instance() return {} end

function drawn.remove_process() return {} end

function drawn.sync() return {} end

function drawn.rename_instance(r)
  return { name = r:pick { "second", "10.0.1.1_x", "10.0.3.1" } }
end

function drawn.label(r)
  return { labels = r:chance(80) and { tier = r:pick { "a", "b" } } or {} }
end

function drawn.by_hand(r)
  return { name = r:pick { "a", "hand" }, instance = r:chance(30) and "second" or nil }
end

function drawn.host(r) return { module = r:next(7), stays = r:chance(60) } end

function drawn.elsewhere() return {} end

local LIKELY = { process = 5, row = 3, template = 2, label = 2, by_hand = 2 } -- times the others

local kinds = {}
for kind in order.pairs(drawn) do
  for _ = 1, LIKELY[kind] or 1 do kinds[#kinds + 1] = kind end
end

---Draws some acts, each of an object by its number.
---@param r table tests.support.draws
---@param limit integer there are fewer
---@param its table<string, fun(r: table): table> what is drawn for each kind of act
---@param kind_of fun(): string draws a kind
---@return table[] acts
function drift.acts(r, limit, its, kind_of)
  local list = json.array {}
  for i = 1, r:next(limit) - 1 do
    local kind = kind_of()
    list[i] = its[kind](r)
    list[i].act, list[i].number = kind, list[i].number or r:next(1000)
  end
  return list
end

---Draws what happens between two playbooks.
---@param r table tests.support.draws
---@return table[] acts
function drift.draw(r)
  return drift.acts(r, 7, drawn, function() return r:pick(kinds) end)
end

---Does it.
---@param platform table tests.support.fleet
---@param list table[] acts
function drift.happen(platform, list)
  for _, act in ipairs(list) do
    if acts[act.act] then acts[act.act](platform, act) end
  end
end

return drift
