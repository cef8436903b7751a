-- What apply asks on a terminal before it changes a platform that is not its own.

local cli = require "tests.support.cli"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local troubled = require "tests.support.troubled"
local workplace = require "tests.support.workplace"

local CRON = [[
business: demo
instances:
  - where: { set: tools, module: cron }
    processes: { crond: { bk_func_name: crond, user: root } }
]]

-- What is typed → exit code, what is said then.
local ANSWERS = {
  { "y\n", 3, 'nothing was changed: the answer was not "yes"' },
  { "\n", 3, 'nothing was changed: the answer was not "yes"' },
  { "yes\n", 0, "demo is as cron says" },
}

local tests = {}

function tests.test_only_the_whole_word_is_taken_and_that_is_said()
  local l = loop.new()
  l:run(function()
    local platform <close> = troubled.start(l)
    local directory <close> = workplace.new { ["cron.yml"] = CRON }
    for _, case in ipairs(ANSWERS) do
      -- script gives it a terminal of its own.
      local ran = cli.run { loop = l, cwd = directory.path, program = "script", stdin = case[1],
        env = { REMORA_PLATFORM = platform.url }, "--quiet", "--return", "--command",
        "'" .. cli.program() .. "' apply --no-color cron.yml", "/dev/null" }
      lu.assertEquals(ran.code, case[2], ran.stdout .. ran.stderr)
      lu.assertStrContains(ran.stdout, 'type yes to go on. Only "yes" is taken for yes.')
      lu.assertStrContains(ran.stdout, case[3])
    end
  end)
end

return tests
