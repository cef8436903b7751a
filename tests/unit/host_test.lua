-- The Lua host as a process: where code comes from, tracebacks, exit codes, signals, limits.

local cli = require("tests.support.cli")
local fs = require("tests.support.fs")
local lu = require("luaunit")
local source = require("tests.support.source")
local system = require("system")

local BUG, ERROR, USAGE = 70, 1, 64
local SIGHUP, SIGINT = 1, 2
local EXECUTABLE = tonumber("755", 8)

-- Prints the number of interrupts each time it grows, from 0; two are enough.
local COUNTING = [[
  local system = require("system")
  return function()
    local seen = -1
    repeat
      if system.interrupted() > seen then
        seen = seen + 1
        io.stdout:write(seen, "\n"):flush()
      end
      system.sleep(0.005)
    until seen == 2
    return 130
  end]]

-- Runs the program with this text as its entry module.
local function run_main(text, options)
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/remora/main.lua", text)
  local request = { env = { REMORA_LUA_DIR = directory.path } }
  for name, value in pairs(options or {}) do
    if name == "env" then
      for variable, content in pairs(value) do request.env[variable] = content end
    else
      request[name] = value
    end
  end
  return cli.run(request), directory.path
end

-- Starts the same without waiting, and hands it to `watch`.
local function with_main(text, watch, hangup)
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/remora/main.lua", text)
  local child <close> = cli.start({
    env = { REMORA_LUA_DIR = directory.path }, cwd = directory.path, hangup = hangup,
  })
  watch(child)
end

