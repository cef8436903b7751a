-- Reads the processes of the old platform (cc_v3) and the module names they are bound to.

local json = require "json"

local v3 = {}

---Reads processes of a business.
---@param reader table
---@param business integer
---@param wanted {condition: table?, fields: string[]?}? condition: which of them, as search_process
---  takes it; fields: a JSON list; nil: all
---@return table[]? rows by id
---@return table? fault
function v3.processes(reader, business, wanted)
  wanted = wanted or {}
  return reader:pages("cc_v3.search_process", { bk_biz_id = business,
    condition = wanted.condition or {}, fields = wanted.fields or json.array {},
    page = { sort = "bk_process_id" } })
end

---Reads which module names there are, and to which of them a process is bound.
---@param reader table
---@param business integer
---@param id integer of the process; of one that nobody has, all names are listed, none bound
---@return table<string, boolean>? bound by module name
---@return table? fault
function v3.bindings(reader, business, id)
  local rows, refused = reader:call("cc_v3.get_process_bind_module",
    { bk_biz_id = business, bk_process_id = id })
  if not rows then return nil, refused end
  local bound = {}
  for _, row in ipairs(rows) do bound[row.bk_module_name] = row.is_bind == 1 end
  return bound
end

return v3
