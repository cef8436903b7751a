-- One run of the journal as a page for a browser: its changes as a tree, its calls on a time line,
-- changes by module as bars. One file with everything inside; loads nothing and runs no script.
-- Everything that comes from a run is escaped.

local order = require "remora.core.order"
local style = require "remora.journal.page_style"
local text = require "remora.journal.text"
local words = require "remora.reconcile.words"

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;" }

local function escaped(value)
  return (tostring(value):gsub("[&<>\"']", ESCAPES))
end

-- Fills a template; every value is escaped, except those whose name ends in _html.
local function filled(template, fields)
  return (template:gsub("{([%w_]+)}", function(name)
    local value = fields[name]
    if name:find("_html$") then return value end
    return escaped(value)
  end))
end

local KINDS = { create = "create", register = "create", bind = "create", start = "create",
  delete = "delete", unregister = "delete", unbind = "delete", stop = "delete" }

local function kind_of(change) return KINDS[change.action] or "update" end

-- Names that may hold a set or a module; what has no module stands under its type.
local function path_of(change)
  local label = change.label
  if #label >= 3 then return { label[1], label[2], table.concat(label, "/", 3) } end
  if #label == 2 then return { change.type .. "s", label[1], label[2] } end
  return { change.type .. "s", label[1] }
end

local function new_node() return { below = {}, changes = {}, count = 0 } end

-- All changes of the calls under the names they belong to; an object that was changed by several
-- calls has several changes.
local function tree_of(calls)
  local root = new_node()
  for _, call in ipairs(calls) do
    for _, change in ipairs(call.changes) do
      local node = root
      node.count = node.count + 1
      for _, name in ipairs(path_of(change)) do
        node.below[name] = node.below[name] or new_node()
        node = node.below[name]
        node.count = node.count + 1
      end
      node.changes[#node.changes + 1] = { change = change, call = call }
    end
  end
  return root
end

local function fields_html(change)
  local rows = {}
  for i, field in ipairs(change.fields) do
    rows[i] = filled("<tr><td>{name}</td><td>{old}</td><td>{new}</td></tr>", {
      name = field.name, new = words.value(field.new),
      old = change.action == "update" and words.value(field.old) or "",
    })
  end
  return #rows > 0 and "<table class=fields>" .. table.concat(rows) .. "</table>" or ""
end

local function change_html(each)
  local outcome = text.outcome(each.call)
  return filled("<li class={kind}><b>{action}</b> {type} <i>{outcome}</i>{fields_html}</li>", {
    kind = kind_of(each.change), action = each.change.action, type = each.change.type,
    outcome = outcome, fields_html = fields_html(each.change),
  })
end

local function node_html(name, node, depth)
  local inside = {}
  for _, each in ipairs(node.changes) do inside[#inside + 1] = change_html(each) end
  for below, its in order.pairs(node.below) do
    inside[#inside + 1] = node_html(below, its, depth + 1)
  end
  return filled("<li><details{open_html}><summary>{name} <span>{count}</span></summary>"
    .. "<ul>{inside_html}</ul></details></li>", {
    open_html = depth == 1 and " open" or "", name = name, count = node.count,
    inside_html = table.concat(inside),
  })
end

local function tree_html(calls)
  local parts = {}
  for name, node in order.pairs(tree_of(calls).below) do
    parts[#parts + 1] = node_html(name, node, 1)
  end
  return "<ul class=tree>" .. table.concat(parts) .. "</ul>"
end

-- Seconds from the beginning of the run to the end of all its calls.
local function span_of(run, calls)
  local last = run.ended or run.started
  for _, call in ipairs(calls) do last = math.max(last, call.ended or call.intended) end
  return math.max(last - run.started, 0.001)
end

local CALL = "<div class=call><code>{name}</code><span class=lane><span class='bar {style}' "
  .. "style='left:{left}%;width:{width}%' title='{title}'></span></span>"
  .. "<span class=took>{took}</span><span class=said>{said}{message}</span></div>"

local function line_html(run, calls)
  local span, rows = span_of(run, calls), {}
  for i, call in ipairs(calls) do
    local said, how = text.outcome(call)
    local ended = call.ended or run.started + span
    local took = text.duration(call.ended and call.ended - call.intended)
    rows[i] = filled(CALL, {
      name = call.name, style = how, took = took, said = said,
      left = ("%.3f"):format((call.intended - run.started) / span * 100),
      width = ("%.3f"):format(math.max(ended - call.intended, 0) / span * 100),
      title = ("+%.2f s, %s: %s"):format(call.intended - run.started, took,
        table.concat(call.labels, ", ")),
      message = call.message and (": %s (%s)"):format(call.message, call.code) or "",
    })
  end
  return filled("<div class=line>{rows_html}<p class=axis><span>0 s</span><span>{span}</span></p>"
    .. "</div>", { rows_html = table.concat(rows), span = text.duration(span) })
end

-- Changes by what they belong to, as far as it is known: set and module, or the template.
local function modules_of(calls)
  local counts, most = {}, 1
  for _, call in ipairs(calls) do
    for _, change in ipairs(call.changes) do
      local path = path_of(change)
      local name = #path > 2 and path[1] .. "/" .. path[2] or path[1]
      local its = counts[name] or { create = 0, update = 0, delete = 0, all = 0 }
      counts[name] = its
      its[kind_of(change)], its.all = its[kind_of(change)] + 1, its.all + 1
      most = math.max(most, its.all)
    end
  end
  return counts, most
end

local function chart_html(calls)
  local counts, most = modules_of(calls)
  local rows = {}
  for name, its in order.pairs(counts) do
    local bars = {}
    for _, kind in ipairs { "create", "update", "delete" } do
      if its[kind] > 0 then
        bars[#bars + 1] = filled("<span class={kind} style='width:{width}%' "
          .. "title='{count} {kind}'></span>",
          { kind = kind, count = its[kind], width = ("%.3f"):format(its[kind] / most * 100) })
      end
    end
    rows[#rows + 1] = filled("<div class=row><span class=name>{name}</span><span class=bars>"
      .. "{bars_html}</span><span class=count>{count}</span></div>",
      { name = name, bars_html = table.concat(bars), count = its.all })
  end
  return "<div class=chart>" .. table.concat(rows) .. "</div>"
end

local PAGE = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>run {id} of {playbook}</title>
<style>{style_html}</style>
</head>
<body>
<h1>run {id}: {command} {playbook} <span class="{how}">{ending}</span></h1>
<dl>
<dt>when</dt><dd>{when}, took {took}</dd>
<dt>who</dt><dd>{user} on {host}</dd>
<dt>where</dt><dd>business {business} of {platform}</dd>
<dt>what</dt><dd>{files}</dd>
<dt>calls</dt><dd>{calls} for {objects} objects</dd>
</dl>
<h2>Changes by module</h2>
{chart_html}
<h2>Calls on the time line</h2>
{line_html}
<h2>Changes</h2>
{tree_html}
</body>
</html>
]]

---The page of a run.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
---@return string html
return function(run, calls)
  local ending, how = text.ending(run)
  return filled(PAGE, {
    id = run.id, command = run.command, playbook = run.playbook, how = how, ending = ending,
    when = text.time(run.started), took = text.duration(run.ended and run.ended - run.started),
    user = run.user, host = run.host, business = run.business or "?", platform = run.platform,
    files = #run.files > 0 and table.concat(run.files, ", ") or "-",
    calls = run.calls, objects = run.objects, style_html = style,
    chart_html = chart_html(calls), line_html = line_html(run, calls),
    tree_html = tree_html(calls),
  })
end
