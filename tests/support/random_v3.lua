-- Random playbooks for the old platform (`api: v3`), and what others do to its processes behind our
-- back. Values come from small pools, so that equal changes and none at all are common. Owns what
-- is declared and what happens; what comes of it is tests.support.reference_v3's.

local drift = require "tests.support.random_drift"
local json = require "json"
local order = require "remora.core.order"

local random = {}

local NAMES = { "a", "b", "c", "d", "日志" }

-- Of the fleets of tests.support.random_fleet; "cron" may not be there, "gone" never is.
local MODULES = { "web", "app", "cron", "日志" }

local FIELDS = {
  auto_start = { true, false }, auto_time_gap = { 5, 10000 },
  bind_ip = { "0.0.0.0", "first_inner" }, bk_func_id = { "7", "08" },
  bk_start_param_regex = { "-c ä" }, description = { "one", "für „alle“" },
  port = { 80, "80", "80,443,8000-8010" }, priority = { 1, 2 }, proc_num = { 1 },
  protocol = { "TCP", "UDP" }, start_cmd = { "./a", "" }, timeout = { 10, 20 },
  user = { "root", "www", "" },
}
local LIKELY = { description = 40, priority = 50, timeout = 60, user = 60 }
local UNLIKELY = 12

local function value_of(r, field)
  if r:chance(10) then return json.null end
  return r:pick(FIELDS[field])
end

local function modules(r)
  local list = json.array {}
  for _, name in ipairs(MODULES) do
    if r:chance(40) then list[#list + 1] = name end
  end
  if r:chance(2) then list[#list + 1] = "gone" end
  return list
end

local function process(r)
  local of = {}
  if r:chance(95) then of.bk_func_name = r:pick { "x", "y" } end
  for field in order.pairs(FIELDS) do
    if r:chance(LIKELY[field] or UNLIKELY) then of[field] = value_of(r, field) end
  end
  if r:chance(70) then of.modules = modules(r) end
  if r:chance(40) then of.prune = r:chance(70) end
  return of
end

local function edit(r, processes)
  for _, name in ipairs(NAMES) do
    local its, other = processes[name], process(r)
    if not its then
      processes[name] = r:chance(30) and other or nil
    elseif r:chance(15) then
      processes[name] = nil
    else
      for field, value in order.pairs(other) do
        if r:chance(20) then its[field] = value end
      end
    end
  end
  -- One and the same edit of several processes.
  local field = r:pick(order.keys(FIELDS))
  local value = value_of(r, field)
  for _, its in order.pairs(r:chance(60) and processes or {}) do
    if r:chance(70) then its[field] = value end
  end
end

---A day of edits on one playbook.
---@param r table tests.support.draws
---@param count integer
---@return table[] playbooks the first one and its successors
function random.playbooks(r, count)
  local list, processes = {}, {}
  for i = 1, count do
    edit(r, processes)
    list[i] = json.decode(json.encode(
      { playbook = "random", business = "demo", api = "v3", processes = processes }))
  end
  return list
end

local acts = {}

local function nth(platform, number)
  local list = platform.store:find("v3_process", { bk_biz_id = 1 }, { sort = "bk_process_id" })
  return list[(number - 1) % math.max(#list, 1) + 1]
end

local function call(platform, name, doc, more)
  local args = { bk_supplier_account = "0", bk_biz_id = 1, bk_process_id = doc.bk_process_id }
  for key, value in pairs(more or {}) do args[key] = value end
  platform:call("cc_v3." .. name, args)
end

function acts.update(platform, doc, act) call(platform, "update_process", doc, act.data) end

function acts.bind(platform, doc, act)
  call(platform, "bind_process_module", doc, { bk_module_name = act.module })
end

function acts.unbind(platform, doc, act)
  call(platform, "delete_process_module_binding", doc, { bk_module_name = act.module })
end

-- Refused as long as anything is bound to it.
function acts.delete(platform, doc, act)
  for _, name in ipairs(act.all and MODULES or {}) do
    call(platform, "delete_process_module_binding", doc, { bk_module_name = name })
  end
  call(platform, "delete_process", doc)
end

function acts.create(platform, _, act)
  platform:call("cc_v3.create_process", { bk_supplier_account = "0", bk_biz_id = 1,
    bk_process_name = act.name, bk_func_name = "hand" })
end

-- Somebody else's business is none of ours, though it has a process of the same name.
function acts.elsewhere(platform, _, act)
  local made = platform:call("cc_v3.create_process", { bk_supplier_account = "0", bk_biz_id = 2,
    bk_process_name = act.name, bk_func_name = "x" })
  if not made then return end
  platform:call("cc_v3.bind_process_module", { bk_supplier_account = "0", bk_biz_id = 2,
    bk_process_id = made.bk_process_id, bk_module_name = "web" })
end

local NEEDS_NONE = { create = true, elsewhere = true }

local DATA = { user = { "drift", "", json.null }, timeout = { 10, 99 }, bk_func_id = { "7", "" },
  bk_process_name = { "a", "renamed" } }

local drawn = {}

function drawn.update(r)
  local field = r:pick(order.keys(DATA))
  return { data = { [field] = r:pick(DATA[field]) } }
end

-- Nobody keeps people from binding what is bound, or to what is not there.
function drawn.bind(r) return { module = r:chance(15) and "gone" or r:pick(MODULES) } end

function drawn.unbind(r) return { module = r:pick(MODULES) } end

function drawn.delete(r) return { all = r:chance(60) } end

function drawn.create(r) return { name = r:pick { "a", "hand" } } end

function drawn.elsewhere(r) return { name = r:pick { "a", "b" } } end

---Draws what happens between two playbooks.
---@param r table tests.support.draws
---@return table[] acts
function random.drift(r)
  local kinds = order.keys(drawn)
  return drift.acts(r, 7, drawn, function()
    return r:chance(40) and "update" or r:pick(kinds)
  end)
end

---Does it; what the platform refuses does not happen.
---@param platform table tests.support.fleet
---@param list table[] acts
function random.happen(platform, list)
  for _, act in ipairs(list) do
    local doc = nth(platform, act.number or 1)
    if acts[act.act] and (doc or NEEDS_NONE[act.act]) then acts[act.act](platform, doc, act) end
  end
end

return random
