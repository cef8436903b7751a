-- One run of the journal as a page for a browser: how it ended and what to do now, what failed,
-- what an undo does not bring back, drift by module, the changes as a tree, the calls on a time
-- line. One file with everything inside; loads nothing and runs no script. Everything that comes
-- from a run is escaped.

local chart_html = require "remora.journal.page.chart"
local html = require "remora.journal.page.html"
local phrase = require "remora.core.phrase"
local story = require "remora.journal.story"
local style = require "remora.journal.page.style"
local text = require "remora.journal.text"
local timeline_html = require "remora.journal.page.timeline"
local tree_html = require "remora.journal.page.tree"

local MOST_NAMED = 8 -- objects of a failed call, or that are lost for the same reason

local TILES = {
  { "done", "done" }, { "failed", "failed" }, { "unknown", "nobody knows" },
  { "under_way", "under way" }, { "left", "not sent" },
}

local function tiles_html(items)
  local tally, shown = story.tally(items), {}
  for _, tile in ipairs(TILES) do
    if tally[tile[1]] > 0 then shown[#shown + 1] = tile end
  end
  return html.each("<li class={state}><b>{count}</b> {said}</li>", shown, function(tile)
    return { state = tile[1], count = tally[tile[1]], said = tile[2] }
  end)
end

local FAILURE = "<li class={state}><b>{said}</b> <code>{name}</code> "
  .. "<span class=quiet>{calls}</span>{message_html}<p class=labels>{labels}{places_html}</p></li>"

local function labels_of(undone)
  return phrase.named(undone.labels, MOST_NAMED), html.some(" <code>{places}</code>",
    { places = #undone.places > 0 and phrase.named(undone.places, MOST_NAMED) })
end

local LEFT = "<li class=left><b>not sent</b>{message_html}"
  .. "<p class=labels>{labels}{places_html}</p></li>"

local function left_html(run, left)
  local labels, places_html = labels_of(left)
  return html.fill(LEFT, { labels = labels, places_html = places_html,
    message_html = html.some("<p class=message>{halt}</p>", run) })
end

local function failures_html(run, items, calls)
  local failures, left = story.failures(items, calls), story.left(run, items)
  if #failures == 0 and not left then return "" end
  return "<section><h2>What was not done</h2><ul class=failures>"
    .. html.each(FAILURE, failures, function(failure)
      local call = failure.call
      local labels, places_html = labels_of(failure)
      return {
        state = story.state(call), said = text.outcome(call), name = call.name,
        calls = text.calls(failure.numbers), labels = labels, places_html = places_html,
        message_html = html.some("<p class=message>{message} ({code})</p>", call),
      }
    end) .. (left and left_html(run, left) or "") .. "</ul></section>"
end

-- What stays as it is looks like what failed.
local function losses_html(run)
  if #run.lost == 0 then return "" end
  return "<section><h2>What does not come back as it was</h2><ul class=failures>"
    .. html.each("<li class={state}>{reason}<p class=labels>{labels}</p></li>",
      story.losses(run.lost), function(loss)
        return { state = loss.left and "failed" or "left", reason = loss.reason,
          labels = phrase.named(loss.labels, MOST_NAMED) }
      end) .. "</ul></section>"
end

-- What the run wanted everything to be like.
local function aim_of(run)
  if run.command == "undo" then return ("the state before run %d"):format(run.options.run) end
  return run.command == "op" and "what was asked for" or "the playbook"
end

local PAGE = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>run {id}: {what}, {ending}</title>
<style>{style_html}</style>
</head>
<body>
<header>
<h1>run {id}: {what} <span class="ending {how}">{ending}</span></h1>
<p>{when} by {user} on {host}{took}<br>{business} of {platform}{files_html}</p>
<ul class="tiles">{tiles_html}</ul>
{next_html}
</header>
<main>
{failures_html}
{losses_html}
<section><h2>Drift by module</h2>
<p class="quiet">What differed from {aim} when the run began.</p>
{chart_html}</section>
<section><h2>Changes</h2>
{tree_html}</section>
<section><h2>Calls</h2>
{timeline_html}</section>
</main>
</body>
</html>
]]

---The page of a run.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
---@return string html
return function(run, calls)
  local items = story.items(run, calls)
  local ending, how = text.ending(run)
  return html.fill(PAGE, {
    id = run.id, what = text.what(run), how = how, ending = ending, style_html = style,
    when = text.time(run.started), user = run.user, host = run.host,
    took = text.took(run),
    business = text.business(run), platform = run.platform,
    files_html = html.some("<br>{files}",
      { files = #run.files > 0 and table.concat(run.files, ", ") }),
    next_html = html.some("<p class=next>{advice}</p>", { advice = text.advice(run) }),
    tiles_html = tiles_html(items), failures_html = failures_html(run, items, calls),
    losses_html = losses_html(run),
    aim = aim_of(run),
    chart_html = chart_html(items), tree_html = tree_html(items),
    timeline_html = timeline_html(run, calls),
  })
end
