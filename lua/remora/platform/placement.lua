-- Moves hosts between modules, with what the platform does by itself when a host comes or goes:
-- service instances of a templated module appear, those of a module it leaves are removed.

local fleet = require "remora.platform.fleet"
local instances = require "remora.platform.instances"

local placement = {}

---Puts a host into a module.
---@param ctx remora.platform.Author
---@param host table
---@param module table
---@param bare boolean|nil without the service instance that it would bring along
function placement.join(ctx, host, module, bare)
  if fleet.join(ctx.store, host.bk_host_id, module) and not bare then
    instances.create_for_host_module(ctx, module, host)
  end
end

local function leave(ctx, host_id, module_id)
  instances.remove_for_host_module(ctx, host_id, module_id)
  ctx.store:delete("host_module", { bk_host_id = host_id, bk_module_id = module_id })
end

---Makes a host's modules what is wanted.
---@param ctx remora.platform.Author
---@param host table
---@param modules table[] where it shall be
---@param keep (fun(module_id: integer): boolean)|nil which of the others it stays in; nil: none
---@param bare boolean|nil as of placement.join
function placement.move(ctx, host, modules, keep, bare)
  local wanted = {}
  for _, module in ipairs(modules) do wanted[module.bk_module_id] = true end
  local where = { bk_host_id = host.bk_host_id }
  for _, module_id in ipairs(ctx.store:column("host_module", "bk_module_id", where)) do
    if not wanted[module_id] and not (keep and keep(module_id)) then
      leave(ctx, host.bk_host_id, module_id)
    end
  end
  for _, module in ipairs(modules) do placement.join(ctx, host, module, bare) end
end

return placement
