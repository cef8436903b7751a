-- Text into HTML: escaping and filling templates. Knows nothing of runs.

local html = {}

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;" }

---Fills a template: {name} is replaced by an escaped value, {name_html} by HTML as it is.
---@param template string
---@param fields table<string, string|number>
---@return string
function html.fill(template, fields)
  return (template:gsub("{([%w_]+)}", function(name)
    local value = tostring(fields[name])
    return name:find("_html$") and value or value:gsub("[&<>\"']", ESCAPES)
  end))
end

---Fills a template, or gives nothing where one of its values is missing.
---@param template string
---@param fields table<string, any>
---@return string
function html.some(template, fields)
  for name in template:gmatch "{([%w_]+)}" do
    if not fields[name] then return "" end
  end
  return html.fill(template, fields)
end

---Fills a template once for each of a list.
---@param template string
---@param list any[]
---@param fields_of fun(each: any, position: integer): table
---@return string
function html.each(template, list, fields_of)
  local parts = {}
  for i, each in ipairs(list) do parts[i] = html.fill(template, fields_of(each, i)) end
  return table.concat(parts)
end

return html
