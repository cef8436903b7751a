-- What to do about the platform's refusals, by code. Data only; a code without a line here is told
-- with the platform's own words alone.

local ADVICE = {
  -- any call
  [1100004] = "the gateway's signature was refused; ask for the application to be granted there",
  [1199000] = "an argument has the wrong type; remora calls NAME shows the types",
  [1199014] = "that name is taken; choose another, or change the object that has it",
  [1199019] = "it is not there (any more); read the ids again",
  [1199027] = "the platform does not know who calls; set BK_USERNAME",
  [1199035] = "send fewer at once; remora calls NAME shows the limit",
  [1199059] = "ask for smaller pages; remora calls NAME shows the limit",
  [1199997] = "the platform limits the rate; lower --parallelism or try later",
  [9900403] = "ask for the permission in the platform's permission centre",
  -- templates and what follows them
  [1113019] = "the template already has a process of that name",
  [1113020] = "the template already has that executable with the same start parameters",
  [1113022] = "the process follows a template; remove it there and sync",
  [1113032] = "take a category that has none below it",
  [1108014] = "one of the process templates is not there (any more); list them again",
  [1108030] = "modules or service instances still use the template; remove those first",
  [1108035] = "the service instance follows a template; add the process there and sync",
  [1117008] = "a sync of these modules is still running; wait until its status is finished",
  -- service instances
  [1110056] = "put the hosts into the module first",
  [1113016] = "the host already has a service instance in this module",
  -- platforms before 3.5
  [1108013] = "unbind the process from its modules first",
  -- the bus
  [1306401] = "set BK_APP_CODE and BK_APP_SECRET, and BK_TOKEN or BK_USERNAME",
  [1306429] = "the bus limits the rate; lower --parallelism or try later",
}

local NO_PERMISSION = 9900403

-- "Edit template (edit_template)", for each action of the permission centre's own structure.
local function missing(permission)
  local names = {}
  local actions = type(permission) == "table" and permission.actions
  for _, action in ipairs(type(actions) == "table" and actions or {}) do
    local id, name = action.id, action.name
    if type(id) == "string" then
      names[#names + 1] = type(name) == "string" and ("%s (%s)"):format(name, id) or id
    end
  end
  return #names > 0 and table.concat(names, ", ") or nil
end

---@param code any a fault's code
---@param permission any|nil what the platform says is missing
---@return string|nil hint
return function(code, permission)
  local names = code == NO_PERMISSION and missing(permission)
  return names and ("ask for this in the platform's permission centre: %s"):format(names)
    or ADVICE[code]
end
