-- remora repl as its users meet it: lines from a pipe, and keys on a terminal (by script(1), which
-- every Debian has).

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local process = require "process"
local system = require "system"
local lu = require "luaunit"

local SIGKILL = 9

local tests = {}
local directory
local HERE -- the environment that says where history and settings are

function tests.setUp()
  directory = fs.temporary()
  HERE = { HOME = directory.path, XDG_STATE_HOME = directory.path .. "/state" }
end

function tests.tearDown()
  fs.remove_tree(directory.path)
end

local function piped(lines, ...)
  return cli.run { cwd = directory.path, env = HERE, stdin = table.concat(lines, "\n") .. "\n",
    "repl", "--quiet", ... }
end

-- What a line shows, one after the other in one session.
local SHOWN = {
  { "1 + 1", "2\n" },
  { "_ * 2", "4\n" },
  { "'text'", '"text"\n' },
  { "nil", "nil\n" },
  { "remora.null", "null\n" },
  { "x = { b = { 1, 2 }, a = {} }", "" },
  { "x", '{ "a": {}, "b": [1, 2] }\n' },
  { "x.x = x; return x.x == x, 0 / 0", "true\n-nan\n" },
  { "x = nil", "" },
  { "local y, z = 1, 2", "" },
  { "y + z", "3\n" },
  { "local function f() return y end", "" },
  { "f()", "1\n" },
  { "local y = 3; y = y + 1", "" },
  { "y", "4\n" },
  { "1, 'two'", '1\n"two"\n' },
  { "for i = 1, 2 do\nprint(i)\nend", "1\n2\n" },
  { "print", "print(...)\n  Prints on the standard output, with secrets hidden.\n\n"
    .. "  ...: any; tables are shown as JSON\n" },
  { "#remora.cc.search_set {\nbk_biz_id = 1 }.info", "5\n" },
}

function tests.test_lines_of_a_pipe()
  local lines, expected = {}, {}
  for i, row in ipairs(SHOWN) do lines[i], expected[i] = row[1], row[2] end
  local result = piped(lines)
  lu.assertEquals(result.stdout:gsub("%-?nan", "-nan"), table.concat(expected))
  lu.assertEquals({ result.code, result.stderr }, { 0, "" })
end

function tests.test_failures_do_not_end_it()
  local result = piped {
    "remora.cc.search_set { bk_biz_id = 'x' }",
    "nothing_of_that_name",
    "local y <const> = 1; return y, z",
    "x = = 1",
    "'still here'",
  }
  lu.assertEquals({ result.code, result.stdout }, { 1, '"still here"\n' })
  lu.assertEquals(result.stderr,
    "error: cc.search_set: bk_biz_id is a string, it must be an integer\n"
    .. "error: (repl):1: the name 'nothing_of_that_name' is not known\n"
    .. "  1 | nothing_of_that_name\n"
    .. "error: (repl):1: the name 'z' is not known\n  1 | local y <const> = 1; return y, z\n"
    .. "error: (repl):1: unexpected symbol near '='\n  1 | x = = 1\n")
end

function tests.test_an_incomplete_end()
  local result = piped { "x = {", "1," }
  lu.assertEquals(result.code, 1)
  lu.assertStrContains(result.stderr, "unexpected symbol near <eof>")
end

function tests.test_leaving()
  for _, word in ipairs { "exit", "quit()", " exit ()" } do
    lu.assertEquals(piped({ word, "1" }).stdout, "", word)
  end
end

function tests.test_read_only()
  local result = piped({
    "remora.cc.create_set { bk_biz_id = 1, bk_parent_id = 1, bk_set_name = 's' }",
  }, "--read-only")
  lu.assertEquals(result.code, 1)
  lu.assertStrContains(result.stderr, "cc.create_set: this call writes")
end

function tests.test_limits_are_for_each_line()
  local result = piped({ "while true do end", "1", "while true do end", "2" },
    "--instructions", "100000")
  lu.assertEquals(result.stdout, "1\n2\n")
  local _, count = result.stderr:gsub("error: too many instructions", "")
  lu.assertEquals(count, 2)
end

