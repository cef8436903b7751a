-- Brings a fleet read from a topology file into the data of a platform: what is not there yet is
-- made, what is there stays, what contradicts it is refused, all of it at once. Owns the order in
-- which things come to be; the file's own checks are remora.platform.topology's.

local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"
local categories = require "remora.platform.categories"
local fleet = require "remora.platform.fleet"
local messages = require "remora.platform.messages"
local placement = require "remora.platform.placement"
local service_templates = require "remora.platform.service_templates"

local DEFAULT_CLOUD = 0

-- What a file may state of a thing, and what the platform calls that.
local OF_BUSINESS = { maintainer = "bk_biz_maintainer" }
local OF_SET = { environment = "bk_set_env", description = "bk_set_desc" }
local OF_HOST = { ip_v6 = "bk_host_innerip_v6", outer_ip = "bk_host_outerip",
  agent_id = "bk_agent_id", name = "bk_host_name" }

local Population = {}
Population.__index = Population

function Population:refuse(code, thing, field, message, hint)
  self.faults[#self.faults + 1] = fault.new { code = code, at = self.at(thing, field),
    message = message, hint = hint }
end

function Population:contradicts(thing, field, name, what)
  self:refuse("topology.conflict", thing, field, ("%s is there already, %s"):format(name, what),
    "take it out of the file, or change it on the platform")
end

function Population:count(what)
  self.made[what] = (self.made[what] or 0) + 1
end

-- The attributes that a file states of a thing, beside those that tell it from others.
local function attributes(fields, wanted, identity)
  for field, attribute in pairs(fields) do identity[attribute] = wanted[field] end
  return identity
end

function Population:compare(fields, wanted, doc, name)
  for field, attribute in pairs(fields) do
    if wanted[field] ~= nil and wanted[field] ~= doc[attribute] then
      self:contradicts(wanted, field, name, "with another " .. field)
    end
  end
end

-- The leaf category a name means: "Nginx", or with its parent "HTTP 服务/Nginx".
function Population:category(wanted, field)
  local store, name = self.ctx.store, wanted.category
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
  self:refuse("topology.unknown_name", wanted, field,
    ("no service category named '%s'"):format(name), phrase.did_you_mean(leaf_name or name, names))
  return nil
end

function Population:cloud(name)
  local cloud = self.ctx.store:first("cloud", { bk_cloud_name = name })
  if not cloud then
    cloud = fleet.create_cloud(self.ctx, name)
    self:count "cloud area"
  end
  self.clouds[name] = cloud.bk_cloud_id
end

-- The same address in the same area means the same host.
function Population:host(wanted)
  local cloud = wanted.cloud_area and self.clouds[wanted.cloud_area] or DEFAULT_CLOUD
  local id = cloud .. " " .. wanted.ip
  if self.hosts[id] then return self.hosts[id] end
  local place = { bk_host_innerip = wanted.ip, bk_cloud_id = cloud }
  local host = self.looks and self.ctx.store:first("host", place)
  if host then
    self:compare(OF_HOST, wanted, host, "host " .. wanted.ip)
    self.older[host.bk_host_id] = true
  else
    place.bk_os_type = "1"
    host = fleet.create_host(self.ctx, attributes(OF_HOST, wanted, place))
    self:count "host"
  end
  self.hosts[id] = host
  return host
end

-- Where a host that was there before is, and what keeps it from coming into a module.
function Population:whereabouts(host, module)
  local inner, here, objection = {}, false, nil
  for _, row in ipairs(self.ctx.store:find("host_module", { bk_host_id = host.bk_host_id })) do
    local other = self.ctx.store:get("module", row.bk_module_id)
    inner[row.bk_module_id] = other.default ~= 0
    here = here or row.bk_module_id == module.bk_module_id
    if row.bk_biz_id ~= module.bk_biz_id then
      local owner = self.ctx.store:get("biz", row.bk_biz_id)
      objection = ("in business '%s'"):format(owner.bk_biz_name)
    elseif module.default ~= 0 and other.default == 0 then
      objection = ("in module '%s', so it is not idle"):format(other.bk_module_name)
    end
  end
  return inner, here, objection
end

