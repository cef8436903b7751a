-- The rows agree with the collected facts about the documented calls: names, types, limits and
-- routes. Where they do not, the row says why. Needs ../shared beside the project.

local lu = require "luaunit"
local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local fault = require "remora.core.fault"
local json = require "json"
local source = require "tests.support.source"
local system = require "system"

local tests = {}

local FACTS = source.directory() .. "/../shared/api/apis.json"

local TYPES = { int = "integer", float = "number", bool = "boolean" }

local function documented_type(text)
  local nullable = text:find("|null", 1, true) ~= nil
  text = text:gsub("|null", "")
  local item = text:match("^array<(.*)>$")
  if item then return "array", nullable, TYPES[item] or item end
  return TYPES[text] or text, nullable
end

-- Our fields as the documents write them: "processes[].bind_info[].port".
local function flatten(row)
  local flat = {}
  local function walk(fields, path, differs)
    for _, field in ipairs(fields) do
      local name = path .. field[1]
      local why = field.differs or differs
      flat[name] = { field = field, differs = why }
      if type(field.items) == "table" then walk(field.items, name .. "[].", why) end
      if field.fields then walk(field.fields, name .. ".", why) end
      if field.values then
        flat[name .. ".{key}"] = { field = { "{key}", field.values }, differs = why }
      end
      if field.open or field[2] == "object" and not field.fields and not field.values then
        flat[name .. ".{attribute}"] = { field = { "{attribute}", "any" }, differs = why }
      end
    end
  end
  walk(row.takes, "", nil)
  return flat
end

local function excused(row, name)
  for prefix, why in pairs(row.differs or {}) do
    if name:sub(1, #prefix) == prefix then return why end
  end
  return nil
end

local function compare(row, call, complain)
  local ours, seen = flatten(row), {}
  for _, theirs in ipairs(call.request) do
    local name = theirs.field
    if row.esb_wrap then name = name:gsub("^" .. row.esb_wrap .. "%.", "") end
    local skip = theirs["in"] == "auth" or theirs["in"] == "header"
      or name == row.esb_wrap or excused(row, name)
    local mine = ours[name]
    seen[name] = true
    if skip or mine and mine.differs then
      goto continue
    end
    if not mine then
      complain(name .. " is not in the row")
    else
      local kind, nullable, item = documented_type(theirs.type)
      local field = mine.field
      if field[2] ~= kind then complain(name .. " is a " .. field[2] .. ", not a " .. kind) end
      if nullable and not field.nullable then complain(name .. " can be null") end
      if item then
        local items = type(field.items) == "table" and "object" or field.items
        if items ~= item then complain(name .. " holds " .. tostring(items) .. ", not " .. item) end
      end
      -- What has a default need not be given.
      local required = theirs.required == true and theirs.default == json.null
      if (field.required or false) ~= required then
        complain(name .. (required and " is required" or " is not required"))
      end
    end
    ::continue::
  end
  for name, mine in pairs(ours) do
    if not seen[name] and not mine.differs and not excused(row, name)
      and not name:find("{attribute}", 1, true) then
      complain(name .. " is not documented")
    end
  end
end

local function compare_routes(row, call, complain)
  local function same(what, mine, theirs)
    if theirs == json.null then theirs = nil end
    if theirs then theirs = theirs:gsub("/$", "") end
    if mine ~= theirs then complain(("%s: %s, not %s"):format(what, mine, theirs)) end
  end
  same("verb", row.verb, call.backend_method)
  same("path", row.path, call.backend_path)
  local bus = row.esb and not row.internal and "/api/c/compapi/v2/" .. row.esb or nil
  same("bus", bus, call.esb_path)
  same("gateway", row.gateway or nil, call.apigw_path)
end

local function documented_calls()
  local text = system.read_file(FACTS)
  if not text then lu.skip("../shared/api/apis.json is not there") end
  return assert(json.decode(text))
end

function tests.test_rows_agree_with_the_documents()
  local wrong = {}
  for _, call in ipairs(documented_calls()) do
    local key = call.system .. "." .. call.name
    local function complain(message) wrong[#wrong + 1] = key .. ": " .. message end
    local row = catalogue.get(key)
    if not row then
      complain("there is no row")
    else
      compare(row, call, complain)
      compare_routes(row, call, complain)
      local limit = call.batch_limit
      if limit ~= json.null and (row.batch or {}).limit ~= limit and not excused(row, "batch") then
        complain("batch limit")
      end
      limit = call.page_limit
      if limit ~= json.null and (row.page or {}).limit ~= limit then complain("page limit") end
    end
  end
  table.sort(wrong)
  lu.assertEquals(table.concat(wrong, "\n"), "")
end

local TEXT_IN_PATH = { bk_supplier_account = "0", bk_module_name = "db" }

-- As they are printed, but for what the documents show in the path only.
function tests.test_the_documented_examples_are_taken()
  for _, call in ipairs(documented_calls()) do
    local row, example = catalogue.get(call.system .. "." .. call.name), call.example_request
    for _, name in ipairs(row.path_fields) do
      if example[name] == nil then example[name] = TEXT_IN_PATH[name] or 1 end
    end
    local taken, refused = check.arguments(row, example)
    lu.assertNotNil(taken, refused and fault.render(refused))
  end
end

return tests