-- What help() has to lead to: asked, words in the answer.
local HELP = {
  { "help()", "remora.batch(call, args, items)" },
  { "help", "Finding the right one" },
  { "remora", "Finding the right one" },
  { "help 'list process'", "cc.list_process_related_info" },
  { "help 'no such thing'", 'no call has "no such thing"' },
  { "help(remora.job)", "job.manage_proc" },
  { "remora.gse", "gse.operate_proc_multi" },
  { "help(remora.cc.update_process_instance)", "processes[].bk_process_id*" },
  { "remora.cc.update_process_instance", "processes[].bk_process_id*" },
  { "help 'update_process_instance'", "processes[].bk_process_id*" },
  { "help(remora.pages)", "for row in remora.pages(" },
  { "help 'pages'", "for row in remora.pages(" },
  { "help(remora.json.decode)", "the value of a JSON text" },
  { "help(5)", "there is no help on 5" },
}

function tests.test_help()
  for _, row in ipairs(HELP) do
    local result = piped { row[1] }
    lu.assertStrContains(result.stdout:lower(), row[2]:lower())
    lu.assertEquals({ result.code, result.stderr }, { 0, "" })
  end
end

-- A chroot may come without pseudo-terminals; what happens at one cannot be seen there.
local function needs_terminal()
  local probe <close> = assert(process.spawn { argv = { "script", "-qec", "true", "/dev/null" },
    stdout = "pipe", stderr = "pipe" })
  lu.skipIf(probe:wait(60) ~= 0, "this machine has no pseudo-terminals")
end

-- Keys as a terminal sends them; script(1) makes the terminal and keeps what it showed.
local function typed(keys)
  local environment = { TERM = "xterm" }
  for name, value in pairs(HERE) do environment[name] = value end
  for name in pairs(system.environ()) do
    if name:find("^BK_") or name == "REMORA_PLATFORM" then environment[name] = false end
  end
  local running <close> = assert(process.spawn {
    argv = { "script", "-qec", cli.program() .. " repl --quiet", directory.path .. "/typescript" },
    env = environment, cwd = directory.path, stdin = keys, stdout = "pipe", stderr = "pipe",
  })
  local code = running:wait(120)
  return (running:read_stdout():gsub("\r", "")), code
end

function tests.test_keys()
  needs_terminal()
  local screen, code = typed "1 + 41\nremora.cc.list_process_rel\t\n'中文'\nexit\n"
  lu.assertEquals(code, 0, screen)
  lu.assertStrContains(screen, "\n42\n")
  lu.assertStrContains(screen, "cc.list_process_related_info\n  Pages through processes together")
  lu.assertStrContains(screen, '\n"中文"\n')
end

-- What kills everything around it leaves it without a terminal, as a lost connection does.
function tests.test_it_ends_with_its_terminal()
  needs_terminal()
  local around <close> = assert(process.spawn { detached = true, cwd = directory.path, env = HERE,
    argv = { "sh", "-c", ("tail -f /dev/null | script -qfec 'echo $$ > pid; exec %s repl' seen")
      :format(cli.program()) }, stdout = "/dev/null", stderr = "/dev/null" })
  local function becomes(look)
    for _ = 1, 600 do
      if look() then return true end
      system.sleep(0.1)
    end
    return false
  end
  lu.assertTrue(becomes(function()
    return (system.read_file(directory.path .. "/seen") or ""):find("help() explains", 1, true)
  end), "it never began")
  local running = "/proc/" .. fs.read(directory.path .. "/pid"):match "%d+" .. "/exe"
  lu.assertNotNil(system.stat(running))
  around:kill(SIGKILL)
  lu.assertTrue(becomes(function() return not system.stat(running) end), "it goes on")
end

function tests.test_history()
  needs_terminal()
  typed "'first'\n1 --[[bk_token]]\nexit\n"
  local path = directory.path .. "/state/remora/history"
  lu.assertEquals(fs.read(path), "'first'\nexit\n")
  lu.assertEquals(assert(system.stat(path)).mode & 511, 384) -- 0600
  local screen = typed "\27[A\27[A\nexit\n"
  lu.assertStrContains(screen, '\n"first"\n')
end

return tests
