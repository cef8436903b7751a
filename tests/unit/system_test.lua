-- The module "system": files, clocks and the process.

local fs = require("tests.support.fs")
local luaunit = require("luaunit")
local system = require("system")

return {
  test_write_then_read = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/a"
    for _, text in ipairs({ "", "one\n", ("x"):rep(300000) .. "\0end" }) do
      luaunit.assertTrue(system.write_file(path, text))
      luaunit.assertEquals(system.read_file(path), text)
    end
    luaunit.assertEquals(system.list(directory.path), { "a" }) -- no temporary file is left
  end,

  test_write_sets_the_mode = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/secret"
    assert(system.write_file(path, "s", tonumber("600", 8)))
    local status = system.stat(path)
    luaunit.assertEquals(status.mode, tonumber("600", 8))
    luaunit.assertEquals(status.type, "file")
    luaunit.assertEquals(status.size, 1)
    luaunit.assertEquals(status.uid, system.uid())
    luaunit.assertTrue(math.abs(status.mtime - system.time()) < 3600)
  end,

  test_a_failed_write_leaves_nothing = function()
    local directory <close> = fs.temporary()
    assert(system.mkdir(directory.path .. "/taken"))
    local ok, failure = system.write_file(directory.path .. "/taken", "text")
    luaunit.assertNil(ok)
    luaunit.assertEquals(failure.code, "system.eisdir")
    luaunit.assertEquals(system.list(directory.path), { "taken" })
  end,

  test_failures_are_values_with_the_path = function()
    for _, call in ipairs({ system.read_file, system.stat, system.list, system.remove, system.lock }) do
      local ok, failure = call("/nonexistent/file")
      luaunit.assertNil(ok)
      luaunit.assertEquals(failure, {
        code = "system.enoent", message = "/nonexistent/file: No such file or directory",
      })
    end
  end,

  test_mkdir_makes_parents_and_accepts_what_exists = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/a/b/c"
    luaunit.assertTrue(system.mkdir(path))
    luaunit.assertTrue(system.mkdir(path))
    luaunit.assertEquals(system.stat(path).type, "directory")
    fs.write(directory.path .. "/file", "")
    local _, failure = system.mkdir(directory.path .. "/file/below")
    luaunit.assertEquals(failure.code, "system.enotdir")
  end,

  test_a_lock_has_one_holder = function()
    local directory <close> = fs.temporary()
    local path = directory.path .. "/lock"
    local lock = assert(system.lock(path))
    local other, failure = system.lock(path)
    luaunit.assertNil(other)
    luaunit.assertEquals(failure.code, "system.locked")
    lock:close()
    lock:close()
    assert(system.lock(path)):close()
  end,

  test_clocks = function()
    local before = system.monotonic()
    luaunit.assertTrue(system.sleep(0.002))
    luaunit.assertTrue(system.monotonic() - before >= 0.002)
    luaunit.assertTrue(system.time() > 1700000000)
    luaunit.assertError(system.sleep, -1)
  end,

  test_random_is_hexadecimal_and_differs = function()
    luaunit.assertStrMatches(system.random_hex(16), "%x+")
    luaunit.assertEquals(#system.random_hex(16), 32)
    luaunit.assertNotEquals(system.random_hex(16), system.random_hex(16))
    luaunit.assertError(system.random_hex, 65)
  end,

  test_the_process = function()
    luaunit.assertEquals(system.environ().PATH, system.getenv("PATH"))
    luaunit.assertNil(system.getenv("REMORA_NO_SUCH_VARIABLE"))
    luaunit.assertStrMatches(system.getcwd(), "/.*")
    luaunit.assertStrMatches(system.exe(), "/.*remora%-test")
    luaunit.assertEquals(system.interrupted(), 0)
    luaunit.assertTrue(system.pid() > 1)
    luaunit.assertTrue(#system.hostname() > 0)
    luaunit.assertTrue(#system.username() > 0)
    luaunit.assertFalse(system.isatty(99))
    luaunit.assertNil(system.terminal_width(99))
  end,
}
