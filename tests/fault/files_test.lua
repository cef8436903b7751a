-- The files and streams a user may hand to remora or take away from it: each ends in one clear line
-- and the right exit code, never in a traceback.

local lu = require "luaunit"
local workplace = require "tests.support.workplace"
local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local source = require "tests.support.source"
local sqlite = require "sqlite"
local system = require "system"

local tests = {}

local SMALL = "business: demo\ninstances: []\n"
local PLAYBOOK = [[
playbook: web
business: demo
service_templates:
  web:
    processes:
      nginx: { bk_func_name: nginx }
]]

-- Runs a shell command line in a directory; $REMORA stands for the program.
local function shell(directory, line)
  return cli.run { cwd = directory.path, env = { REMORA = cli.program() }, program = "sh",
    "-c", line }
end

local function assert_no_traceback(ran, what)
  lu.assertNotStrContains(ran.stderr, "traceback", false, what)
  lu.assertNotStrContains(ran.stderr, "bug", false, what)
end

function tests.test_what_is_no_playbook()
  local directory <close> = workplace.new {
    ["empty.yml"] = "",
    ["nothing.yml"] = "---\n",
    ["list.yml"] = "- a\n",
    ["text.yml"] = "just words\n",
    ["bytes.yml"] = ("\x7FELF\2\1\1\0\xFF\xFE"):rep(1000),
    ["bytes.lua"] = ("\27Lua\x54\0\xFF\xFE"):rep(1000),
    ["latin.yml"] = 'playbook: "caf\xE9"\n',
    ["deep.yml"] = "business: " .. ("["):rep(100000),
    ["two.yml"] = SMALL .. "---\n" .. SMALL,
    ["endless.lua"] = "while true do end",
    ["huge.lua"] = 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end return t',
  }
  for name, says in pairs {
    ["missing.yml"] = "cannot be read: No such file or directory",
    ["."] = "cannot be read: Is a directory",
    ["empty.yml/below.yml"] = "cannot be read: Not a directory",
    ["/dev/zero"] = "cannot be read: File too large",
    ["/dev/null"] = "the playbook is empty",
    ["empty.yml"] = "the playbook is empty",
    ["nothing.yml"] = "the playbook is empty",
    ["list.yml"] = "list.yml:1:1: the file must be a map with business",
    ["text.yml"] = "text.yml:1:1: the file must be a map with business",
    ["bytes.yml"] = "bytes.yml:1:",
    ["bytes.lua"] = "error: bytes.lua",
    ["latin.yml"] = "latin.yml:1:15: these bytes are not UTF-8",
    ["deep.yml"] = "deep.yml:1:138: nested deeper",
    ["two.yml"] = "two.yml:3:1: a second document",
    ["endless.lua"] = "too many instructions",
    ["huge.lua"] = "too much memory",
  } do
    local ran = directory:run("check", name)
    lu.assertEquals({ ran.code, ran.stdout }, { 1, "" }, name)
    lu.assertStrContains(ran.stderr, says)
    lu.assertEquals(select(2, ran.stderr:gsub("error:", "")), 1, ran.stderr)
    lu.assertNotNil(utf8.len(ran.stderr), name)
    lu.assertNil(ran.stderr:find("[\0-\8\11-\31\127]"), name)
    lu.assertTrue(#ran.stderr < 1000, name)
    assert_no_traceback(ran, name)
  end
end

function tests.test_a_playbook_may_come_from_a_pipe()
  local directory <close> = workplace.new()
  local line = "test -p pipe.yml || mkfifo pipe.yml; printf '%s' > pipe.yml & $REMORA %s pipe.yml"
  for _, command in ipairs { "check", "apply --quiet" } do
    local ran = shell(directory, line:format(SMALL:gsub("\n", "\\n"), command))
    lu.assertEquals({ ran.code, ran.stderr }, { 0, "" })
  end
  local stopped <close> = cli.start { cwd = directory.path, "check", "pipe.yml" }
  lu.assertNil((stopped:wait(0.2))) -- nobody writes into it
  stopped:kill(2)
  local ended = cli.finish(stopped)
  lu.assertEquals(ended.code, 130, ended.stderr)
end

function tests.test_five_megabytes_are_read()
  local directory <close> = workplace.new()
  local lines = { PLAYBOOK }
  for i = 1, 2000 do
    lines[#lines + 1] = ("      p%d: { bk_func_name: f%d, start_cmd: %s }\n"):format(i, i,
      ("x"):rep(1900))
  end
  lines[#lines + 1] = "# " .. ("x"):rep(1200000) .. "\n"
  directory:write("big.yml", table.concat(lines))
  local ran = directory:run("check", "big.yml")
  lu.assertEquals({ ran.code, ran.stderr }, { 0, "" })
end

function tests.test_streams_that_are_closed_or_full()
  local directory <close> = workplace.new()
  local lines = { PLAYBOOK }
  for i = 1, 300 do -- more than a pipe holds
    lines[#lines + 1] = ("      p%d: { bk_func_name: f%d, description: %s }\n"):format(i, i,
      ("x"):rep(250))
  end
  directory:write("web.yml", table.concat(lines))
  local note = "no platform is configured: using the embedded one, data in .remora/platform.db\n"
  for line, expected in pairs {
    ["$REMORA plan web.yml | head -1"] = { 0, note },
    ["$REMORA plan --json web.yml | head -c 5"] = { 0, note },
    ["$REMORA plan web.yml >&-"] = { 1, note
      .. "error: cannot write to standard output: Bad file descriptor\n" },
    ["$REMORA plan web.yml >/dev/full"] = { 1, note
      .. "error: cannot write to standard output: No space left on device\n" },
    ["$REMORA plan web.yml >/dev/null 2>/dev/full"] = { 0, "" },
    ["$REMORA plan web.yml >/dev/null 2>&-"] = { 0, "" },
    ["$REMORA check web.yml <&- >&- 2>&-"] = { 1, "" },
  } do
    local ran = shell(directory, line)
    local told = ran.stderr:gsub('^{"event":"note","message":"(.-)","version":1}', "%1")
    lu.assertEquals({ ran.code, told }, expected, line)
  end
end

-- The size to which files may grow stands for a disk: both end in a write that fails.
function tests.test_a_full_disk()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  for _, blocks in ipairs { 0, 100, 500 } do
    local ran = shell(directory, ("ulimit -f %d; exec $REMORA apply web.yml"):format(blocks))
    lu.assertEquals({ ran.code, ran.stdout }, { 1, "" }, ran.stderr)
    lu.assertStrMatches(ran.stderr, "error: %.remora/[^\n]*\n"
      .. "  hint: look whether its disk is full or broken; remora sends nothing [^\n]*\n")
    assert_no_traceback(ran)
  end
  lu.assertEquals(shell(directory, "exec $REMORA apply web.yml").code, 0)
  lu.assertStrContains(shell(directory, "exec $REMORA plan web.yml").stdout, "nothing to do")
end

-- What was done can be told without writing anything, by whoever may read it.
function tests.test_a_journal_that_cannot_be_written_can_be_read()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:expect(0, "apply", "web.yml")
  for _, case in ipairs { { "history", "ulimit -f 0" }, { "show last", "ulimit -f 0" },
    { "drift --json web.yml", "chmod 444 .remora/journal.db" } } do
    local line = "exec $REMORA " .. case[1]
    local before, ran = shell(directory, line), shell(directory, case[2] .. "; " .. line)
    lu.assertEquals({ ran.code, ran.stdout, ran.stderr }, { 0, before.stdout, before.stderr })
  end
end

-- What a run that was killed left in the log beside the file is not in the file.
function tests.test_a_journal_without_its_log_is_not_told_as_the_whole()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:expect(0, "apply", "web.yml")
  directory:write(".remora/journal.db-wal", ("x"):rep(100))
  local ran = shell(directory, "ulimit -f 0; exec $REMORA history")
  lu.assertEquals({ ran.code, ran.stdout }, { 1, "" })
  lu.assertStrContains(ran.stderr, "error: .remora/journal.db: the journal cannot be read: ")
  assert_no_traceback(ran)
end

-- Three are open when the program begins, whatever is open here, and the HTTP client opens three
-- more first of all.
function tests.test_too_few_file_descriptors()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  for _, command in ipairs { "plan web.yml", "run -e 'return 0'", "call search_business" } do
    local ran = shell(directory, "exec 3>&- 4>&- 5>&-; ulimit -n 5; exec $REMORA " .. command)
    lu.assertEquals({ ran.code, ran.stdout, ran.stderr },
      { 1, "", "error: the HTTP client cannot start: Too many open files\n" })
  end
end

function tests.test_a_directory_that_cannot_be_written()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:write(".remora", "a file where the directory should be")
  for _, command in ipairs { "plan", "apply" } do
    local ran = directory:run(command, "web.yml")
    lu.assertEquals({ ran.code, ran.stdout }, { 1, "" })
    lu.assertStrContains(ran.stderr,
      "error: .remora/platform.db: the platform's data cannot be kept: .remora: ")
    lu.assertStrContains(ran.stderr, "hint: ")
    assert_no_traceback(ran)
  end
  directory:expect(0, "check", "web.yml")
end

function tests.test_data_that_is_something_else()
  for name, text in pairs { ["platform.db"] = ("nonsense"):rep(1000), ["journal.db"] = "short" } do
    local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
    fs.write(directory.path .. "/.remora/" .. name, text)
    local ran = directory:expect(1, "apply", "web.yml")
    lu.assertStrContains(ran.stderr, "error: .remora/" .. name .. ": ")
    lu.assertEquals(fs.read(directory.path .. "/.remora/" .. name), text)
    assert_no_traceback(ran)
  end
end

local HOSTED = [[
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, user: root, work_path: /etc, pid_file: crond.pid,
               start_cmd: crond, proc_num: 1 }
hosting:
  - { where: { module: cron }, state: hosted, owner: ops }
]]

-- What says that nothing was sent: the playbook still has all its changes to make.
local function assert_untouched(directory)
  directory:expect(2, "plan", "--detailed-exitcode", "web.yml")
end

function tests.test_a_journal_of_a_newer_version()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  directory:write("cron.yml", HOSTED:gsub("hosting:.*", ""))
  directory:expect(0, "apply", "cron.yml")
  do
    local db <close> = assert(sqlite.open(directory.path .. "/.remora/journal.db"))
    assert(db:exec("PRAGMA user_version = 99"))
  end
  for _, command in ipairs { { "apply", "web.yml" }, { "history" }, { "undo", "last" } } do
    local ran = directory:expect(1, table.unpack(command))
    lu.assertStrContains(ran.stderr, "the journal is of a newer remora: its version is 99")
    assert_no_traceback(ran)
  end
  assert_untouched(directory)
end

-- Pages in the middle of each of remora's own files are overwritten.
function tests.test_data_that_is_damaged()
  for _, name in ipairs { "journal.db", "locks.db", "hosted.db" } do
    local directory <close> = workplace.new { ["web.yml"] = HOSTED }
    directory:expect(0, "apply", "web.yml")
    local path = directory.path .. "/.remora/" .. name
    local text = fs.read(path)
    fs.write(path, text:sub(1, 100) .. ("\xff"):rep(#text - 100))
    directory:write("web.yml", (HOSTED:gsub("root", "www")))
    local ran = directory:expect(1, "apply", "web.yml")
    lu.assertStrContains(ran.stderr, "error: .remora/" .. name .. ": ")
    lu.assertStrContains(ran.stderr, "hint: the file is damaged: ")
    assert_no_traceback(ran)
    fs.remove_tree(path)
    assert_untouched(directory)
  end
end

-- Each look at the clock finds it ten minutes earlier.
local BACKWARDS = [[
local system = require "system"
local time, looks = system.time, 0
function system.time()
  looks = looks + 1
  return time() - 600 * looks
end
local path = %q
return assert(load(assert(system.read_file(path)), "@" .. path, "t"))("remora.journal")
]]

function tests.test_a_clock_that_goes_backwards()
  local directory <close> = workplace.new { ["web.yml"] = (HOSTED:gsub("hosting:.*", "")) }
  directory:write("lua/remora/journal/init.lua",
    BACKWARDS:format(source.directory() .. "/lua/remora/journal/init.lua"))
  local ran = cli.run { cwd = directory.path, env = { REMORA_LUA_DIR = directory.path .. "/lua" },
    "apply", "web.yml" }
  lu.assertEquals(ran.code, 0, ran.stdout .. ran.stderr)
  local shown = json.decode(directory:run("show", "last", "--json").stdout)
  lu.assertTrue(shown.run.ended >= shown.run.started)
  for _, call in ipairs(shown.calls) do lu.assertTrue(call.seconds >= 0, call.name) end
end

function tests.test_without_a_home()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  for _, home in ipairs { false, "", "/nonexistent" } do
    local ran = cli.run { cwd = directory.path, env = { HOME = home }, "plan", "web.yml" }
    lu.assertEquals(ran.code, 0, ran.stderr)
  end
  local ran = cli.run { cwd = directory.path, env = { HOME = false }, "plan", "web.yml",
    "--profile", "prod" }
  lu.assertEquals(ran.code, 1)
  lu.assertStrContains(ran.stderr, "there is no profile prod, as there is no configuration file")
end

function tests.test_a_configuration_that_is_refused_starts_nothing()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  local path = directory.path .. "/.config/remora/config.yml"
  for _, row in ipairs {
    { "profiles: {}\n", "644", "can be read by others (mode 644)\n  hint: chmod 600 " .. path },
    { "profiles: { a: { ur: x } }\n", "600", ':1:18: unknown key "ur"; did you mean "url"?' },
    { "profiles: [\n", "600", ":2:1: " },
    { "", "600", ":1:1: the file must be a map with profiles" },
  } do
    fs.write(path, "")
    assert(system.write_file(path, row[1], tonumber(row[2], 8)))
    local ran = directory:run("plan", "web.yml")
    lu.assertEquals({ ran.code, ran.stdout }, { 1, "" })
    lu.assertStrContains(ran.stderr, "error: " .. path)
    lu.assertStrContains(ran.stderr, row[3])
    lu.assertNil(system.stat(directory.path .. "/.remora"))
  end
end

-- Several at once on one data file: whoever is late finds it done or is refused, and all agree.
function tests.test_applies_at_the_same_time()
  local directory <close> = workplace.new { ["web.yml"] = PLAYBOOK }
  local running = {}
  for i = 1, 3 do running[i] = cli.start { cwd = directory.path, "apply", "--yes", "web.yml" } end
  for _, each in ipairs(running) do
    local ran = cli.finish(each)
    assert_no_traceback(ran)
    lu.assertNotNil(ran.code)
    each:close()
  end
  directory:expect(0, "apply", "--yes", "web.yml")
  local listed = directory:run("call", "list_proc_template",
    '{"bk_biz_id": 1, "service_template_id": 1}')
  lu.assertEquals(json.decode(listed.stdout).data.count, 1)
end

return tests
