-- The platform's rules for the `page` of a list call, strict, loose and bounded, and the window it
-- stands for. Pure.

local paging = {}

-- Stands for "everything" where the strict rule holds.
local EVERYTHING = 999999999
local LARGEST = 1000

---Strict: a limit is a must.
---@param page table|nil {start, limit, sort}
---@return boolean
function paging.is_strict(page)
  local start, limit = page and page.start or 0, page and page.limit or 0
  return limit == EVERYTHING or start >= 0 and limit >= 1 and limit <= LARGEST
end

---Loose: without a limit, or with 0, everything is listed.
---@param page table|nil
---@return boolean
function paging.is_loose(page)
  local start, limit = page and page.start or 0, page and page.limit or 0
  return start >= 0 and limit >= 0 and limit <= LARGEST
end

---Bounded: a limit is a must, and no number stands for everything.
---@param page table|nil
---@param most integer largest limit
---@return string|nil problem the member that is wrong, "page.start" or "page.limit"
function paging.misplaced(page, most)
  local start, limit = page and page.start or 0, page and page.limit or 0
  if start < 0 then return "page.start" end
  if limit < 1 or limit > most then return "page.limit" end
  return nil
end

---The window as the store takes it. A negative limit counts like a positive one, as in the
---platform's database.
---@param page table|nil
---@param default_sort string|nil
---@return {sort: string|nil, start: integer, limit: integer}
function paging.window(page, default_sort)
  page = page or {}
  local limit = page.limit or 0
  if limit < 0 then limit = limit == math.mininteger and 0 or -limit end
  local sort = page.sort
  if sort == nil or sort == "" then sort = default_sort end
  return { sort = sort, start = math.max(page.start or 0, 0), limit = limit }
end

---The part of a list that a window shows.
---@param list table
---@param window table
---@return table part
function paging.cut(list, window)
  local start = math.min(window.start, #list) -- whatever it is, the sums below are small
  local count = #list - start
  if window.limit > 0 then count = math.min(count, window.limit) end
  return table.move(list, start + 1, start + count, 1, {})
end

return paging
