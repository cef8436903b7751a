-- Which host a place in a request means, and whether an agent answers there.

local json = require "json"

local hosts = {}

---The host a place means.
---@param store table
---@param place table {ip, bk_cloud_id} or {bk_agent_id}
---@return table|nil host
function hosts.at(store, place)
  if place.bk_agent_id then
    local text = store:value("SELECT doc FROM host WHERE doc ->> '$.bk_agent_id' = ? LIMIT 1",
      place.bk_agent_id)
    return text and json.decode(text) or nil
  end
  return store:first("host", { bk_host_innerip = place.ip, bk_cloud_id = place.bk_cloud_id })
end

---The host an operation can be carried out on.
---@param ctx remora.platform.Context
---@param place table as for at
---@return table|nil host nil as well when its agent is dead, as a fault rule may want it
function hosts.reachable(ctx, place)
  local host = hosts.at(ctx.store, place)
  if host and ctx.faults.is_dead(host) then return nil end
  return host
end

return hosts