return {
  test_main_gets_the_arguments_and_gives_the_exit_code = function()
    local text = "return function(argv) print(#argv, argv[1], argv[2]) return 5 end"
    local result = run_main(text, { "a b", "--flag" })
    lu.assertEquals(result, { code = 5, stdout = "2\ta b\t--flag\n", stderr = "" })
  end,

  test_an_error_is_a_bug_with_file_and_line = function()
    local texts = {
      "\nreturn function() error('broken') end",
      "\nerror('broken')",
      "\nreturn function() error(setmetatable({}, {__name = 'broken'})) end",
    }
    for _, text in ipairs(texts) do
      local result, directory = run_main(text)
      lu.assertEquals(result.code, BUG)
      lu.assertStrContains(result.stderr, "broken")
      lu.assertStrContains(result.stderr, directory .. "/remora/main.lua:2: in ")
      lu.assertStrContains(result.stderr, "stack traceback:")
    end
  end,

  test_embedded_code_has_its_place_in_the_source_tree = function()
    local place = debug.getinfo(require("remora.core.fault").new, "S").source
    lu.assertEquals(place, "@lua/remora/core/fault.lua")
  end,

  test_an_exit_code_is_required = function()
    for _, returned in ipairs({ "", "return nil", "return 'text'", "return 300", "return -1" }) do
      local result = run_main("return function() " .. returned .. " end")
      lu.assertEquals(result.code, BUG)
      lu.assertStrContains(result.stderr, "no exit code")
    end
  end,

  test_nothing_loads_from_the_working_directory = function()
    local directory <close> = fs.temporary()
    local trap = "io.stdout:write('trapped') os.exit(99)"
    for _, name in ipairs({ "remora/main", "remora/core/strict", "argparse", "json", "system" }) do
      fs.write(directory.path .. "/" .. name .. ".lua", trap)
    end
    local result = cli.run({ "--version", cwd = directory.path, env = {
      LUA_PATH = "./?.lua", LUA_PATH_5_4 = "./?.lua", LUA_CPATH = "./?.so", LUA_INIT = trap,
      REMORA_LUA_DIR = "",
    } })
    lu.assertEquals(result.code, 0)
    lu.assertStrMatches(result.stdout, "remora %d+%.%d+%.%d+\n")
  end,

  test_what_talks_to_nobody_needs_no_library_of_the_network = function()
    local directory <close> = fs.temporary()
    local alone = directory.path .. "/remora"
    assert(system.write_file(alone, fs.read(cli.program()), EXECUTABLE))
    local playbook = source.directory() .. "/playbooks/web.yml"
    for _, words in ipairs { { "--version" }, { "apply", "--help" }, { "check", playbook } } do
      words.program = alone
      lu.assertEquals(cli.run(words).code, 0)
    end
    local result = cli.run { program = alone, "call", "search_business" }
    lu.assertEquals(result.code, BUG)
    lu.assertStrContains(result.stderr, "http_client.so: cannot open")
  end,

  test_libraries_beside_the_program_are_found_however_it_is_started = function()
    for _, words in ipairs {
      'ln -s "$PROGRAM" link && ./link run -e "$SCRIPT"',
      'PATH=${PROGRAM%/*}:$PATH && "${PROGRAM##*/}" run -e "$SCRIPT"',
      'printf "#!%s run\n%s\n" "$PROGRAM" "$SCRIPT" > script && chmod +x script && ./script',
    } do
      local result = cli.run { program = "/bin/sh", "-c", words,
        env = { PROGRAM = cli.program(), SCRIPT = "print(remora.cc.search_business{} ~= nil)" } }
      lu.assertEquals({ result.code, result.stdout }, { 0, "true\n" }, words .. result.stderr)
    end
  end,

  test_only_chosen_library_functions_exist = function()
    lu.assertEquals(package.path, "")
    lu.assertEquals(package.cpath, "")
    lu.assertNil(package.loadlib)
    lu.assertNil(io.popen)
    lu.assertNil(os.execute)
    lu.assertNil(rawget(_G, "dofile"))
    lu.assertNil(rawget(_G, "loadfile"))
    lu.assertErrorMsgContains("not found", require, "no.such.module")
  end,

  test_the_memory_limit = function()
    local text = "return function() local t = {} while true do t[#t + 1] = {} end end"
    local result = run_main(text, { env = { REMORA_MEMORY_LIMIT = "16" } })
    lu.assertEquals(result.code, ERROR)
    lu.assertStrContains(result.stderr, "out of memory at 16 MB")
  end,

  test_a_memory_limit_that_is_none_is_told = function()
    for _, text in ipairs { "abc", "0", "-1", "12x", "1.5", " 12", ("9"):rep(30) } do
      local result = cli.run { "--version", env = { REMORA_MEMORY_LIMIT = text } }
      lu.assertEquals(result, { code = USAGE, stdout = "", stderr = "error: REMORA_MEMORY_LIMIT: '"
        .. text .. "' is not a whole number of megabytes above zero\n" })
    end
    for _, text in ipairs { "", "64", "064" } do
      lu.assertEquals(cli.run({ "--version", env = { REMORA_MEMORY_LIMIT = text } }).code, 0)
    end
  end,

  test_the_memory_limit_in_a_coroutine_whose_error_is_raised_again = function()
    local result = run_main([[
      return function()
        local co = coroutine.create(function() local t = {} while true do t[#t + 1] = {} end end)
        local _, message = coroutine.resume(co)
        coroutine.close(co)
        co = nil
        collectgarbage()
        error(debug.traceback(message), 0)
      end]], { env = { REMORA_MEMORY_LIMIT = "16" } })
    lu.assertEquals(result.code, ERROR)
    lu.assertStrContains(result.stderr, "out of memory at 16 MB")
    lu.assertNotStrContains(result.stderr, "bug")
  end,

  -- 12 MB of garbage while little is in use: to look for it after every megabyte would cost more
  -- than it gives back, and not to look at all would keep it.
  test_the_collector_rests_while_who_waits_has_little_in_use = function()
    local result = run_main([[
      local cycles, most = 0, 0
      local each_cycle = {}
      function each_cycle.__gc()
        cycles = cycles + 1
        setmetatable({}, each_cycle)
      end
      return function()
        setmetatable({}, each_cycle)
        local net = require("remora.net.loop").new()
        net:run(function()
          for i = 1, 600 do
            assert(#("x"):rep(20000 + i) > 0)
            most = math.max(most, collectgarbage("count"))
            net:sleep(0)
          end
        end)
        print(cycles >= 1 and cycles <= 4, most < 8192)
        return 0
      end]], { env = { REMORA_GC_STRESS = false } })
    lu.assertEquals(result, { code = 0, stdout = "true\ttrue\n", stderr = "" })
  end,

  test_the_memory_limit_while_json_is_read = function()
    local result = run_main([[
      local text = "[" .. ("[1],"):rep(300000) .. "1]"
      return function() return #require("json").decode(text) end
    ]], { env = { REMORA_MEMORY_LIMIT = "16", LSAN_OPTIONS = "detect_leaks=0" } }) -- lua-cjson's
    lu.assertEquals(result.code, ERROR)
    lu.assertStrContains(result.stderr, "out of memory at 16 MB")
  end,

  test_output_that_cannot_be_written_is_no_success = function()
    local directory <close> = fs.temporary()
    fs.write(directory.path .. "/remora/main.lua",
      "return function() io.write('result') return 0 end")
    local process = require("process")
    local child <close> = assert(process.spawn({
      argv = { cli.program() }, env = { REMORA_LUA_DIR = directory.path },
      stdout = "/dev/full", stderr = "pipe",
    }))
    lu.assertEquals(child:wait(60), ERROR)
    lu.assertStrContains(child:read_stderr(), "No space left on device")
  end,

  test_interrupts_are_counted_for_lua = function()
    with_main(COUNTING, function(child)
      for count = 0, 2 do
        lu.assertEquals(child:read_line(60), tostring(count))
        if count < 2 then child:kill(SIGINT) end
      end
      lu.assertEquals(child:wait(60), 130)
    end)
  end,

  -- The system and the shell both tell of a terminal that is gone.
  test_a_hangup_is_an_interrupt_however_often_it_comes = function()
    with_main(COUNTING, function(child)
      lu.assertEquals(child:read_line(60), "0")
      child:kill(SIGHUP)
      lu.assertEquals(child:read_line(60), "1")
      for _ = 1, 3 do
        child:kill(SIGHUP)
        lu.assertNil(child:read_line(0.05))
      end
      child:kill(SIGINT)
      lu.assertEquals(child:read_line(60), "2")
      lu.assertEquals(child:wait(60), 130)
    end, "default")
  end,

  test_a_hangup_that_is_ignored_stays_so = function()
    with_main(COUNTING, function(child)
      lu.assertEquals(child:read_line(60), "0")
      child:kill(SIGHUP)
      lu.assertNil(child:read_line(0.05))
      child:kill(SIGINT)
      lu.assertEquals(child:read_line(60), "1")
    end, "ignore")
  end,

  test_the_third_interrupt_ends_a_stuck_program = function()
    local stuck = "io.stdout:write('0\\n'):flush() return function() while true do end end"
    with_main(stuck, function(child)
      lu.assertEquals(child:read_line(60), "0")
      local signal
      repeat -- signals sent at once may arrive as one
        child:kill(SIGINT)
        signal = select(2, child:wait(0.01))
      until type(signal) == "number"
      lu.assertEquals(signal, SIGINT)
    end)
  end,
}
