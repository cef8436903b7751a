-- Walks the rows of a list call in order while the next pages are already on their way. Keeps at
-- most `width` pages; never asks for a page that the count says is empty.

local copy = require "remora.core.copy"
local failures = require "remora.net.failures"
local written = require "remora.core.written"

local WIDTH = 8   -- pages in flight
local LIMIT = 200 -- rows of a page where the platform sets no limit

---@class remora.Pages
---@field fault table|nil why it ended early
---@field count integer|nil rows in all, as the latest page told
---@field asked integer pages asked for
---@field limit integer rows of a page
---@field done integer rows of the pages that were turned
local Pages = {}
Pages.__index = Pages

local pages = {}

---@class remora.PageOptions
---@field width integer? pages in flight
---@field columns remora.Columns? what is wanted of each row, which is then a flat table and good
---  until the next one
---@field turned fun(done: integer, count: integer?)? told after each page how many rows are behind
---  it

-- What is the same for all pages.
local function same_of(args)
  local same = written(args)
  same.page = nil
  return same
end

---@param client remora.Client
---@param row remora.Row
---@param args table
---@param options remora.PageOptions|nil
---@return remora.Pages
function pages.new(client, row, args, options)
  options = options or {}
  if not row.page then error(row.key .. " has no pages", 3) end
  local page = args.page or {}
  return setmetatable({
    client = client, row = row, same = same_of(args), order = page.sort,
    width = options.width or WIDTH,
    columns = options.columns,
    turned = options.turned or function() end,
    limit = page.limit or row.page.limit or LIMIT,
    start = page.start or 0, -- of the next page to ask for
    asked = 0,
    done = 0,
    coming = {},             -- tasks of the pages asked for, in order, each with its account
    rows = {}, at = 0, last = 0, -- of the page at hand
  }, Pages)
end

local function ask(self)
  local args = copy(self.same,
    { page = { start = self.start, limit = self.limit, sort = self.order } })
  local account = { columns = self.columns }
  local task = self.client.loop:spawn(self.client.call, self.client, self.row, args, account)
  table.insert(self.coming, { task = task, account = account, start = self.start })
  self.start, self.asked = self.start + self.limit, self.asked + 1
end

-- Without a count only a full page says that there may be more.
local function ask_ahead(self)
  while #self.coming < self.width and self.count and self.start < self.count do ask(self) end
end

-- Ends the walk early.
local function fail(self, refused)
  self.fault = refused
  self:close()
  return false
end

-- Whether a page has no rows where its count says that there are more: the next ones will be like
-- it, however many they seem.
local function is_hollow(page, count, rows)
  return #rows == 0 and (page.account.sifted or 0) == 0 and page.start < (count or 0)
end

-- Takes the next page; false when there is none.
local function turn_page(self)
  if #self.coming == 0 then
    if self.complete then return false end
    ask(self)
  end
  local page = table.remove(self.coming, 1)
  local data, refused = page.task:wait()
  if not data then return fail(self, refused) end
  self.count = math.tointeger(data.count)
  local rows = data[self.row.page.rows]
  if self.columns then rows = self.columns:turn(page.account.picked or rows) end
  if is_hollow(page, self.count, rows) then
    return fail(self, failures.hollow_page(self.row.key, self.client.place, page.start, self.count))
  end
  self.done = math.min(self.done + self.limit, self.count or math.huge)
  self.turned(self.done, self.count)
  self.rows, self.at, self.last = rows, 0, #rows
  if self.count then
    self.complete = self.start >= self.count
  else
    self.complete = self.last < self.limit
  end
  ask_ahead(self)
  return true
end

---The next row, nil at the end or after a fault.
---@return table|nil
function Pages:__call()
  while self.at >= self.last do
    if not turn_page(self) then return nil end
  end
  self.at = self.at + 1
  return self.columns and self.columns:row(self.at) or self.rows[self.at]
end

---Hands all rows that are left to a function, until the end or a fault.
---@param take fun(row: table) the row is good until the next one, where columns were wanted
function Pages:each(take)
  repeat
    for i = self.at + 1, self.last do take(self.columns and self.columns:row(i) or self.rows[i]) end
    self.at = self.last
  until not turn_page(self)
end

---Drops the pages that are on their way. Idempotent; also __close.
function Pages:close()
  for _, page in ipairs(self.coming) do page.task:cancel() end
  self.coming, self.rows, self.at, self.last, self.complete = {}, {}, 0, 0, true
end
Pages.__close = Pages.close

return pages
