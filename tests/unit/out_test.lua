-- What reaches stdout and stderr, and what must not.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local json = require "json"
local out = require "remora.core.out"

local tests = {}

-- A stream that remembers.
local function stream()
  return { text = "",
    write = function(self, text) self.text = self.text .. text return self end,
    flush = function() end }
end

local function open(options)
  options = options or {}
  options.stdout, options.stderr = stream(), stream()
  return out.new(options), options.stdout, options.stderr
end

function tests.test_results_and_remarks_go_their_own_ways()
  local o, stdout, stderr = open()
  o:result("done")
  o:note("%d of %d", 1, 2)
  o:warn("100% sure")
  o:error(fault.new { code = "a", message = "no" }, { "not done: x" })
  lu.assertEquals(stdout.text, "done\n")
  lu.assertEquals(stderr.text, "1 of 2\nwarning: 100% sure\nerror: no\n  not done: x\n")
end

function tests.test_quiet_keeps_warnings_and_results()
  local o, stdout, stderr = open { quiet = true }
  o:note("hidden")
  o:warn("seen")
  o:result("seen")
  lu.assertEquals(stdout.text .. stderr.text, "seen\nwarning: seen\n")
end

function tests.test_json_prints_one_line_each()
  local o, stdout, stderr = open { json = true }
  o:event { event = "step", n = 1 }
  o:result { a = { 1 } }
  o:result("done")
  o:error(fault.new { code = 5, message = "no" })
  lu.assertEquals(stdout.text, '{"event":"step","n":1,"version":1}\n{"a":[1]}\n'
    .. '{"event":"result","message":"done","version":1}\n')
  local line = json.decode(stderr.text)
  lu.assertEquals(line.fault, { code = 5, message = "no" })
end

function tests.test_json_makes_every_remark_a_line_too()
  local o, stdout, stderr = open { json = true }
  o:note("%d of %d", 1, 2)
  o:warn("careful")
  o:trace("sent")
  lu.assertEquals(stdout.text, "")
  local events = {}
  for line in stderr.text:gmatch("[^\n]+") do
    local each = json.decode(line)
    lu.assertEquals(each.version, 1)
    events[#events + 1] = each.event .. ": " .. each.message
  end
  lu.assertEquals(events, { "note: 1 of 2", "warning: careful", "trace: sent" })
end

function tests.test_text_of_others_does_not_steer_the_terminal()
  for text, shown in pairs {
    ["a\27[2Jb"] = "a?[2Jb", ["a\27]0;title\7b"] = "a?]0;title?b", ["a\rb\0c\127"] = "a?b?c?",
    ["\27[1;31mred\27[0m"] = "\27[1;31mred\27[0m", ["a\tb\nc"] = "a\tb\nc", ["进程"] = "进程",
    ["\27[31"] = "?[31", ["\27"] = "?", ["a\xFFb\xE8\xBF"] = "a\u{FFFD}b\u{FFFD}\u{FFFD}",
  } do
    local o, stdout = open()
    o:result(text)
    lu.assertEquals(stdout.text, shown .. "\n")
  end
end

function tests.test_events_are_for_json_only()
  local o, stdout = open()
  o:event { event = "step" }
  lu.assertEquals(stdout.text, "")
end

function tests.test_secrets_are_masked_everywhere()
  local o, stdout, stderr = open()
  o:mask('pa"ss\\word')
  o:mask("tok%d+en")
  o:mask("ab") -- too short to mean anything
  o:mask(nil)
  o:result { secret = 'pa"ss\\word', again = "xtok%d+enxtok%d+en", ab = "ab" }
  o:note('%s', 'pa"ss\\word')
  o:error(fault.new { code = "a", message = "tok%d+en was refused" })
  local all = stdout.text .. stderr.text
  lu.assertNotStrContains(all, "word")
  lu.assertNotStrContains(all, "tok%d+en")
  lu.assertStrContains(all, '"again": "x****x****"')
  lu.assertStrContains(all, '"ab": "ab"')
end

function tests.test_a_secret_that_begins_another_one_leaves_none_of_its_end()
  for _, secrets in ipairs { { "token", "token-of-root" }, { "token-of-root", "token" } } do
    local o, stdout = open()
    for _, secret in ipairs(secrets) do o:mask(secret) end
    o:result("token-of-root, token")
    lu.assertEquals(stdout.text, "****, ****\n")
  end
end

function tests.test_secrets_are_masked_in_json_within_json()
  local o, stdout = open()
  o:mask('s"\\t')
  o:result { message = json.encode { secret = 's"\\t' } }
  lu.assertStrContains(stdout.text, [["{\"secret\":\"****\"}"]])
end

function tests.test_progress_waits_a_second_and_leaves_no_trace()
  local now = 0
  local o, _, stderr = open { terminal = true, color = false, clock = function() return now end }
  o:progress("reading", 1, 10)
  lu.assertEquals(stderr.text, "")
  now = 1.5
  o:progress("reading", 2, 10)
  lu.assertStrContains(stderr.text, "reading 2/10")
  o:progress("reading", 3, 10, "waiting 2 s") -- however soon it comes
  lu.assertStrContains(stderr.text, "reading 3/10, waiting 2 s")
  o:progress("reading", 10, 10)
  lu.assertStrMatches(stderr.text, ".*\r\27%[K")
end

function tests.test_progress_is_for_terminals()
  local now = 0
  local o, _, stderr = open { terminal = false, clock = function() now = now + 5 return now end }
  for done = 1, 3 do o:progress("reading", done, 10) end
  lu.assertEquals(stderr.text, "")
end

function tests.test_a_line_clears_the_progress_before_it()
  local now = 0
  local o, _, stderr = open { terminal = true, color = false,
    clock = function() now = now + 5 return now end }
  o:progress("reading", 1, 10)
  o:progress("reading", 2, 10)
  o:note("hello")
  lu.assertStrMatches(stderr.text, ".*2/10\r\27%[Khello\n")
end

return tests
