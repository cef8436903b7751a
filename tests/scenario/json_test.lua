-- --json on every command, in success and in failure: every line on stdout and on stderr is JSON,
-- and what remora itself says carries the version of its shape. Beside it the exit codes.

local cli = require "tests.support.cli"
local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local commands = require "remora.cli.commands"
local json = require "json"
local repository = require "tests.support.repository"

local tests = {}

local GOOD = [[
business: demo
instances:
  - where: { set: tools, module: cron }
    processes: { crond: { bk_func_name: crond } }
]]
local BAD = "business: dmeo\ninstances: []\n"

-- Command line, exit code, and what the last line on stdout, else on stderr, is: an event, or what
-- the platform or the catalogue answers.
local RUNS = {
  { { "check", "good.yml" }, 0, "check" },
  { { "check", "missing.yml" }, 1, "check" },
  { { "plan", "good.yml" }, 0, "plan" },
  { { "plan", "good.yml", "--detailed-exitcode" }, 2, "plan" },
  { { "plan", "bad.yml" }, 1, "error" },
  { { "plan", "missing.yml" }, 1, "error" },
  { { "apply", "bad.yml" }, 1, "error" },
  { { "apply", "good.yml" }, 0, "applied" },
  { { "apply", "good.yml" }, 0, "applied" }, -- nothing to do
  { { "plan", "good.yml", "--detailed-exitcode" }, 0, "plan" },
  { { "watch", "--once", "--repo", "fleet.git" }, 0, "applied" },
  { { "watch", "--once", "--repo", "fleet.git", "--dry-run" }, 0, "plan" },
  { { "watch", "--once", "--repo", "missing.git" }, 1, "error" },
  { { "watch", "--once", "--repo", "" }, 64, "error" },
  { { "drift", "good.yml" }, 0, "differences" },
  { { "status", "--business", "demo" }, 0, "status" },
  { { "status", "--business", "demo", "module=none" }, 1, "error" },
  { { "op", "start", "--business", "demo", "module=cron" }, 1, "error" },
  { { "op", "unregister", "--business", "demo", "module=cron" }, 0, "applied" },
  { { "op", "start", "--business", "demo", "modul=cron" }, 64, "error" },
  { { "resume" }, 0, "note" },
  { { "pull", "--business", "demo", "--set", "tools" }, 0, "pulled" },
  { { "pull", "--business", "nope" }, 1, "error" },
  { { "call", "search_set", "bk_biz_id=1" }, 0, "answer" },
  { { "call", "get_proc_template", "bk_biz_id=1", "process_template_id=99" }, 1, "answer" },
  { { "call", "search_set", "bk_biz_id=x" }, 1, "error" },
  { { "call", "search_set", "bk_biz_id=1", "--platform", "http://127.0.0.1:1" }, 1, "error" },
  { { "calls", "search_set" }, 0, "row" },
  { { "calls", "serch_set" }, 1, "error" },
  { { "run", "-e", "return { a = 1 }" }, 0, "something else" },
  { { "run", "-e", "error 'no'" }, 70, "error" },
  { { "history" }, 0, "runs" },
  { { "show", "1" }, 0, "run" },
  { { "show", "99" }, 1, "error" },
  { { "platform", "import", "missing.yml" }, 1, "error" },
  { { "platform", "import", "fleet.yml" }, 0, "imported" },
  { { "platform", "import", "missing.yml" }, 1, "error" },
  { { "platform", "import", "fleet.yml" }, 0, "imported" },
  { { "platform", "reset" }, 1, "error" },
  { { "platform", "reset", "--yes" }, 0, "result" },
  { { "platform", "serve", "--listen", "0.0.0.0:0" }, 1, "error" },
  { { "completion", "bash" }, 0, "result" },
  { { "plan" }, 64, "error" },
  { { "plna", "good.yml" }, 64, "error" },
  { { "check", "--var", "port", "good.yml" }, 64, "error" },
  { { "run" }, 64, "error" },
  { { "platform", "fault", "list" }, 64, "error" },
}

-- The session is for people, and undo ends as apply does.
local WITHOUT = { repl = true, undo = true }

-- What is recognised by a member instead of an event.
local MEMBERS = { steps = "plan", differences = "differences", runs = "runs", calls = "run",
  request_id = "answer", arguments = "row", tally = "status" }

local function kind_of(line)
  if type(line) ~= "table" then return "value" end
  if line.event then return line.event end
  for member, kind in pairs(MEMBERS) do
    if line[member] ~= nil then return kind end
  end
  return "something else"
end

-- Decoded lines, each of which must be JSON.
local function lines_of(text, what)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    local value, failure = json.decode(line)
    lu.assertNotNil(value, what .. ": " .. line .. ": " .. tostring(failure and failure.message))
    lines[#lines + 1] = value
  end
  return lines
end

function tests.test_every_line_is_json()
  local directory <close> = workplace.new { ["good.yml"] = GOOD, ["bad.yml"] = BAD,
    ["fleet.yml"] = "businesses: { shop: }\n" }
  repository(directory.path):commit { ["good.yml"] = GOOD }
  local seen = {}
  for _, row in ipairs(RUNS) do
    local words, code, kind = table.unpack(row)
    local what = table.concat(words, " ")
    seen[words[1]] = true
    local ran = directory:run("--json", table.unpack(words))
    lu.assertEquals(ran.code, code, what .. "\n" .. ran.stderr)
    local out, err = lines_of(ran.stdout, what), lines_of(ran.stderr, what)
    lu.assertEquals(kind_of(#out > 0 and out[#out] or err[#err]), kind, what)
    for _, line in ipairs(out) do
      if type(line) == "table" and line.event then lu.assertEquals(line.version, 1, what) end
    end
    for _, line in ipairs(err) do lu.assertEquals(line.version, 1, what) end
  end
  for _, command in ipairs(commands) do
    lu.assertTrue(seen[command.name] or WITHOUT[command.name], command.name)
  end
end

function tests.test_the_twin_of_the_flag_holds_for_a_wrong_line_too()
  for value, ran_json in pairs { ["1"] = true, ["0"] = false } do
    local ran = cli.run { env = { REMORA_JSON = value }, "plan" }
    lu.assertEquals({ ran.code, json.decode(ran.stderr) ~= nil }, { 64, ran_json }, ran.stderr)
  end
end

-- A list is a list when nothing is in it, too.
function tests.test_what_a_run_was_given()
  local directory <close> = workplace.new { ["good.yml"] = GOOD }
  directory:expect(0, "apply", "good.yml")
  directory:expect(0, "op", "unregister", "--business", "demo", "module=cron")
  directory:expect(0, "undo", "1")
  for _, run in ipairs(json.decode(directory:expect(0, "history", "--json").stdout).runs) do
    for _, name in ipairs { "target", "exclude" } do
      lu.assertTrue(json.is_array(run.options[name]), run.command .. " " .. name)
    end
  end
end

return tests
