-- A run as a page: its changes as a tree, where they are as bars, its calls on a time line.

local branches_of = require "remora.journal.page.branches"
local json = require "json"
local lu = require "luaunit"
local page = require "remora.journal.page"
local story = require "remora.journal.story"
local values = require "tests.support.journal_values"

local change, call, run = values.change, values.call, values.run

local tests = {}

function tests.test_siblings_in_which_all_is_alike_share_a_branch()
  local items = story.items(run { change "10.0.0.1", change "10.0.0.2", change "10.0.0.3",
    change("web", { kind = "service_templates", label = { "web" } }) }, {
    call({ outcome = "done" }, change "10.0.0.1", change "10.0.0.3") })
  local branches = branches_of(items)
  lu.assertEquals({ branches[1].names, branches[2].names },
    { { "prod" }, { "service templates" } }) -- in the order of the plan
  local hosts = branches[1].branches[1].branches
  lu.assertEquals({ hosts[1].names, hosts[1].last, hosts[1].count, hosts[1].undone },
    { { "10.0.0.1", "10.0.0.3" }, { "nginx" }, 2, {} })
  lu.assertEquals({ hosts[2].names, hosts[2].undone }, { { "10.0.0.2" }, { left = 1 } })
  lu.assertEquals(#branches[1].kinds, 1)
end

-- Changes alike on so many hosts, but for the first ones.
local function fleet(hosts, ...)
  local changes = {}
  for i = 1, hosts do changes[i] = change("h" .. i, (select(i, ...))) end
  return changes
end

local function gists(made)
  local list = {}
  for gist in made:gmatch "<span class='gist quiet'>(.-)</span>" do list[#list + 1] = gist end
  return list
end

local function count_open(made)
  local tree = made:match "<h2>Changes</h2>(.*)<h2>Calls</h2>"
  return select(2, tree:gsub("<details open>", ""))
end

local FEW, MANY = 60, 61 -- changes that a tree shows at once, and what it does not
local ALIKE = "~ nginx user a → b"
local SYNC = { kind = "service_templates", action = "sync", label = { "web" } }
local MADE = { action = "create", label = { "prod", "db", "h1", "mysql" },
  fields = { { name = "user", new = "x" } } }
local GONE = { action = "delete", fields = {} }
local SHORT = { fields = { { name = "a", old = 1, new = 2 }, { name = "b", old = 1, new = 2 },
  { name = "c", old = 1, new = 2 }, { name = "d", old = 1, new = 2 } } }
local SHORT_TEXT = "~ nginx a 1 → 2, b 1 → 2, c 1 → 2 and 1 more"

-- What a run was to do → how many branches are open; what is said beside those that are not.
local TREES = {
  { fleet(FEW), 3, {} }, -- the set, the module, the hosts as one
  { fleet(MANY), 0, { ALIKE, ALIKE, ALIKE } },
  { fleet(MANY, SYNC), 0, { "~ sync", "~ sync", ALIKE, ALIKE, ALIKE } },
  -- A set in which changes differ is open, to show the modules.
  { fleet(MANY, MADE), 1, { "+ mysql user x", "+ mysql user x", ALIKE, ALIKE } },
  { fleet(MANY, GONE, SHORT), 1, { "- nginx; " .. SHORT_TEXT .. "; " .. ALIKE, "- nginx",
    SHORT_TEXT, ALIKE } },
  -- Four kinds of changes are too many for a line.
  { fleet(MANY, GONE, SHORT, { action = "create", fields = {} }), 1, { "- nginx", SHORT_TEXT,
    "+ nginx", ALIKE } },
}

function tests.test_a_large_tree_begins_closed_and_says_what_changes_in_it()
  for _, row in ipairs(TREES) do
    local made = page(run(row[1]), {})
    lu.assertEquals({ count_open(made), gists(made) }, { row[2], row[3] })
  end
end

function tests.test_a_large_tree_is_open_where_some_of_it_failed()
  local changes = fleet(MANY)
  local made = page(run(changes, { exit_code = 0 }), {
    call({ outcome = "refused", code = "7", message = "no", ended = 2 }, changes[1]),
    call({ outcome = "done", ended = 2 }, table.unpack(changes, 2)) })
  lu.assertEquals({ count_open(made), gists(made) }, { 2, { ALIKE, ALIKE } })
  local _, marked = made:gsub("<span class='tag failed'>1 failed</span>", "")
  lu.assertEquals(marked, 3) -- the set, its module and the host
end

function tests.test_siblings_that_are_alike_are_named_below_their_branch()
  local two, three = page(run(fleet(2)), {}), page(run(fleet(3)), {})
  lu.assertStrContains(two, "<span class=name>h1, h2 / nginx</span>")
  lu.assertNotStrContains(two, "<p class=quiet>h1")
  lu.assertStrContains(three, "<span class=name>h1, h2 and 1 more alike / nginx</span>")
  lu.assertStrContains(three, "<p class=quiet>h1, h2, h3</p>")
end

function tests.test_a_change_is_told_with_its_values_and_what_follows_from_it()
  local made = page(run { change("h1", { cascades = { "1 process" } }), change("h2", GONE) }, {})
  lu.assertStrContains(made, "<div class='item update'><b class=sign>~</b> update process"
    .. " <span class='tag left'>not sent</span><table class=fields><tr><th scope=row>user</th>"
    .. "<td><del>a</del> →</td><td><ins>b</ins></td></tr></table>"
    .. "<p class=quiet>↳ 1 process</p></div>")
  lu.assertStrContains(made, "<div class='item delete'><b class=sign>-</b> delete process"
    .. " <span class='tag left'>not sent</span></div>")
end

-- What is done to a process whose rows change → how old and new stand there.
local ROWS = {
  { "update", "<del>10.0.0.1:80 TCP</del> →</td><td><ins>10.0.0.1:81 TCP</ins>" },
  { "create", "<td></td><td><ins>10.0.0.1:81 TCP, 10.0.0.2:80 TCP</ins>" },
}

function tests.test_of_rows_of_addresses_those_that_change_are_told()
  local function row(ip, port) return { row_id = 1, ip = ip, port = port, protocol = "1" } end
  local field = { name = "bind_info", old = json.array { row("10.0.0.1", "80"),
    row("10.0.0.2", "80") }, new = json.array { row("10.0.0.1", "81"), row("10.0.0.2", "80") } }
  for _, case in ipairs(ROWS) do
    lu.assertStrContains(page(run { change("h", { action = case[1], fields = { field } }) }, {}),
      case[2])
  end
end

local EVIL = "<script>alert('x')</script>\"&"

function tests.test_nothing_of_a_run_gets_through_as_html()
  local its = change(EVIL, { type = EVIL, label = { EVIL, EVIL, EVIL, EVIL }, cascades = { EVIL },
    fields = { { name = EVIL, old = EVIL, new = EVIL } }, at = { file = EVIL, line = 1 } })
  local made = page(run({ its }, { playbook = EVIL, user = EVIL, host = EVIL, files = { EVIL },
    platform = EVIL, lost = { { label = EVIL, reason = EVIL, left = true } },
    plan = { changes = { its }, business = { id = 1, name = EVIL } } }), {
    call({ name = EVIL, stage = EVIL, outcome = "refused", message = EVIL, code = EVIL,
      ended = 2 }, its) })
  lu.assertNil(made:find("<script", 1, true))
  lu.assertNil(made:find("alert('", 1, true))
  lu.assertStrContains(made, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;")
end

function tests.test_the_tree_is_of_the_plan_not_of_the_calls()
  local made = page(run { change "never-sent" }, {})
  lu.assertStrContains(made, "never-sent")
  lu.assertStrContains(made, "<li class=left><b>1</b> not sent</li>")
end

-- Kind and label of a change → the name that the chart counts it under.
local PLACES = {
  { "instances", { "prod", "web", "10.0.0.1", "nginx" }, "prod/web" },
  { "hosting", { "prod", "web", "10.0.0.1", "nginx_1" }, "prod/web" },
  { "service_templates", { "web" }, "template web" },
  { "service_templates", { "web", "nginx" }, "template web" },
  { "processes", { "nginx" }, "process nginx" },      -- of api: v3
  { "processes", { "nginx", "web" }, "process nginx" }, -- bound to a module
}

function tests.test_the_chart_counts_by_where_a_change_is()
  for _, place in ipairs(PLACES) do
    local its = change("", { kind = place[1], label = place[2] })
    lu.assertStrContains(page(run { its }, {}), "<li><span>" .. place[3] .. "</span>")
  end
end

local function chart_rows(made)
  local list = {}
  for name, bars, said in made:gmatch
      "<li><span>(.-)</span><span class=bars aria%-hidden=true>(.-)</span><span>(.-)</span></li>" do
    local row = name .. " " .. said
    for effect, width in bars:gmatch "<i class=(%l+) style='width:([%d.]+)%%'>" do
      row = ("%s, %s %g"):format(row, effect, tonumber(width))
    end
    list[#list + 1] = row
  end
  return list
end

function tests.test_bars_are_shares_of_the_most_changed_module()
  lu.assertEquals(chart_rows(page(run { change("h1", MADE), change("h2", GONE), change "h3",
    change "h4", change("h5", { action = "create" }) }, {})), {
    "prod/web +1 ~2 −1, create 25, update 50, delete 25", "prod/db +1, create 25" })
end

function tests.test_modules_with_fewest_changes_are_folded_away()
  for modules, folded in pairs { [30] = false, [31] = "1", [33] = "3" } do
    local changes = {}
    for i = 1, modules do
      changes[i] = change("h", { label = { "prod", ("m%02d"):format(modules - i), "h", "p" } })
    end
    changes[#changes + 1] = change("h2", { label = { "prod", "m29", "h2", "p" } })
    local chart = page(run(changes), {}):match "<h2>Drift by module</h2>(.-)<h2>Changes"
    local shown, count, rest = chart:match "^(.-)<details><summary>(%d+) more</summary>(.*)$"
    lu.assertEquals(count or false, folded)
    local rows = chart_rows(shown or chart)
    lu.assertEquals({ #rows, rows[1], rows[2] }, { 30, "prod/m29 ~2, update 100",
      "prod/m00 ~1, update 50" })
    lu.assertEquals(#chart_rows(rest or ""), modules - 30)
  end
end

-- Four seconds from 1 to 5.
local TIMED = {
  { { intended = 1, ended = 3 }, { left = 0, width = 50, lane = 0, name = "cc.x" } },
  { { intended = 2, ended = 4 }, { left = 25, width = 50, lane = 1, name = "cc.x" } },
  { { intended = 3, ended = 5 }, { left = 50, width = 50, lane = 0, name = "cc.x" } },
  { { intended = 3.5, ended = 3.75 }, { left = 62.5, width = 6.25, lane = 2, name = "" } },
  { { intended = 4 }, { left = 75, width = 25, lane = 1, name = "cc.x" } }, -- has no end
}

function tests.test_calls_that_were_under_way_together_lie_above_each_other()
  local calls, bars = {}, {}
  for i, row in ipairs(TIMED) do calls[i] = call(row[1]) end
  local made = page(run({}, { ended = 5 }), calls)
  for left, width, lane, name in made:gmatch
      "<i class='bar %l+' style='left:([%d.]+)%%;width:([%d.]+)%%;%-%-lane:(%d+)'[^>]+>(.-)</i>" do
    bars[#bars + 1] = { left = tonumber(left), width = tonumber(width), lane = tonumber(lane),
      name = name }
  end
  for i, row in ipairs(TIMED) do lu.assertEquals(bars[i], row[2]) end
  lu.assertEquals(#bars, #TIMED)
  lu.assertStrContains(made, "<span class=quiet>5 calls</span>")
  lu.assertStrContains(made, "--lanes:3")
end

-- Seconds that a run took → the ticks of its axis.
local AXES = {
  { 4, { "0 s", "1 s", "2 s", "3 s" } },
  { 10, { "0 s", "2 s", "4 s", "6 s", "8 s" } },
  { 30, { "0 s", "5 s", "10 s", "15 s", "20 s", "25 s" } },
  { 0.06, { "0 s", "0.01 s", "0.02 s", "0.03 s", "0.04 s", "0.05 s" } },
}

function tests.test_the_axis_counts_round_numbers_of_seconds()
  for _, row in ipairs(AXES) do
    local made, ticks = page(run({}, { started = 0, ended = row[1] }), {}), {}
    local axis = made:match "<div class=axis>(.-)</div>"
    for left, at in axis:gmatch "left:([%d.]+)%%'>([^<]+)<" do
      ticks[#ticks + 1] = at
      lu.assertAlmostEquals(tonumber(left), tonumber(at:match "%S+") / row[1] * 100, 0.01)
    end
    lu.assertEquals(ticks, row[2])
  end
end

-- How many calls → the line above them, and whether they are shown at once.
local TABLES = {
  { 1, " open", "The call" }, { 30, " open", "All 30 calls" }, { 31, "", "All 31 calls" },
}

function tests.test_many_calls_are_folded_away()
  for _, row in ipairs(TABLES) do
    local calls = {}
    for i = 1, row[1] do calls[i] = call { outcome = "done", intended = 1.25, ended = 1.75 } end
    local made = page(run({}, { exit_code = 0 }), calls)
    lu.assertStrContains(made, ("<details%s><summary>%s</summary>"):format(row[2], row[3]))
    lu.assertStrContains(made, ("<tr class=done><td>%d</td><td>250 ms</td><td>500 ms</td>"
      .. "<td>0</td><td><code>cc.x</code></td><td>done</td></tr>"):format(row[1]))
  end
end

function tests.test_what_an_undo_aims_at_is_no_playbook()
  lu.assertStrContains(page(run {}, {}), "differed from the playbook when")
  lu.assertStrContains(page(run({}, { command = "undo", options = { run = 2 } }), {}),
    "differed from the state before run 2 when")
end

function tests.test_a_run_of_an_older_journal_has_a_page()
  local old = run({}, { business = false, exit_code = 0 })
  old.plan, old.business = nil, nil
  lu.assertStrContains(page(old, { call { outcome = "done", ended = 2 } }), "business ? of test")
end

return tests
