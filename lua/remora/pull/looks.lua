-- What the processes of modules look like that are in line with their template, learned from the
-- first ones that come: of those that look alike no more is kept than how many they are. Stands in
-- for a sieve (module sieve) while pages are read, and makes one anew when it has learned.

local differences = require "remora.pull.differences"
local json = require "json"
local processes = require "remora.observe.processes"

local Looks = {}
Looks.__index = Looks

local looks = {}

local FIRST = 32 -- rows of a page that are looked at before it is decoded

---@param profile remora.pull.Profile of the template of all modules; not by host
---@param modules remora.observe.Module[]
---@return table looks to be declared `<close>`
function looks.new(profile, modules)
  local self = { profile = profile, filter = nil, patterns = {}, typical = {}, taken = {},
    enough = 0 } -- bytes of a page from which it is worth learning
  for _, module in ipairs(modules) do
    self.patterns[module.id], self.typical[module.id], self.taken[module.id] = {}, {}, {}
  end
  return setmetatable(self, Looks)
end

-- The first rows of a page, and where they end. Braces in texts may cut a row short, which then is
-- no JSON.
local function first_rows(text)
  local rows, at = {}, select(2, text:find('"info"%s*:%s*%['))
  while at and #rows < FIRST do
    local first, last = text:find("%b{}", at + 1)
    local row = first and json.decode(text:sub(first, last))
    if type(row) ~= "table" then break end
    rows[#rows + 1], at = row, last
  end
  return rows, at
end

-- Module, process template and profile of a row, when its look is worth learning: nothing was taken
-- that has another one.
local function kind_of(self, row, counts)
  local module, template = row.module, row.process_template
  if type(module) ~= "table" or type(template) ~= "table" or type(row.process) ~= "table" then
    return nil
  end
  local module_id, template_id = module.bk_module_id, template.id
  local its, taken = self.profile.of[template_id], self.taken[module_id]
  if not its or not taken or taken[template_id] then return nil end
  if counts[module_id] and counts[module_id][template_id] then return nil end
  return module_id, template_id, its
end

-- The most frequent look of each kind of row: module → process template → {pattern, values}.
local function frequent(self, rows)
  local counts, met, best = self.filter and self.filter:counts() or {}, {}, {}
  for _, row in ipairs(rows) do
    local module_id, template_id, its = kind_of(self, row, counts)
    if module_id then
      local pattern = differences.pattern(its, row.process)
      local key = ("%d %d %s"):format(module_id, template_id, json.encode(pattern))
      met[key] = (met[key] or 0) + 1
      best[module_id] = best[module_id] or {}
      local most = best[module_id][template_id]
      if not most or met[key] > most.count then
        best[module_id][template_id] =
          { count = met[key], pattern = pattern, values = row.process }
      end
    end
  end
  return best
end

-- Adds what the filter has counted to what was taken before it.
local function settle(self)
  if not self.filter then return end
  for module_id, counts in pairs(self.filter:counts()) do
    local taken = self.taken[module_id]
    for template_id, count in pairs(counts) do
      taken[template_id] = (taken[template_id] or 0) + count
    end
  end
  self:close()
end

-- A look for one kind of row, and for the same of modules about which nothing is known yet.
local function adopt(self, module_id, template_id, look)
  self.patterns[module_id][template_id] = look.pattern
  self.typical[module_id][template_id] = look.values
  for id, patterns in pairs(self.patterns) do
    if not patterns[template_id] then
      patterns[template_id], self.typical[id][template_id] = look.pattern, look.values
    end
  end
end

-- Learns from a page with rows that no look fits; whether there was something to learn.
local function learn(self, text)
  if #text <= self.enough then return false end
  local rows, behind = first_rows(text)
  local best = frequent(self, rows)
  if #rows == FIRST then self.enough = behind end
  if not next(best) then return false end
  settle(self)
  for module_id, by_template in pairs(best) do
    for template_id, look in pairs(by_template) do adopt(self, module_id, template_id, look) end
  end
  self.filter = processes.sieve(self.patterns)
  return true
end

---No page goes through it while it comes: the one before may teach it more.
---@return nil
function Looks.ready() return nil end

---Takes the rows out of a page that look like others (as the sieve does). Goes on learning as long
---as that takes out more rows than it costs to look at.
---@param body string|userdata
---@return string
---@return integer taken rows
function Looks:page(body)
  local text, all, taken
  if self.filter then
    text, all = self.filter:page(body)
  else
    text, all = type(body) == "string" and body or body:text(), 0
  end
  repeat
    if not learn(self, text) then return text, all end
    text, taken = self.filter:page(text)
    all = all + taken
  until taken <= FIRST
  return text, all
end

---What was taken out.
---@return {module_id: integer, template_id: integer, count: integer, values: table}[] values: of
---  one of these processes
function Looks:all()
  settle(self)
  local list = {}
  for module_id, counts in pairs(self.taken) do
    for template_id, count in pairs(counts) do
      list[#list + 1] = { module_id = module_id, template_id = template_id, count = count,
        values = self.typical[module_id][template_id] }
    end
  end
  return list
end

---Frees the sieve. Idempotent; also __close.
function Looks:close()
  if self.filter then self.filter:close() end
  self.filter = nil
end
Looks.__close = Looks.close

return looks
