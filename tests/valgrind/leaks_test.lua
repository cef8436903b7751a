-- valgrind over whole runs: nothing is read before it is written, and every byte is given back.
-- Only for the plain build; sanitizers watch the other one.

local cli = require("tests.support.cli")
local fetcher_word = require("remora.watch.fetcher_word")
local fs = require("tests.support.fs")
local json = require("json")
local lu = require("luaunit")
local process = require("process")
local repository = require("tests.support.repository")
local source = require("tests.support.source")
local system = require("system")

local VALGRIND = {
  "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=all",
  "--errors-for-leak-kinds=all", "--error-exitcode=99",
  "--suppressions=" .. source.directory() .. "/tests/valgrind/linker.supp",
}

-- Runs the program under valgrind in a directory {path, stdin?}; gives its exit code and what was
-- said.
local function watched(directory, ...)
  local argv = table.move(VALGRIND, 1, #VALGRIND, 1, {})
  argv[#argv + 1] = cli.program()
  table.move({ ... }, 1, select("#", ...), #argv + 1, argv)
  local running <close> = assert(process.spawn {
    argv = argv, cwd = directory.path, stdin = directory.stdin, stdout = "pipe", stderr = "pipe",
    env = { HOME = directory.path, REMORA_PLATFORM = false, REMORA_LEAK_CHECK = "1" },
  })
  local code = running:wait(240)
  return code, running:read_stdout() .. running:read_stderr()
end

local tests = {}

function tests.test_apply_and_plan_leave_nothing_behind()
  local directory <close> = fs.temporary()
  local playbook = source.directory() .. "/playbooks/web.yml"
  local code, said = watched(directory, "apply", playbook)
  lu.assertEquals(code, 0, said)
  code, said = watched(directory, "plan", "--detailed-exitcode", playbook)
  lu.assertEquals(code, 0, said)
end

function tests.test_fetching_for_watch_leaves_nothing_behind()
  local directory <close> = fs.temporary()
  local made = repository(directory.path)
  local id = made:commit {}
  local wish = { copy = "copies/one" }
  for url, answer in pairs { [made.url] = id, [made.url .. "x"] = "git.unreachable" } do
    wish.url = url
    directory.stdin = json.encode { wish = wish, parent = system.pid() }
    local code, said = watched(directory, fetcher_word)
    lu.assertEquals(code, 0, said)
    lu.assertStrMatches(said, '{[^\n]*"' .. answer:gsub("%.", "%%.") .. '"[^\n]*}')
  end
end

function tests.test_refusals_leave_nothing_behind()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/bad.yml", "playbook: bad\nbusiness: demo\nfoo: [1, {a: b}]\n")
  local code, said = watched(directory, "check", "bad.yml")
  lu.assertEquals(code, 1, said)
  code, said = watched(directory, "--platform", "http://127.0.0.1:1", "call", "search_set",
    '{"bk_biz_id": 1}')
  lu.assertEquals(code, 1, said)
end

return tests
