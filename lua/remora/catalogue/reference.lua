-- Writes rows as reference: text for the terminal, Markdown for a page, plain data for JSON.
-- Reads rows only.

local width = require "remora.core.width"

local reference = {}

local function limits(field)
  local parts = {}
  local function tell(format, ...)
    parts[#parts + 1] = format:format(...)
  end
  if field.min and field.max then
    tell("%d to %d", field.min, field.max)
  elseif field.min or field.max then
    tell(field.min and "at least %d" or "at most %d", field.min or field.max)
  end
  if field.max_items then tell("at most %d items", field.max_items) end
  if field.max_bytes then tell("at most %d bytes", field.max_bytes) end
  if field.max_runes then tell("at most %d characters", field.max_runes) end
  if field.enum then
    local values = {}
    for i, value in ipairs(field.enum) do values[i] = tostring(value) end
    tell("one of %s", table.concat(values, " "))
  end
  if field.default ~= nil and field.default ~= "" then
    tell("default %s", tostring(field.default))
  end
  if field.legacy then tell("no longer used") end
  return parts
end

local function kind_of(field)
  local kind = field[2]
  if kind == "array" then
    local items = field.items
    kind = "array of " .. (type(items) == "string" and items or items and "object" or "any")
  elseif field.values then
    kind = "object of " .. field.values
  end
  return field.nullable and kind .. " or null" or kind
end

---The arguments of a row, one entry each, members below their parent.
---@param row remora.Row
---@return {name: string, type: string, required: boolean, about: string}[]
function reference.arguments(row)
  local list = {}
  local function walk(fields, path)
    for _, field in ipairs(fields) do
      local about = limits(field)
      if field.doc then table.insert(about, 1, field.doc) end
      local name = path .. field[1]
      list[#list + 1] = {
        name = name, type = kind_of(field), required = field.required or false,
        about = table.concat(about, "; "),
      }
      if type(field.items) == "table" then walk(field.items, name .. "[].") end
      if field.fields then walk(field.fields, name .. ".") end
    end
  end
  walk(row.takes, "")
  return list
end

local function facts(row)
  local list = { { "backend", row.verb .. " " .. row.path } }
  if row.esb and not row.internal then
    list[#list + 1] = { "ESB", ("POST /api/c/compapi/v2/%s/"):format(row.esb) }
  end
  if row.gateway then list[#list + 1] = { "gateway", row.gateway_verb .. " " .. row.gateway } end
  list[#list + 1] = { "gives", row.gives }
  if row.writes then
    list[#list + 1] = { "writes", row.repeatable and "yes, safe to repeat" or "yes" }
  end
  if row.batch and row.batch.limit then
    list[#list + 1] = { "batch", ("%d %s in one call"):format(row.batch.limit, row.batch.field) }
  end
  if row.page and row.page.limit then
    list[#list + 1] = { "page", ("%d rows"):format(row.page.limit) }
  end
  if #row.aliases > 0 then list[#list + 1] = { "also", table.concat(row.aliases, ", ") } end
  if row.deprecated then
    list[#list + 1] = { "deprecated", "only older platforms have it" }
  end
  return list
end

-- Texts side by side, as wide as the widest of each column.
local function columns(rows)
  local lines = {}
  for n, cells in ipairs(width.aligned(rows)) do
    lines[n] = ("  " .. table.concat(cells, "  ")):gsub("%s+$", "")
  end
  return lines
end

---One line for each row, by system.
---@param rows remora.Row[]
---@return string
function reference.index(rows)
  local cells = {}
  for i, row in ipairs(rows) do cells[i] = { row.key, row.doc } end
  return table.concat(columns(cells), "\n")
end

---Everything about one row, as text.
---@param row remora.Row
---@return string
function reference.text(row)
  local lines = { row.key, "  " .. row.doc, "" }
  table.move(columns(facts(row)), 1, #facts(row), #lines + 1, lines)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "arguments (* required)"
  local cells = {}
  for i, argument in ipairs(reference.arguments(row)) do
    cells[i] = { argument.name .. (argument.required and "*" or ""), argument.type, argument.about }
  end
  table.move(columns(cells), 1, #cells, #lines + 1, lines)
  return table.concat(lines, "\n")
end

---Everything about one row, as Markdown.
---@param row remora.Row
---@return string
function reference.markdown(row)
  local lines = { "### " .. row.key, "", row.doc, "" }
  for _, fact in ipairs(facts(row)) do
    lines[#lines + 1] = ("- %s: `%s`"):format(fact[1], fact[2])
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "| argument | type | required | |"
  lines[#lines + 1] = "|---|---|---|---|"
  for _, argument in ipairs(reference.arguments(row)) do
    lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(argument.name, argument.type,
      argument.required and "yes" or "", argument.about)
  end
  return table.concat(lines, "\n") .. "\n"
end

---Everything about one row, as plain data for JSON.
---@param row remora.Row
---@return table
function reference.plain(row)
  return {
    name = row.key, doc = row.doc, verb = row.verb, path = row.path,
    esb = row.esb and not row.internal and ("/api/c/compapi/v2/%s/"):format(row.esb) or nil,
    gateway = row.gateway or nil, writes = row.writes, repeatable = row.repeatable,
    deprecated = row.deprecated, batch = row.batch, page = row.page, gives = row.gives,
    arguments = reference.arguments(row),
  }
end

return reference
