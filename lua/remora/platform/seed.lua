-- Fills an empty platform with a fleet read from a topology file, once and in one transaction.
-- Owns the order in which things come to be; the file's own checks are remora.platform.topology's.

local fault = require "remora.core.fault"
local nearest = require "remora.core.nearest"
local categories = require "remora.platform.categories"
local fleet = require "remora.platform.fleet"
local messages = require "remora.platform.messages"
local placement = require "remora.platform.placement"
local service_templates = require "remora.platform.service_templates"

local DEFAULT_CLOUD = { id = 0, name = "Default Area" }

-- The leaf category a name means: "Nginx", or with its parent "HTTP 服务/Nginx".
local function category_id(store, name, at)
  local parent_name, leaf_name = name:match("^(.-)/(.+)$")
  local names, found = {}, nil
  for _, category in ipairs(store:find("category", { bk_biz_id = 0 }, { sort = "id" })) do
    local parent = store:get("category", category.bk_parent_id)
    if parent then names[category.name] = true end
    if parent and category.name == (leaf_name or name)
      and (not parent_name or parent.name == parent_name) then
      found = found or category.id
    end
  end
  if found then return found end
  local near = nearest(leaf_name or name, names)
  error(fault.new { code = "topology.unknown_name", at = at,
    message = ("no service category named '%s'"):format(name),
    hint = near and ("did you mean '" .. near .. "'?") or nil }, 0)
end

-- What the platform refuses ends the seeding, as a fault at its place.
local function must(value, refusal, at)
  if value then return value end
  error(fault.new { code = refusal.code, message = messages.text(refusal, "en"), at = at }, 0)
end

local Seeding = {}
Seeding.__index = Seeding

-- A host is made when it is first met; the same address later means the same host.
function Seeding:host(wanted)
  local cloud = wanted.cloud_area and self.clouds[wanted.cloud_area] or DEFAULT_CLOUD.id
  local id = cloud .. " " .. wanted.ip
  if not self.hosts[id] then
    self.hosts[id] = fleet.create_host(self.ctx.store, {
      bk_host_innerip = wanted.ip, bk_cloud_id = cloud, bk_host_outerip = wanted.outer_ip,
      bk_host_innerip_v6 = wanted.ip_v6, bk_host_name = wanted.name,
      bk_agent_id = wanted.agent_id, bk_os_type = "1",
    }, self.ctx)
  end
  return self.hosts[id]
end

function Seeding:templates(business, list)
  local made = {}
  for _, template in ipairs(list) do
    local category = template.category
      and category_id(self.ctx.store, template.category, template.at) or categories.DEFAULT_ID
    local stored, refusal = service_templates.create(self.ctx, {
      bk_biz_id = business.bk_biz_id, name = template.name, service_category_id = category,
    })
    made[template.name] = must(stored, refusal, template.at)
  end
  return made
end

function Seeding:module(set, wanted, templates)
  local template = templates[wanted.service_template]
  local category = wanted.category
    and category_id(self.ctx.store, wanted.category, wanted.at) or nil
  local module = fleet.create_module(self.ctx.store, set, {
    bk_module_name = wanted.name, service_template_id = template and template.id,
    service_category_id = template and template.service_category_id or category,
  }, self.ctx)
  for _, host in ipairs(wanted.hosts) do placement.join(self.ctx, self:host(host), module) end
end

function Seeding:business(wanted)
  local store = self.ctx.store
  local business = fleet.create_business(store,
    { bk_biz_name = wanted.name, bk_biz_maintainer = wanted.maintainer }, self.ctx)
  local idle = fleet.idle_module(store, business.bk_biz_id)
  for _, host in ipairs(wanted.idle) do placement.join(self.ctx, self:host(host), idle) end
  local templates = self:templates(business, wanted.templates)
  for _, set in ipairs(wanted.sets) do
    local made = fleet.create_set(store, business.bk_biz_id, {
      bk_set_name = set.name, bk_set_env = set.environment, bk_set_desc = set.description,
    }, self.ctx)
    for _, module in ipairs(set.modules) do self:module(made, module, templates) end
  end
end

---Fills the platform, unless it has been filled before.
---@param ctx table {store, user, now, account, language}: who does it, and when
---@param read fun(): table|nil, table|nil gives the fleet (remora.platform.topology), or nil and a
---  fault; only called when the platform is empty
---@return boolean|nil seeded false: there was data already
---@return table|nil fault nothing was stored
return function(ctx, read)
  return ctx.store:transaction(function()
    if ctx.store:count("cloud") > 0 then return false end
    local wanted, refused = read()
    if not wanted then return nil, refused end
    ctx.store:restart()
    categories.seed(ctx.store)
    local seeding = setmetatable({ ctx = ctx, clouds = {}, hosts = {} }, Seeding)
    fleet.create_cloud(ctx.store, DEFAULT_CLOUD.name, DEFAULT_CLOUD.id, ctx)
    for _, name in ipairs(wanted.clouds) do
      seeding.clouds[name] = fleet.create_cloud(ctx.store, name, nil, ctx).bk_cloud_id
    end
    for _, business in ipairs(wanted.businesses) do seeding:business(business) end
    return true
  end)
end
