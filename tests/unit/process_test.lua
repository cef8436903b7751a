-- The module "process": starting programs and reading them without blocking.

local fs = require("tests.support.fs")
local lu = require("luaunit")
local process = require("process")
local system = require("system")

local function shell(script, options)
  local request = { argv = { "sh", "-c", script }, stdout = "pipe", stderr = "pipe" }
  for name, value in pairs(options or {}) do request[name] = value end
  return assert(process.spawn(request))
end

return {
  test_output_and_exit_code = function()
    local child <close> = shell("echo out; echo err >&2; exit 7")
    lu.assertEquals(child:wait(60), 7)
    lu.assertEquals(child:wait(), 7) -- and again
    lu.assertEquals(child:read_stdout(), "out\n")
    lu.assertEquals(child:read_stderr(), "err\n")
    lu.assertEquals(child:read_stdout(), "")
  end,

  test_big_output_and_input_do_not_block_each_other = function()
    local text = ("0123456789abcdef"):rep(65536) -- 1 MiB, more than any pipe holds
    local child <close> = shell("cat; head -c 1000000 /dev/zero >&2", { stdin = text })
    lu.assertEquals(child:wait(60), 0)
    lu.assertTrue(child:read_stdout() == text)
    lu.assertEquals(#child:read_stderr(), 1000000)
  end,

  test_stdin_is_empty_unless_given = function()
    local child <close> = shell("cat")
    lu.assertEquals(child:wait(60), 0)
    lu.assertEquals(child:read_stdout(), "")
  end,

  test_lines = function()
    local child <close> = shell("echo one; echo; printf end; exec >&-; sleep 60")
    lu.assertEquals(child:read_line(60), "one")
    lu.assertEquals(child:read_line(60), "")
    lu.assertEquals(child:read_line(60), "end")
    local line, failure = child:read_line(60)
    lu.assertNil(line)
    lu.assertNil(failure)
  end,

  test_timeouts = function()
    local child <close> = shell("sleep 60")
    local code, failure = child:wait(0.01)
    lu.assertNil(code)
    lu.assertEquals(failure.code, "process.timeout")
    local _, line_failure = child:read_line(0.01)
    lu.assertEquals(line_failure.code, "process.timeout")
  end,

  test_a_line_that_is_there_needs_no_time = function()
    local directory <close> = fs.temporary()
    local written = directory.path .. "/written"
    local child <close> = shell("echo one; : >" .. written .. "; exec sleep 60")
    repeat system.sleep(0.001) until system.stat(written)
    lu.assertEquals(child:read_line(0), "one")
    local _, failure = child:read_line(0)
    lu.assertEquals(failure.code, "process.timeout")
  end,

  test_signals = function()
    local child <close> = shell("exec sleep 60")
    lu.assertTrue(child:kill(9))
    local code, signal = child:wait(60)
    lu.assertNil(code)
    lu.assertEquals(signal, 9)
    lu.assertFalse(child:kill(9))
  end,

  -- A writer to a closed pipe, or beyond the largest file, has to end.
  test_signals_that_we_ignore_end_a_child = function()
    for name, number in pairs { PIPE = 13, XFSZ = 25 } do
      local child <close> = shell("ulimit -c 0; kill -" .. name .. " $$; exit 3")
      local code, signal = child:wait(60)
      lu.assertNil(code, name)
      lu.assertEquals(signal, number)
    end
  end,

  test_environment_is_ours_with_changes = function()
    local env = { GIVEN = "x", HOME = false }
    local child <close> = shell('echo "$GIVEN/${HOME-none}/${PATH:+path}"', { env = env })
    lu.assertEquals(child:wait(60), 0)
    lu.assertEquals(child:read_stdout(), "x/none/path\n")
  end,

  test_directory_and_output_files = function()
    local directory <close> = fs.temporary()
    local child <close> = shell("pwd; echo problem >&2", {
      cwd = directory.path, stdout = directory.path .. "/out", stderr = directory.path .. "/err",
    })
    lu.assertEquals(child:wait(60), 0)
    lu.assertStrContains(fs.read(directory.path .. "/out"), directory.path:match("[^/]+$"))
    lu.assertEquals(fs.read(directory.path .. "/err"), "problem\n")
  end,

  test_what_cannot_start_is_a_failure = function()
    local child, failure = process.spawn({ argv = { "/nonexistent/program" } })
    lu.assertNil(child)
    lu.assertEquals(failure.code, "system.enoent")
    lu.assertErrorMsgContains("env", process.spawn, { argv = { "true" }, env = { A = 1 } })
    lu.assertErrorMsgContains("unknown option", process.spawn, { argv = { "true" }, dir = "/" })
  end,

  -- Its shell's number is that of its session and of its group, which end together.
  test_what_is_detached_leads_its_own_session = function()
    local child <close> = shell("sleep 60 & cut -d' ' -f1,5,6 /proc/$$/stat; wait",
      { detached = true })
    local pid = child:pid()
    lu.assertEquals(child:read_line(60), ("%d %d %d"):format(pid, pid, pid))
    lu.assertTrue(child:kill(9))
    lu.assertEquals({ child:wait(60) }, { nil, 9 })
    lu.assertNil((child:read_line(60))) -- the other one had the pipe, too
  end,

  test_what_is_detached_has_no_descriptor_of_ours = function()
    local open <close> = assert(io.open("/dev/null")) -- such as a library would leave open
    local child <close> = shell("echo ready; sleep 60", { detached = true })
    lu.assertEquals(child:read_line(60), "ready") -- before, its libraries are opened and closed
    local names = assert(system.list(("/proc/%d/fd"):format(child:pid())))
    child:kill(9)
    table.sort(names)
    lu.assertEquals(names, { "0", "1", "2" })
    lu.assertNotNil(open)
  end,

  test_what_is_detached_lives_on = function()
    local child = shell("exec sleep 60", { detached = true })
    local pid = child:pid()
    child:close()
    local ending <close> = process.spawn { argv = { "/bin/kill", "-9", tostring(pid) } }
    lu.assertEquals(ending:wait(60), 0)
  end,

  test_a_closed_process_is_gone = function()
    local child = shell("sleep 60")
    child:close()
    child:close()
    lu.assertFalse(child:kill(0))
  end,
}
