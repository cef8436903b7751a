-- The changes of a run as a tree to open and close, each with old and new. Owns how it looks and
-- what is open at first; what stands where is branches.lua's.

local branches_of = require "remora.journal.page.branches"
local html = require "remora.journal.page.html"
local order = require "remora.core.order"
local phrase = require "remora.core.phrase"
local words = require "remora.reconcile.words"

local MOST_OPEN = 60  -- changes; a larger tree begins with its modules closed
local MOST_NAMED = 2  -- of siblings that are alike, in the line that stands for them
local MOST_FIELDS = 3 -- of a change that is told beside a closed branch
local MOST_KINDS = 3  -- of changes that are told there

local STATES = { failed = "failed", unknown = "nobody knows", under_way = "under way",
  left = "not sent" }

-- Old and new of a field; of what is made, there is only one.
local function values_of(change, field)
  if words.comes_to(change.action) == "create" or not words.in_rows(field) then
    return words.old_and_new(change, field)
  end
  local gone, come = words.row_changes(field)
  return table.concat(gone, ", "), table.concat(come, ", ")
end

local FIELD = "<tr><th scope=row>{name}</th><td>{old_html}</td><td><ins>{new}</ins></td></tr>"

local function fields_html(change)
  if #change.fields == 0 then return "" end
  return "<table class=fields>" .. html.each(FIELD, change.fields, function(field)
    local old, new = values_of(change, field)
    return { name = field.name, new = new,
      old_html = html.some("<del>{old}</del> →", { old = old }) }
  end) .. "</table>"
end

local ITEM = "<div class='item {class}'><b class=sign>{sign}</b> {action} {type}{state_html}"
  .. "{fields_html}{cascades_html}</div>"

local function items_html(items)
  return html.each(ITEM, items, function(item)
    local change = item.change
    return {
      class = words.comes_to(change.action), sign = words.sign(change.action),
      action = change.action, type = change.type,
      state_html = html.some(" <span class='tag {state}'>{said}</span>",
        { state = item.state, said = STATES[item.state] }),
      fields_html = fields_html(change),
      cascades_html = html.each("<p class=quiet>↳ {said}</p>", change.cascades or {},
        function(said) return { said = said } end),
    }
  end)
end

local function undone_html(branch)
  return html.each(" <span class='tag {state}'>{count} {said}</span>", order.keys(branch.undone),
    function(state)
      return { state = state, count = branch.undone[state], said = STATES[state] }
    end)
end

local function change_text(change)
  if change.action == "sync" then return "~ sync" end -- where it goes is for who opens it
  local parts = {}
  for i, field in ipairs(change.fields) do
    local old, new = values_of(change, field)
    parts[i] = field.name .. " " .. (old and old .. " → " .. new or new)
  end
  local subject = words.sign(change.action) .. " " .. (change.label[4] or change.type)
  return #parts > 0 and subject .. " " .. phrase.named(parts, MOST_FIELDS) or subject
end

-- What changes in a branch, to be read while it is closed; nil: too much to be said in a line.
local function gist_of(branch)
  if #branch.kinds > MOST_KINDS then return nil end
  local gists = {}
  for i, change in ipairs(branch.kinds) do gists[i] = change_text(change) end
  return table.concat(gists, "; ")
end

local function title_of(names)
  return phrase.named(names, MOST_NAMED) .. (#names > MOST_NAMED and " alike" or "")
end

-- Whether some of a branch went well and some did not: which, is what its reader wants to know.
local function is_mixed(branch)
  local undone = 0
  for _, count in pairs(branch.undone) do undone = undone + count end
  return undone > 0 and undone < branch.count
end

local BRANCH = "<li><details{open_html}><summary><span class=name>{title}</span> "
  .. "<span class=quiet>{count}</span>{undone_html}{gist_html}</summary>{names_html}{items_html}"
  .. "{below_html}</details></li>"

local function branches_html(branches, depth, all_open)
  if #branches == 0 then return "" end
  return "<ul>" .. html.each(BRANCH, branches, function(branch)
    local names = branch.names
    local open = all_open or is_mixed(branch) or depth == 1 and #branch.kinds > 1
    return {
      open_html = open and " open" or "",
      title = title_of(names) .. (branch.last and " / " .. title_of(branch.last) or ""),
      count = phrase.count(branch.count, "change"), undone_html = undone_html(branch),
      gist_html = html.some(" <span class='gist quiet'>{gist}</span>",
        { gist = not open and gist_of(branch) }),
      names_html = html.some("<p class=quiet>{names}</p>",
        { names = #names > MOST_NAMED and table.concat(names, ", ") }),
      items_html = items_html(branch.items),
      below_html = branches_html(branch.branches, depth + 1, all_open),
    }
  end) .. "</ul>"
end

---The tree of a run.
---@param items remora.journal.Item[]
---@return string html
return function(items)
  return "<div class=tree>" .. branches_html(branches_of(items), 1, #items <= MOST_OPEN)
    .. "</div>"
end