function Population:place(wanted, module)
  local host = self:host(wanted)
  if not self.older[host.bk_host_id] then
    placement.join(self.ctx, host, module)
    return
  end
  local inner, here, objection = self:whereabouts(host, module)
  if objection then
    self:contradicts(wanted, nil, "host " .. wanted.ip, objection)
  elseif not here then
    placement.move(self.ctx, host, { module }, function(id) return not inner[id] end)
    self:count "moved host"
  end
end

function Population:template(business, wanted)
  local category = wanted.category and self:category(wanted, "category")
  local template = self.ctx.store:first("service_template",
    { bk_biz_id = business.bk_biz_id, name = wanted.name })
  if not template then
    local refusal
    template, refusal = service_templates.create(self.ctx, { bk_biz_id = business.bk_biz_id,
      name = wanted.name, service_category_id = category or categories.DEFAULT_ID })
    if not template then
      self:refuse(refusal.code, wanted, nil, messages.text(refusal, "en"))
      return nil
    end
    self:count "service template"
  elseif category and category ~= template.service_category_id then
    self:contradicts(wanted, "category", ("service template '%s'"):format(wanted.name),
      "with another category")
  end
  return template
end

function Population:compare_module(wanted, module, template, category)
  local name = ("module '%s'"):format(wanted.name)
  if template and module.service_template_id ~= template.id then
    self:contradicts(wanted, "service_template", name, "and does not follow that service template")
  elseif category and module.service_category_id ~= category then
    self:contradicts(wanted, "service_category", name, "with another category")
  end
end

function Population:module(set, wanted, templates)
  local template = templates[wanted.service_template]
  local category = wanted.category and self:category(wanted, "service_category")
  local module = self.ctx.store:first("module",
    { bk_set_id = set.bk_set_id, bk_module_name = wanted.name })
  if module then
    self:compare_module(wanted, module, template, category)
  else
    module = fleet.create_module(self.ctx, set, {
      bk_module_name = wanted.name, service_template_id = template and template.id,
      service_category_id = template and template.service_category_id or category or nil,
    })
    self:count "module"
  end
  for _, host in ipairs(wanted.hosts) do self:place(host, module) end
end

function Population:set(business, wanted)
  local id = business.bk_biz_id
  local set = self.ctx.store:first("set", { bk_parent_id = id, bk_set_name = wanted.name })
  if set then
    self:compare(OF_SET, wanted, set, ("set '%s'"):format(wanted.name))
    return set
  end
  self:count "set"
  return fleet.create_set(self.ctx, id,
    attributes(OF_SET, wanted, { bk_set_name = wanted.name }))
end

function Population:business(wanted)
  local store = self.ctx.store
  local business = store:first("biz", { bk_biz_name = wanted.name })
  if business then
    self:compare(OF_BUSINESS, wanted, business, ("business '%s'"):format(wanted.name))
  else
    business = fleet.create_business(self.ctx,
      attributes(OF_BUSINESS, wanted, { bk_biz_name = wanted.name }))
    self:count "business"
  end
  local idle, templates = fleet.idle_module(store, business.bk_biz_id), {}
  for _, host in ipairs(wanted.idle) do self:place(host, idle) end
  for _, template in ipairs(wanted.templates) do
    templates[template.name] = self:template(business, template)
  end
  for _, set in ipairs(wanted.sets) do
    local its = self:set(business, set)
    for _, module in ipairs(set.modules) do self:module(its, module, templates) end
  end
end

---Brings a fleet into the data. Inside a transaction, which is to be rolled back with a fault.
---@param ctx remora.platform.Author
---@param wanted table fleet, of remora.platform.topology
---@param at fun(thing: table, field: string?): table where its things stand in the file
---@return table<string, integer>? made how many things were not there, by what they are
---@return table? fault everything that contradicts the data
return function(ctx, wanted, at)
  local population = setmetatable({ ctx = ctx, at = at, clouds = {}, hosts = {}, older = {},
    looks = ctx.store:count("host") > 0, made = {}, faults = {} }, Population)
  for _, name in ipairs(wanted.clouds) do population:cloud(name) end
  for _, business in ipairs(wanted.businesses) do population:business(business) end
  if #population.faults > 0 then return nil, fault.list(fault.sort(population.faults)) end
  return population.made
end
