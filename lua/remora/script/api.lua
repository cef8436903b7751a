-- The table `remora` of scripts: every platform call, and the few helpers that nearly all scripts
-- need. manual.lua describes them. Owns no rule of the platform and prints nothing by itself.

local bind = require "remora.catalogue.bind"
local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local columns = require "remora.net.columns"
local copy = require "remora.core.copy"
local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"

local api = {}

-- After Ctrl-C nothing more is begun; the error ends the script.
local function go_on(context)
  if context:loop():interrupted() > 0 then error("interrupted", 0) end
end

-- The client, made at the first call: a script that calls nothing needs no platform.
local function late_client(context)
  local late = {}

  function late:call(row, args)
    go_on(context)
    local client, refused = context:client()
    if not client then return nil, refused end
    return client:call(row, args)
  end

  return late
end

local function fail(why)
  if not fault.is(why) then
    why = fault.new { code = "script.failed", message = tostring(why) }
  end
  error(why, 0)
end

-- Whether the functions take a name or the function itself is a matter of taste.
local function row_finder(rows)
  return function(call)
    if rows[call] then return rows[call] end
    if type(call) ~= "string" then
      error(("a call is its name or its function, not a %s"):format(type(call)), 3)
    end
    local row, refused = catalogue.get(call)
    return row or fail(refused)
  end
end

local function add_pages(made, context, row_of)
  function made.pages(call, args, wanted)
    local row = row_of(call)
    if not row.page then error(row.key .. " has no pages: call it as it is", 2) end
    local picked = wanted and columns.new(row, wanted)
    args = args or {}
    local page = copy(args.page or {})
    page.start, page.limit = page.start or 0, page.limit or row.page.limit
    local checked, refused = check.arguments(row, copy(args, { page = page }))
    if not checked then fail(refused) end
    if page.limit and page.limit < 1 then error("page.limit has to be at least 1", 2) end
    local client
    client, refused = context:client()
    if not client then fail(refused) end
    local pages = client:pages(row, checked, { width = context.parallelism,
      columns = picked, turned = function() go_on(context) end })
    go_on(context)
    local function following()
      local item = pages()
      if item == nil and pages.fault then fail(pages.fault) end
      return item
    end
    -- The last value is closed when the loop is left early.
    return following, nil, nil, setmetatable({}, { __close = function() pages:close() end })
  end
end

local function add_batch(made, row_of)
  function made.batch(call, args, items)
    local row = row_of(call)
    if not row.batch then error(row.key .. " takes no list", 2) end
    if type(items) ~= "table" then error("batch takes a list of items", 2) end
    local limit, joined = row.batch.limit or math.max(#items, 1), json.array {}
    for first = 1, #items, limit do
      local part = table.move(items, first, first + limit - 1, 1, json.array {})
      local data, refused = made[row.system][row.name](
        copy(args or {}, { [row.batch.field] = part }))
      if data == nil then
        if #items > limit then
          refused.message = ("%s; items %d to %d of %d"):format(refused.message, first,
            math.min(first + limit - 1, #items), #items)
        end
        return nil, refused
      end
      if json.is_array(data) then
        table.move(data, 1, #data, #joined + 1, joined)
      elseif data ~= json.null then
        joined[#joined + 1] = data
      end
    end
    return joined
  end
end

local function unknown_business(made, name)
  local names = {}
  for row in made.pages("cc.search_business", { fields = { "bk_biz_name" } }) do
    names[#names + 1] = row.bk_biz_name
  end
  return fault.new { code = "script.unknown_business",
    message = ('there is no business "%s"'):format(name),
    hint = phrase.did_you_mean(name, names)
      or "you may see: " .. table.concat(names, ", ", 1, math.min(#names, 10)) }
end

local function add_business(made)
  function made.business(name)
    local field = math.type(name) == "integer" and "bk_biz_id" or "bk_biz_name"
    local found, refused = made.cc.search_business {
      fields = { "bk_biz_id" },
      biz_property_filter = { condition = "AND",
        rules = { { field = field, operator = "equal", value = name } } },
    }
    if not found then return nil, refused end
    if #found.info > 0 then return found.info[1].bk_biz_id end
    return nil, unknown_business(made, name)
  end
end

---Makes the table.
---@param context remora.Context
---@return table api the `remora` of a script
---@return table<function, remora.Row> rows of the calls' functions
function api.new(context)
  local made = bind(late_client(context))
  local rows = {}
  for _, row in ipairs(catalogue.rows()) do rows[made[row.system][row.name]] = row end
  local row_of = row_finder(rows)
  add_pages(made, context, row_of)
  add_batch(made, row_of)
  add_business(made)

  function made.gather(list, fn)
    if type(list) ~= "table" or type(fn) ~= "function" then
      error("gather takes a list and a function", 2)
    end
    return context:loop():gather(context.parallelism, list, fn)
  end

  function made.sleep(seconds)
    if type(seconds) ~= "number" then error("sleep takes a number of seconds", 2) end
    go_on(context)
    context:loop():sleep(seconds)
    go_on(context)
  end

  function made.note(...)
    context.out:note(...)
  end

  made.fail = fail
  made.null, made.array = json.null, json.array
  made.json = { encode = json.encode, decode = json.decode }
  return made, rows
end

return api
