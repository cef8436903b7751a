-- A client that only reads: calls that the catalogue marks as writing are refused before anything
-- is sent. Adds nothing else to the client it is made of.

local fault = require "remora.core.fault"

---@param client remora.Client
---@return remora.Client
return function(client)
  local guarded = setmetatable({}, { __index = client })

  ---@param row remora.Row
  ---@param args table
  ---@return remora.Envelope|nil
  ---@return string|table|nil body, or with nil a fault
  function guarded:exchange(row, args)
    if not row.writes then return client.exchange(self, row, args) end
    return nil, fault.new {
      code = "script.read_only", call = row.key, sent = false,
      message = "this call writes, and the run may only read",
      hint = "leave --read-only out to let it write",
    }
  end

  return guarded
end
