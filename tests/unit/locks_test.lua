-- Which fields of a process a template owns (design: only true locks; name and executable always).

local json = require "json"
local lu = require "luaunit"
local process = require "remora.model.process"

-- A cell as the platform may store it → whether it locks the user, and the executable or the name.
local ROWS = {
  { { value = "a", as_default_value = true }, true, true },
  { { value = "a", as_default_value = false }, false, true },
  { { value = "a", as_default_value = json.null }, false, true },
  { { value = "a" }, false, true },
  { json.null, false, true },
  { nil, false, true },
}

local tests = {}

function tests.test_locks()
  for i in ipairs(ROWS) do
    local cell, user, name = table.unpack(ROWS[i], 1, 3)
    local property = { user = cell, bk_func_name = cell, bk_process_name = cell }
    lu.assertEquals({ process.locked(property, "user"), process.locked(property, "bk_func_name"),
      process.locked(property, "bk_process_name") }, { user, name, name }, "row " .. i)
  end
end

return tests
