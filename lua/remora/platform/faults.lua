-- The faults a platform was asked to show: its rules, how often each has seen a call and struck,
-- and so what happens to the next request. Counts live as long as the server; the form of rules is
-- faults_form's, what a request suffers is trouble's.

local json = require "json"
local copy = require "remora.core.copy"
local form = require "remora.platform.faults_form"

---@class remora.platform.Rule  as written, see faults_form
---@field call string
---@field action string
---@field seen integer calls it was about so far
---@field fired integer how often it struck

local Faults = {}
Faults.__index = Faults

local faults = {}

-- These do not end the search for further rules: they come on top of what else happens.
local COMBINES = {
  delay = true, agent_dead = true, result_missing = true, running_forever = true,
}

local HASHED = 4096 -- bytes of a body that tell it from others
local MIX = 0x9E3779B97F4A7C15

local function mixed(hash, value)
  hash = (hash ~ value) * 0xBF58476D1CE4E5B9
  return hash ~ hash >> 29
end

local function hash_of(seed, text)
  local hash = mixed(MIX, seed)
  local padded = text:sub(1, HASHED) .. ("\0"):rep(-math.min(#text, HASHED) % 8)
  for at = 1, #padded, 8 do hash = mixed(hash, (("<i8"):unpack(padded, at))) end
  return mixed(mixed(hash, #text), MIX)
end

---Makes the faults of one server.
---@param seed integer for rules with a probability
---@return table faults without a rule
function faults.new(seed)
  return setmetatable({ seed = seed, rules = {} }, Faults)
end

---Reads the faults of a file.
---@param path string
---@return table|nil faults
---@return table|nil fault
function faults.open(path)
  local checked, refused = form.file(path)
  if not checked then return nil, refused end
  local self = faults.new(checked.seed)
  self:add(checked.rules)
  return self
end

---Adds rules, behind those there are.
---@param rules table[] as checked by faults_form
function Faults:add(rules)
  for _, rule in ipairs(rules) do
    self.rules[#self.rules + 1] = { rule = copy(rule, { seen = 0, fired = 0 }),
      rows = form.rows(rule), contents = {} }
  end
end

---Whether there is any rule.
---@return boolean
function Faults:any() return #self.rules > 0 end

---Removes all rules.
---@return integer removed
function Faults:clear()
  local count = #self.rules
  self.rules = {}
  return count
end

---The rules in force, in their order, with their counts.
---@return remora.platform.Rule[]
function Faults:list()
  local list = json.array {}
  for i, entry in ipairs(self.rules) do list[i] = entry.rule end
  return list
end

-- By chance, but the same for the same request: requests that race each other would otherwise
-- share out their luck differently in each run.
local function by_chance(self, number, entry, row, request)
  local content = hash_of(self.seed * 1000003 + number,
    row.key .. "\0" .. request.path .. "\0" .. (request.body or ""))
  local times = (entry.contents[content] or 0) + 1
  entry.contents[content] = times
  local draw = mixed(mixed(content, times), MIX) >> 11
  return draw < entry.rule.probability * (1 << 53)
end

local function is_due(self, number, entry, row, request)
  local rule = entry.rule
  if rule.times and rule.fired >= rule.times then return false end
  if rule.every then return rule.seen % rule.every == 0 end
  if rule.probability then return by_chance(self, number, entry, row, request) end
  for _, nth in ipairs(rule.nth or {}) do
    if rule.seen == nth then return true end
  end
  return rule.nth == nil
end

---What happens to a request. Rules are asked in their order; the first that ends the matter is the
---last that is asked.
---@param row remora.Row the call
---@param request {path: string, body: string}
---@return remora.platform.Rule[] struck in their order, mostly none
function Faults:strike(row, request)
  local struck = {}
  for number, entry in ipairs(self.rules) do
    local rule = entry.rule
    if entry.rows[row.key] then
      rule.seen = rule.seen + 1
      if is_due(self, number, entry, row, request) then
        rule.fired = rule.fired + 1
        struck[#struck + 1] = rule
        if not COMBINES[rule.action] then return struck end
      end
    end
  end
  return struck
end

return faults
