-- The calls of a run on a time line, stage by stage: calls that were under way together lie above
-- each other. Below it a table with the same for those who cannot see it, or want the numbers.

local html = require "remora.journal.page.html"
local phrase = require "remora.core.phrase"
local story = require "remora.journal.story"
local text = require "remora.journal.text"

local MOST_OPEN = 30 -- calls in a table that begins open
local TICKS = 6      -- about so many on the axis
local LAST_TICK = 0.95 -- of the whole time; beyond it is no room for a number
local LEGIBLE = 0.1  -- of the whole time; a shorter bar has no room for its name

-- Seconds from the beginning of the run to the end of all its calls.
local function span_of(run, calls)
  local last = run.ended or run.started
  for _, call in ipairs(calls) do last = math.max(last, call.ended or call.intended) end
  return math.max(last - run.started, 0.001)
end

-- The calls of each stage, and for each call the first lane that is free when it begins.
local function stages_of(calls)
  local stages = {}
  for _, call in ipairs(calls) do
    local stage = stages[#stages]
    if not stage or stage.name ~= call.stage then
      stage = { name = call.stage, calls = {}, ends = {} }
      stages[#stages + 1] = stage
    end
    local lane = 1
    while (stage.ends[lane] or 0) > call.intended do lane = lane + 1 end
    stage.ends[lane] = call.ended or math.huge
    table.insert(stage.calls, { call = call, lane = lane })
  end
  return stages
end

-- A step of 1, 2 or 5 times a power of ten that gives some ticks.
local function tick_step(span)
  local rough = span / TICKS
  local power = 10.0 ^ math.floor(math.log(rough, 10))
  for _, factor in ipairs { 1, 2, 5 } do
    if factor * power >= rough then return factor * power end
  end
  return 10 * power
end

local function axis_html(span)
  local ticks, step = {}, tick_step(span)
  for i = 0, math.floor(span * LAST_TICK / step) do ticks[#ticks + 1] = i * step end
  return "<div class=axis>" .. html.each("<span style='left:{left}%'>{at}</span>", ticks,
    function(at)
      return { left = ("%.2f"):format(at / span * 100), at = ("%.4g s"):format(at) }
    end) .. "</div>"
end

local BAR = "<i class='bar {state}' style='left:{left}%;width:{width}%;--lane:{lane}' "
  .. "title='{title}'>{name}</i>"
local STAGE = "<h3>{name} <span class=quiet>{calls}</span></h3>"
  .. "<div class=lanes style='--lanes:{lanes}'>{bars_html}</div>"

local function stages_html(run, calls, span)
  return html.each(STAGE, stages_of(calls), function(stage)
    return {
      name = stage.name, calls = phrase.count(#stage.calls, "call"), lanes = #stage.ends,
      bars_html = html.each(BAR, stage.calls, function(each)
        local call = each.call
        local from = call.intended - run.started
        local to = call.ended and call.ended - run.started or span
        return {
          state = story.state(call), lane = each.lane - 1,
          name = to - from > LEGIBLE * span and call.name or "",
          left = ("%.3f"):format(from / span * 100),
          width = ("%.3f"):format((to - from) / span * 100),
          title = ("%s, %s, %s"):format(call.name, text.duration(call.ended and to - from),
            text.outcome(call)),
        }
      end),
    }
  end)
end

local ROW = "<tr class={state}><td>{number}</td><td>{at}</td><td>{took}</td><td>{objects}</td>"
  .. "<td><code>{name}</code></td><td>{said}</td></tr>"
local TABLE = "<details{open_html}><summary>{title}</summary><div class=wide><table class=calls>"
  .. "<tr><th>#</th><th>at</th><th>took</th><th>objects</th><th>call</th><th>result</th></tr>"
  .. "{rows_html}</table></div></details>"

local function table_html(run, calls)
  return html.fill(TABLE, {
    open_html = #calls <= MOST_OPEN and " open" or "",
    title = #calls == 1 and "The call" or ("All %d calls"):format(#calls),
    rows_html = html.each(ROW, calls, function(call, number)
      local said = text.outcome(call)
      return { state = story.state(call), number = number, objects = call.objects, name = call.name,
        at = text.duration(call.intended - run.started), said = said,
        took = text.duration(call.ended and call.ended - call.intended) }
    end),
  })
end

---The time line of a run.
---@param run remora.journal.Run
---@param calls remora.journal.Call[]
---@return string html
return function(run, calls)
  local span = span_of(run, calls)
  return "<div class=time aria-hidden=true>" .. stages_html(run, calls, span) .. axis_html(span)
    .. "</div>" .. table_html(run, calls)
end
