-- What a playbook for the old platform makes of its processes, worked out from the stored documents
-- the slow and plain way, and the fewest calls that can do it. Follows what is known of the cc_v3
-- calls; knows no planner.

local json = require "json"
local order = require "remora.core.order"
local picture = require "tests.support.picture"

local reference = {}

---@class tests.PictureV3
---@field names table<string, true> of modules that something can be bound to
---@field processes table<string, {id: integer?, fields: table<string, any>,
---  bound: table<string, true>}> fields: unset for null; bound: names of modules that are there

-- Attributes of a process of the old platform, from the table of its documents.
local TEXTS = { "bk_func_id", "bk_func_name", "bk_start_param_regex", "description",
  "face_stop_cmd", "pid_file", "port", "reload_cmd", "restart_cmd", "start_cmd", "stop_cmd",
  "user", "work_path" }
local OTHERS = { "auto_start", "auto_time_gap", "bind_ip", "priority", "proc_num", "protocol",
  "timeout" }

local function set(value)
  if value == json.null then return nil end
  return value
end

---Draws the first business.
---@param platform {store: table}
---@return tests.PictureV3
function reference.draw(platform)
  local drawn, by_id = { names = {}, processes = {} }, {}
  for _, doc in ipairs(platform.store:find("module", { bk_biz_id = 1, default = 0 })) do
    drawn.names[doc.bk_module_name] = true
  end
  for _, doc in ipairs(platform.store:find("v3_process", { bk_biz_id = 1 })) do
    local its = { id = doc.bk_process_id, fields = {}, bound = {} }
    for _, list in ipairs { TEXTS, OTHERS } do
      for _, field in ipairs(list) do its.fields[field] = set(doc[field]) end
    end
    drawn.processes[doc.bk_process_name], by_id[doc.bk_process_id] = its, its
  end
  for _, doc in ipairs(platform.store:find("v3_binding", { bk_biz_id = 1 })) do
    local its = drawn.names[doc.bk_module_name] and by_id[doc.bk_process_id]
    if its then its.bound[doc.bk_module_name] = true end
  end
  return drawn
end

-- Texts that nobody gives are empty, everything else is unset.
local function new_process()
  local made = { fields = { auto_start = false }, bound = {} }
  for _, field in ipairs(TEXTS) do made.fields[field] = "" end
  return made
end

---What a playbook makes of it.
---@param pb table in normal form
---@param before tests.PictureV3 not changed
---@return tests.PictureV3 after
function reference.after(pb, before)
  local after = picture.copy(before)
  for name, want in pairs(pb.sections.processes) do
    local its = after.processes[name] or new_process()
    after.processes[name] = its
    for _, list in ipairs { TEXTS, OTHERS } do
      for _, field in ipairs(list) do
        if want[field] ~= nil then its.fields[field] = set(want[field]) end
      end
    end
    if want.modules and want.prune then its.bound = {} end
    for _, module in ipairs(want.modules or {}) do its.bound[module] = true end
  end
  return after
end

local function count(made, call, more)
  if more > 0 then made["cc_v3." .. call] = (made["cc_v3." .. call] or 0) + more end
end

local function missing(bound, other)
  local number = 0
  for module in pairs(bound) do number = number + (other[module] and 0 or 1) end
  return number
end

-- What a process needs to be told, as text that is the same for the same change.
local function change_of(was, is)
  local change = {}
  for field, value in pairs(is.fields) do
    if was.fields[field] ~= value then change[field] = value end
  end
  for field in pairs(was.fields) do
    if is.fields[field] == nil then change[field] = json.null end
  end
  if next(change) == nil then return nil end
  -- A batch leaves this one out without a word.
  local alone = change.bk_func_id ~= nil and was.id or ""
  return json.encode(change) .. alone
end

---The fewest calls. A batch gives several processes the same values; a binding is a call, however
---often it is stored.
---@param before tests.PictureV3
---@param after tests.PictureV3
---@return table<string, integer> calls by name
function reference.calls(before, after)
  local made, sharing = {}, {}
  for name, is in pairs(after.processes) do
    local was = before.processes[name]
    count(made, "create_process", was and 0 or 1)
    count(made, "bind_process_module", missing(is.bound, was and was.bound or {}))
    count(made, "delete_process_module_binding", missing(was and was.bound or {}, is.bound))
    local change = was and change_of(was, is)
    if change then sharing[change] = (sharing[change] or 0) + 1 end
  end
  for _, number in order.pairs(sharing) do
    count(made, number == 1 and "update_process" or "batch_update_process", 1)
  end
  return made
end

---Two pictures as they can be compared: the ids of what is new are the platform's affair.
---@param drawn tests.PictureV3
---@param first tests.PictureV3
---@return table<string, table> processes by name
function reference.parts(drawn, first)
  local parts = picture.copy(drawn.processes)
  for name, its in pairs(parts) do its.id = first.processes[name] and its.id end
  return parts
end

return reference
