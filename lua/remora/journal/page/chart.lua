-- What a run found different from the playbook, module by module, as bars. The numbers stand beside
-- them; the bars are for the eye.

local html = require "remora.journal.page.html"
local order = require "remora.core.order"
local words = require "remora.reconcile.words"

local MOST_SHOWN = 30 -- modules; the others are folded away

local EFFECTS = { "create", "update", "delete" }

-- Templates belong to all modules that follow them, and so do the processes of old platforms: they
-- are counted by their own name.
local NOUNS = { service_templates = "template", processes = "process" }

local function module_of(change)
  local label, noun = change.label, NOUNS[change.kind]
  return noun and noun .. " " .. label[1] or label[1] .. "/" .. label[2]
end

-- Rows of counts, the most changed module first.
local function rows_of(items)
  local by_name, rows = {}, {}
  for _, item in ipairs(items) do
    local name, effect = module_of(item.change), words.comes_to(item.change.action)
    local row = by_name[name] or { name = name, create = 0, update = 0, delete = 0, all = 0 }
    by_name[name] = row
    row[effect], row.all = row[effect] + 1, row.all + 1
  end
  for _, row in order.pairs(by_name) do rows[#rows + 1] = row end
  table.sort(rows, function(a, b)
    if a.all ~= b.all then return a.all > b.all end
    return a.name < b.name
  end)
  return rows
end

local ROW = "<li><span>{name}</span><span class=bars aria-hidden=true>{bars_html}</span>"
  .. "<span>{said}</span></li>"
local SIGNS = { create = "+%d", update = "~%d", delete = "−%d" }

local function list_html(rows, most)
  return "<ul class=chart>" .. html.each(ROW, rows, function(row)
    local bars, said = {}, {}
    for _, effect in ipairs(EFFECTS) do
      if row[effect] > 0 then
        bars[#bars + 1] = html.fill("<i class={effect} style='width:{width}%'></i>",
          { effect = effect, width = ("%.2f"):format(row[effect] / most * 100) })
        said[#said + 1] = SIGNS[effect]:format(row[effect])
      end
    end
    return { name = row.name, bars_html = table.concat(bars), said = table.concat(said, " ") }
  end) .. "</ul>"
end

---The chart of a run.
---@param items remora.journal.Item[]
---@return string html
return function(items)
  local rows = rows_of(items)
  local most = rows[1] and rows[1].all or 1
  local shown = table.move(rows, 1, math.min(#rows, MOST_SHOWN), 1, {})
  local more = table.move(rows, MOST_SHOWN + 1, #rows, 1, {})
  if #more == 0 then return list_html(shown, most) end
  return list_html(shown, most) .. html.fill(
    "<details><summary>{count} more</summary>{rows_html}</details>",
    { count = #more, rows_html = list_html(more, most) })
end
