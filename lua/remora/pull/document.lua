-- What was pulled as playbooks: one file, or a short one that includes a file for each template and
-- module name. Owns the head comment and the names of files; writes nothing to disk.

local express = require "remora.pull.express"
local json = require "json"
local write = require "remora.pull.write"

local document = {}

local HEAD = "The business %s as it is on %s, written by remora pull."
local WRITER = "written[%s#]+by[%s#]+remora[%s#]+pull%." -- wherever the comment was wrapped
local SILENT = {
  cc = "Sets, modules and hosts are not part of it. New service instances are named by the "
    .. "platform, unless their host has several. Of what is hosted it says what was registered "
    .. "from here, because no platform tells with which definition.",
  v3 = "Sets, modules and hosts are not part of it.",
}
local LEFT_OUT = "Of what is there, a playbook cannot say this:"

local KEYS = { "business", "api", "include", "service_templates", "processes", "instances",
  "hosting" }

-- Of the 255 that file systems take, room is left for a number and for what is written first.
local MOST_BYTES = 200

-- A name that was pulled, as the name of a file: no separators, nothing hidden, not too long.
local function file_name(name, taken)
  local safe = name:gsub("[%c/\\:*?\"<>|%s]", "_"):gsub("^%.", "_")
  if #safe > MOST_BYTES then safe = safe:sub(1, utf8.offset(safe, 0, MOST_BYTES + 1) - 1) end
  local unique, number = safe, 1
  while taken[unique:lower()] do
    number = number + 1
    unique = ("%s-%d"):format(safe, number)
  end
  taken[unique:lower()] = true
  return unique .. ".yml"
end

local function head_comment(pulled, platform)
  local lines = { HEAD:format(pulled.business.name, platform), SILENT[pulled.api or "cc"] }
  local left_out = pulled.notes.left_out
  if #left_out > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = LEFT_OUT
    table.sort(left_out)
    for _, words in ipairs(left_out) do lines[#lines + 1] = "- " .. words end
  end
  return table.concat(lines, "\n")
end

-- The name of the business where it can stand in a playbook, else its id.
local function business_of(pulled)
  local name = pulled.business.name
  if express.bad_name(name, { type = "text", filled = true }) then return pulled.business.id end
  return name
end

local function add_rules(notes, tree, section, rules)
  for _, each in ipairs(rules) do
    tree[section] = tree[section] or json.array {}
    table.insert(tree[section], each.rule)
    if each.words then notes:above(tree[section], #tree[section], each.words) end
  end
end

-- Adds a part to a playbook.
local function add(notes, tree, part)
  if part.template then
    tree.service_templates = tree.service_templates or {}
    tree.service_templates[part.name] = part.template
    if part.comment then notes:above(tree.service_templates, part.name, part.comment) end
  end
  tree.processes = part.processes and next(part.processes) and part.processes or nil
  add_rules(notes, tree, "instances", part.rules)
  add_rules(notes, tree, "hosting", part.hosting or {})
end

local function root(pulled, platform)
  local tree = { business = business_of(pulled), api = pulled.api }
  pulled.notes:keys(tree, KEYS)
  pulled.notes:above(tree, "business", head_comment(pulled, platform))
  return tree
end

---Whether a text is one that was pulled, whatever became of it since.
---@param text string
---@return boolean
function document.is_pulled(text)
  return text:find(WRITER) ~= nil
end

---Everything as one playbook.
---@param pulled remora.pull.Pulled
---@param platform string how it is called
---@return table tree
function document.tree(pulled, platform)
  local tree = root(pulled, platform)
  for _, part in ipairs(pulled.parts) do add(pulled.notes, tree, part) end
  return tree
end

---Everything as the text of one playbook.
---@param pulled remora.pull.Pulled
---@param platform string
---@return string YAML
function document.text(pulled, platform)
  return write(document.tree(pulled, platform), pulled.notes.layout)
end

---Everything as a playbook that includes others.
---@param pulled remora.pull.Pulled
---@param platform string
---@return {path: string, text: string}[] files, relative to their directory, the including one last
function document.files(pulled, platform)
  local main, files, taken = root(pulled, platform), {}, {}
  local business = file_name(pulled.business.name, {})
  local folder = business:gsub("%.yml$", "")
  for _, part in ipairs(pulled.parts) do
    local tree = { api = pulled.api }
    pulled.notes:keys(tree, KEYS)
    add(pulled.notes, tree, part)
    local path = folder .. "/" .. file_name(part.name, taken)
    main.include = main.include or json.array {}
    table.insert(main.include, path)
    files[#files + 1] = { path = path, text = write(tree, pulled.notes.layout) }
  end
  files[#files + 1] = { path = business, text = write(main, pulled.notes.layout) }
  return files
end

return document
