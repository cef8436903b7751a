-- Command lines: flags, their environment twins, and what is said about mistakes.

local lu = require "luaunit"
local parser = require "remora.cli.parser"

local tests = {}

local function parse(line, variables)
  local argv = {}
  for word in line:gmatch "%S+" do argv[#argv + 1] = word end
  return parser.parse(argv, function(name) return variables and variables[name] end)
end

function tests.test_flags_stand_before_and_after_the_command()
  for _, line in ipairs {
    "--json --timeout 5 calls search_set",
    "calls search_set --json --timeout=5",
  } do
    local parsed = parse(line)
    lu.assertEquals(parsed.command.name, "calls")
    lu.assertEquals(parsed.args.name, "search_set")
    lu.assertTrue(parsed.args.json)
    lu.assertEquals(parsed.args.timeout, 5)
  end
end

function tests.test_the_value_of_a_flag_is_not_taken_for_the_command()
  lu.assertEquals(parse("--profile call calls").command.name, "calls")
end

function tests.test_every_flag_has_a_twin()
  local variables = { REMORA_PLATFORM = "http://a.b", REMORA_NO_COLOR = "yes", REMORA_JSON = "0",
    REMORA_PARALLELISM = "3", REMORA_MARKDOWN = "1", REMORA_PROFILE = "" }
  local args = parse("calls", variables).args
  lu.assertEquals(args.platform, "http://a.b")
  lu.assertTrue(args.no_color)
  lu.assertNil(args.json)
  lu.assertNil(args.profile)
  lu.assertEquals(args.parallelism, 3)
  lu.assertTrue(args.markdown)
  lu.assertEquals(parse("calls --platform http://c.d", variables).args.platform, "http://c.d")
end

function tests.test_the_twin_of_a_flag_that_may_be_repeated_is_a_list_too()
  local variables = { REMORA_VAR = "a=1" }
  lu.assertEquals(parse("plan x.yml", variables).args.var, { "a=1" })
  lu.assertEquals(parse("plan x.yml --var b=2 --var c=3", variables).args.var, { "b=2", "c=3" })
  lu.assertEquals(parse("plan x.yml").args.var, {})
end

-- A command line, and what its numbers are: given, from the environment, or by default.
local NUMBERS = {
  { "apply x --sync-timeout 0.5", "sync_timeout", 0.5 },
  { "apply x", "sync_timeout", 7.5 },
  { "apply x", "settle", 10 },
  { "apply x --settle 0", "settle", 0 },
  { "apply x --max-failures 3", "max_failures", 3 },
  { "apply x", "max_failures", nil },
  { "history", "limit", 20 },
  { "run x --memory 64", "memory", 64 },
  { "platform serve", "sync_delay", 0.2 },
}

function tests.test_numbers()
  for _, row in ipairs(NUMBERS) do
    local args = parse(row[1], { REMORA_SYNC_TIMEOUT = "7.5" }).args
    lu.assertEquals(args[row[2]], row[3], row[1])
  end
end

function tests.test_mistakes()
  for _, row in ipairs {
    { "", "which command?" },
    { "cal", "no command 'cal'", 'did you mean "remora call"?' },
    { "help", "no command 'help'", "remora --help shows what there is" },
    { "calls --jsn", "--jsn", 'did you mean "--json"?' },
    { "calls --makdown", "--makdown", 'did you mean "--markdown"?' },
    { "calls one two", "too many arguments" },
    { "call", "name", "remora call --help shows what there is" },
    { "platform fault add", "rules", "remora platform fault add --help shows what there is" },
    { "calls --timeout soon", "soon" },
    { "calls --timeout -1", "-1" },
    { "calls --parallelism 1.5", "1.5" },
    { "calls --route bus", "route" },
    { "apply x --sync-timeout 0", "--sync-timeout: '0' is not a number above zero" },
    { "apply x --settle=-1", "--settle: '-1' is not a number of seconds" },
    { "apply x --max-failures 0", "--max-failures: '0' is not a whole number above zero" },
    { "plan x --parallelism 0", "--parallelism: '0' is not a whole number from 1 to 4096" },
    { "plan x --parallelism 4097", "--parallelism: '4097' is not a whole number from 1 to 4096" },
    { "history --limit 2.5", "--limit: '2.5' is not a whole number above zero" },
    { "calls --timeout", "timeout" },
  } do
    local parsed, refused = parse(row[1])
    lu.assertNil(parsed, row[1])
    lu.assertEquals(refused.code, "usage")
    lu.assertStrContains(refused.message, row[2])
    if row[3] then lu.assertEquals(refused.hint, row[3]) end
  end
  local _, refused = parse("calls", { REMORA_QUIET = "perhaps" })
  lu.assertStrContains(refused.message, "REMORA_QUIET")
  _, refused = parse("calls", { REMORA_TIMEOUT = "soon" })
  lu.assertEquals(refused.message, "REMORA_TIMEOUT: 'soon' is not a number above zero")
end

function tests.test_what_an_image_says_of_itself_is_no_flag()
  for _, value in ipairs { "0.1.0", "1" } do
    local parsed = parse("history", { REMORA_VERSION = value, REMORA_HELP = value })
    lu.assertEquals(parsed.command.name, "history")
  end
end

function tests.test_help_and_version()
  lu.assertTrue(parse("--version").version)
  lu.assertStrContains(parse("--help").help, "apply")
  lu.assertStrContains(parse("call -h").help, "NAME=VALUE")
  lu.assertStrContains(parse("calls --nonsense --help").help, "--markdown")
end

return tests
