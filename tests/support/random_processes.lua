-- Random processes, as templates and as rules speak of them. Values come from small pools, so that
-- equal, traded and conflicting ones are common; null, "" and absent are among them. Owns what a
-- process may look like; which playbook has which is tests.support.random_playbook's.

local json = require "json"
local order = require "remora.core.order"

local processes = {}

processes.NAMES = { "a", "b", "c", "d", "日志" }

local FUNCS, REGEXES = { "x", "y" }, { "1", "2", "3", "4", "ä b" }

local FIELDS = {
  auto_start = { true, false }, bk_start_check_secs = { 1, 600 },
  description = { "one", "two", "", "für „alle“" }, face_stop_cmd = { "kill" },
  pid_file = { "/run/a.pid", "" }, priority = { -100, 0, 5 }, proc_num = { 1, 2 },
  start_cmd = { "./a", "./b" }, timeout = { 10, 20, 30 }, user = { "root", "nobody", "www", "" },
  work_path = { "/data/应用" },
}
local LIKELY = { auto_start = 40, description = 50, start_cmd = 50, timeout = 60, user = 60 }
local UNLIKELY = 15

local PORTS = { "80", "81", "8000-8010", 443 }

local function value_of(r, field)
  if r:chance(8) then return json.null end
  return r:pick(FIELDS[field])
end

-- A pair (executable, regex) is given once per list; no regex is one as well.
local function identity(r, taken)
  local func, regex
  repeat
    func, regex = r:pick(FUNCS), r:chance(75) and r:pick(REGEXES) or nil
  until not taken[func .. (regex or "")]
  taken[func .. (regex or "")] = true
  return { bk_func_name = func, bk_start_param_regex = regex }
end

local function process(r, taken)
  local of = identity(r, taken)
  for field in order.pairs(FIELDS) do
    if r:chance(LIKELY[field] or UNLIKELY) then of[field] = value_of(r, field) end
  end
  return of
end

-- A bare value is locked, and so is one that says so.
local function cell(r, value)
  if r:chance(55) then return value end
  return { value = value, as_default_value = r:chance(15) }
end

local ADDRESSES = { { "0.0.0.0", "TCP" }, { "127.0.0.1", "UDP" }, { "first_inner", "TCP" },
  { "first_outer", "UDP" }, { "::1", "TCP6" }, { "first_inner_v6", "UDP6" } }

local function template_rows(r)
  local rows, ids = json.array {}, {}
  for i = 1, r:next(3) - 1 do
    local address, id = r:pick(ADDRESSES), r:chance(25) and r:next(3) or nil
    rows[i] = { ip = cell(r, address[1]), port = cell(r, r:pick(PORTS)),
      protocol = cell(r, address[2]) }
    if id and not ids[id] then rows[i].row_id, ids[id] = id, true end
    if r:chance(10) then rows[i].ip = nil end
    if r:chance(40) then rows[i].enable = cell(r, r:chance(70)) end
  end
  if r:chance(85) then return rows end
  return { value = rows, as_default_value = false }
end

local function free_rows(r)
  local rows = json.array {}
  for i = 1, r:next(3) - 1 do
    rows[i] = { port = r:pick(PORTS), protocol = r:pick { "TCP", "UDP", "1" } }
    if r:chance(80) then rows[i].ip = r:pick { "0.0.0.0", "10.1.1.1", "::1", "" } end
    if r:chance(60) then rows[i].enable = r:chance(80) end
  end
  return rows
end

local function ignored(r)
  return json.array { r:pick { "timeout", "user", "description", "bind_info" } }
end

---The processes of a service template.
---@param r table tests.support.draws
---@return table<string, table>
function processes.of_template(r)
  local list, taken = {}, {}
  for _, name in ipairs(processes.NAMES) do
    if r:chance(50) then
      local of = process(r, taken)
      for field, value in order.pairs(of) do
        if field ~= "bk_func_name" then of[field] = cell(r, value) end
      end
      if r:chance(60) then of.bind_info = template_rows(r) end
      if r:chance(8) then of.ignore = ignored(r) end
      list[name] = of
    end
  end
  return list
end

---The processes of a rule for instances without a template.
---@param r table
---@return table<string, table>
function processes.of_free(r)
  local list, taken = {}, {}
  for _, name in ipairs(processes.NAMES) do
    if r:chance(45) then
      local of = process(r, taken)
      if r:chance(50) then of.bind_info = free_rows(r) end
      list[name] = of
    end
  end
  return list
end

local function is_free(of)
  return type(of) == "table" and of.as_default_value == false
end

-- Cells that the rows of a template leave free, told by the row's id.
local function cells_left_free(r, rows)
  local wish = json.array {}
  for i, row in ipairs(rows) do
    local its = { template_row_id = row.row_id or i }
    if is_free(row.port) then its.port = r:pick(PORTS) end
    if is_free(row.ip) then its.ip = r:pick { "10.1.1.1", "::1" } end
    if is_free(row.enable) then its.enable = r:chance(50) end
    if its.port or its.ip or its.enable ~= nil then wish[#wish + 1] = its end
  end
  return wish
end

---What a rule may say of the processes of a template: values of what is free there.
---@param r table
---@param list table<string, table> of of_template
---@return table<string, table>
function processes.within(r, list)
  local wishes = {}
  for name, of in order.pairs(list) do
    local wish = {}
    for field, value in order.pairs(of) do
      if FIELDS[field] and is_free(value) and r:chance(50) then wish[field] = value_of(r, field) end
    end
    local column = of.bind_info or {}
    local rows = cells_left_free(r, column.value or column)
    if #rows > 0 and r:chance(50) then wish.bind_info = rows end
    if next(wish) then wishes[name] = wish end
  end
  return wishes
end

local function plain(value)
  return type(value) == "table" and value.value or value
end

-- No two processes of a list have the same executable and start regex; the later one leaves.
local function part(list)
  local taken = {}
  for name, of in order.pairs(list) do
    local key = json.encode { of.bk_func_name, plain(of.bk_start_param_regex) or "" }
    if taken[key] then list[name] = nil end
    taken[key] = true
  end
end

---Changes some of the processes of a template or a rule, as a day of edits does: some values are
---others, some processes come or go, some trade their start regexes.
---@param r table
---@param list table<string, table> changed
---@param others table<string, table> of the same kind; executables stay
---@param calm boolean? those that would get in each other's way do not all stay
function processes.edit(r, list, others, calm)
  local names = order.keys(list)
  for _, name in ipairs(names) do
    for field, value in order.pairs(r:chance(40) and others[name] or {}) do
      if field ~= "bk_func_name" and r:chance(60) then list[name][field] = value end
    end
  end
  for name, other in order.pairs(others) do
    if not list[name] and r:chance(30) then list[name] = other end
  end
  if #names > 1 and r:chance(30) then
    local one, two = list[r:pick(names)], list[r:pick(names)]
    one.bk_start_param_regex, two.bk_start_param_regex =
      two.bk_start_param_regex, one.bk_start_param_regex
  end
  for _, name in ipairs(names) do
    if r:chance(12) then list[name] = nil end
  end
  if calm then part(list) end
end

return processes
