-- Counts the calls that reading takes, beside the fewest that can tell the same: the other half of
-- the certificate (reconcile/certificate.lua). Counts what was asked by question, never by call;
-- how often it takes to see the end of a task is a matter of time, and counts as once.

local catalogue = require "remora.catalogue"
local json = require "json"
local order = require "remora.core.order"

local reads = {}
reads.__index = reads

---@return table reads
function reads.new()
  return setmetatable({ calls = {} }, reads)
end

-- A question: what one call could ask for if it were not for its limit.
local function question_of(self, name, key)
  local entry = self.calls[name]
  if not entry then
    entry = { questions = {}, scheduled = 0, limit = nil }
    self.calls[name] = entry
  end
  entry.questions[key] = entry.questions[key] or { objects = 0, calls = 1 }
  return entry, entry.questions[key]
end

-- The ids that a call asks for, as many as it takes. A query to agents has none: how many processes
-- one asks about is no limit of the platform's.
local function ids_of(row, args)
  local ids = row.batch and row.batch.limit and args[row.batch.field]
  return ids and type(ids[1]) ~= "table" and ids or nil
end

---Counts one call.
---@param name string
---@param args table
function reads:add(name, args)
  local row = assert(catalogue.get(name))
  local ids = ids_of(row, args)
  local rest = {}
  for member, value in pairs(args) do
    if value ~= ids then rest[member] = value end
  end
  local entry, question = question_of(self, name, json.encode(rest))
  if row.polled and question.objects > 0 then return end
  entry.scheduled, entry.limit = entry.scheduled + 1, ids and row.batch.limit
  question.objects = question.objects + (ids and #ids or 1)
  question.calls = ids and (question.objects + entry.limit - 1) // entry.limit or 1
end

-- What was dropped before its first page has told nothing.
local function add_pages(self, name, args, pages)
  local entry, question = question_of(self, name, json.encode(args))
  entry.scheduled, entry.limit = entry.scheduled + pages.asked, pages.limit
  local told = pages.count or pages.done > 0
  question.objects = pages.count or pages.done
  question.calls = told and math.max(1, (question.objects + pages.limit - 1) // pages.limit) or 0
end

---Counts the pages of a list, at the end of reading it.
---@param name string
---@param args table
---@param pages remora.Pages
---@return table counting to-be-closed at that end
function reads:counting(name, args, pages)
  return setmetatable({}, { __close = function() add_pages(self, name, args, pages) end })
end

---What was counted.
---@return remora.reconcile.Certificate[] by call; objects: rows, or ids that were asked for
function reads:certificate()
  local rows = json.array {}
  for call, entry in order.pairs(self.calls) do
    local row = { call = call, objects = 0, limit = entry.limit, groups = 0,
      lower_bound = 0, scheduled = entry.scheduled }
    for _, question in pairs(entry.questions) do
      row.objects, row.groups = row.objects + question.objects, row.groups + 1
      row.lower_bound = row.lower_bound + question.calls
    end
    rows[#rows + 1] = row
  end
  return rows
end

return reads
