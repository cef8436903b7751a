-- The module "system": files, clocks and the process.

local fs = require("tests.support.fs")
local lu = require("luaunit")
local process = require("process")
local system = require("system")

return {
  test_write_then_read = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/a"
    for _, text in ipairs({ "", "one\n", ("x"):rep(300000) .. "\0end" }) do
      lu.assertTrue(system.write_file(path, text))
      lu.assertEquals(system.read_file(path), text)
    end
    lu.assertEquals(system.list(directory.path), { "a" }) -- no temporary file is left
  end,

  test_reading_no_more_than_is_wanted = function()
    local directory <close> = fs.temporary()
    fs.write(directory.path .. "/a", "12345")
    lu.assertEquals(system.read_file(directory.path .. "/a", 5), "12345")
    for path, most in pairs({ [directory.path .. "/a"] = 4, ["/dev/zero"] = 1000000 }) do
      local text, failure = system.read_file(path, most)
      lu.assertNil(text)
      lu.assertEquals(failure.code, "system.efbig")
    end
  end,

  test_write_sets_the_mode = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/secret"
    assert(system.write_file(path, "s", tonumber("600", 8)))
    local status = system.stat(path)
    lu.assertEquals(status.mode, tonumber("600", 8))
    lu.assertEquals(status.type, "file")
    lu.assertEquals(status.size, 1)
    lu.assertEquals(status.uid, system.uid())
    lu.assertTrue(math.abs(status.mtime - system.time()) < 3600)
  end,

  test_a_link_stays_and_what_it_leads_to_is_written = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/to"
    fs.write(path, "old")
    local link = process.spawn({ argv = { "ln", "-s", "to", directory.path .. "/link" } })
    lu.assertEquals(link:wait(10), 0)
    assert(system.write_file(directory.path .. "/link", "new"))
    lu.assertEquals(system.read_file(path), "new")
    assert(system.remove(path))
    lu.assertNil(system.read_file(directory.path .. "/link"))
  end,

  -- Who says /dev/stdout or /dev/null means just that.
  test_what_is_no_regular_file_is_written_to = function()
    local directory <close> = fs.temporary()
    local pipe, copy = directory.path .. "/pipe", directory.path .. "/copy"
    lu.assertEquals(process.spawn({ argv = { "mkfifo", pipe } }):wait(10), 0)
    local reader = process.spawn({ argv = { "cat", pipe }, stdout = copy })
    assert(system.write_file(pipe, "text"))
    lu.assertEquals(reader:wait(10), 0)
    lu.assertEquals(system.read_file(copy), "text")
    lu.assertEquals(system.stat(pipe).type, "other")
    lu.assertItemsEquals(system.list(directory.path), { "copy", "pipe" })
  end,

  test_a_failed_write_leaves_nothing = function()
    local directory <close> = fs.temporary()
    assert(system.mkdir(directory.path .. "/taken"))
    local ok, failure = system.write_file(directory.path .. "/taken", "text")
    lu.assertNil(ok)
    lu.assertEquals(failure.code, "system.eisdir")
    lu.assertEquals(system.list(directory.path), { "taken" })
  end,

  test_failures_are_values_with_the_path = function()
    for _, name in ipairs({ "read_file", "stat", "list", "remove", "lock" }) do
      local ok, failure = system[name]("/nonexistent/file")
      lu.assertNil(ok)
      lu.assertEquals(failure, {
        code = "system.enoent", message = "/nonexistent/file: No such file or directory",
        reason = "No such file or directory",
      })
    end
  end,

  test_mkdir_makes_parents_and_accepts_what_exists = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/a/b/c"
    lu.assertTrue(system.mkdir(path))
    lu.assertTrue(system.mkdir(path))
    lu.assertEquals(system.stat(path).type, "directory")
    fs.write(directory.path .. "/file", "")
    local _, failure = system.mkdir(directory.path .. "/file/below")
    lu.assertEquals(failure.code, "system.enotdir")
  end,

  test_a_lock_has_one_holder = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/lock"
    local lock = assert(system.lock(path))
    local other, failure = system.lock(path)
    lu.assertNil(other)
    lu.assertEquals(failure.code, "system.locked")
    lock:close()
    lock:close()
    assert(system.lock(path)):close()
  end,

  test_clocks = function()
    local before = system.monotonic()
    lu.assertTrue(system.sleep(0.002))
    lu.assertTrue(system.monotonic() - before >= 0.002)
    lu.assertTrue(system.time() > 1700000000)
    lu.assertError(system.sleep, -1)
  end,

  test_random_is_hexadecimal_and_differs = function()
    lu.assertStrMatches(system.random_hex(16), "%x+")
    lu.assertEquals(#system.random_hex(16), 32)
    lu.assertNotEquals(system.random_hex(16), system.random_hex(16))
    lu.assertError(system.random_hex, 65)
  end,

  test_the_process = function()
    lu.assertEquals(system.environ().PATH, system.getenv("PATH"))
    lu.assertNil(system.getenv("REMORA_NO_SUCH_VARIABLE"))
    lu.assertStrMatches(system.getcwd(), "/.*")
    lu.assertEquals(system.interrupted(), 0)
    lu.assertTrue(system.pid() > 1)
    lu.assertTrue(#system.hostname() > 0)
    lu.assertTrue(#system.username() > 0)
    lu.assertFalse(system.isatty(99))
    lu.assertNil(system.terminal_width(99))
  end,
}
