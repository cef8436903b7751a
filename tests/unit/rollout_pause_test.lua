-- The pause of a rollout: when a run waits, and what it shows and has written down meanwhile.

local lu = require "luaunit"
local fault = require "remora.core.fault"
local fleet = require "tests.support.fleet"
local fs = require "tests.support.fs"
local journal = require "remora.journal"
local out = require "remora.core.out"
local playbook = require "tests.support.playbook"
local records = require "remora.journal.records"
local world = require "tests.support.world"

local TOPOLOGY = [[
businesses:
  demo:
    sets:
      prod:
        modules:
          cron: { hosts: ["10.0.0.[1-3]"] }
]]

local PROCESSES = playbook.text { "instances:", "  - where: { module: cron }", "    processes:",
  "      crond: { bk_func_name: crond, proc_num: 1, user: root, work_path: /opt,",
  "        pid_file: /run/crond.pid, start_cmd: a, stop_cmd: b }" }

local function hosted(more)
  return PROCESSES .. "\nhosting:\n  - { where: { module: cron }, state: hosted, owner: ops, "
    .. more .. " rollout: { batch: 1, pause: 3s, max_failures: 9 } }\n"
end

local tests = {}

-- A platform where the processes are there, and a list of what happens then: the hosting verbs that
-- are called for and the seconds that somebody waits. What `refused` says is refused.
local function watched(refused)
  local platform = fleet.new(TOPOLOGY)
  world.converge(platform, PROCESSES)
  local seen, verbs = {}, { [1] = "register", [2] = "unregister" }
  local watching = { platform = platform, seen = seen, loop = setmetatable({}, {
    __index = platform.loop }) }
  function watching.loop.sleep(_, seconds)
    if seconds < 1 then return true end -- for an agent
    if math.type(seen[#seen]) ~= nil then
      seen[#seen] = seen[#seen] + seconds
    else
      seen[#seen + 1] = seconds
    end
    if watching.meanwhile then watching.meanwhile() end
    return true
  end
  function platform.before_call(name, args)
    local verb = name == "job.manage_proc" and verbs[args.op_type]
    if not verb then return nil end
    seen[#seen + 1] = verb
    return verb == refused and fault.new { code = 1, message = "no" } or nil
  end
  return watching
end

-- refused verb, whether the processes are hosted in another way before, what happens
local PAUSES = {
  { nil, false, { "register", 3, "register", 3, "register" } },
  { "register", false, { "register", 3, "register", 3, "register" } },
  -- What was taken is given back at once; where nothing was, the next batch waits.
  { nil, true, { "unregister", "register", 3, "unregister", "register", 3, "unregister",
    "register" } },
  { "unregister", true, { "unregister", 3, "unregister", 3, "unregister" } },
  { "register", true, { "unregister", "register", 3, "unregister", "register", 3, "unregister",
    "register" } },
}

function tests.test_after_every_batch_however_it_went()
  for i, case in ipairs(PAUSES) do
    local refused, changes, want = table.unpack(case, 1, 3)
    local watching = watched(refused)
    local _ <close> = watching.platform
    if changes then
      local before = watching.platform.before_call
      watching.platform.before_call = nil
      world.converge(watching.platform, (hosted "cpu_lmt: 5,"):gsub(" rollout:.-}", ""))
      watching.platform.before_call = before
    end
    world.apply(watching.platform, hosted "", { loop = watching.loop })
    lu.assertEquals(watching.seen, want, "case " .. i)
  end
end

local NOT_STORED = 1000115 -- what is said of an agent that has not answered yet

-- A rollout that is interrupted in its first pause, or when agents are asked after it. They have no
-- time to answer then.
local function interrupted(in_pause)
  local watching = watched()
  local _ <close> = watching.platform
  local pressed, before = 0, watching.platform.before_call
  function watching.platform.before_call(name, args)
    if name == "job.operate_proc" and #watching.seen > 0 then pressed = 1 end
    if name == "job.get_proc_result" and pressed > 0 then
      return fault.new { code = NOT_STORED, message = "not stored" }
    end
    return before(name, args)
  end
  function watching.meanwhile() pressed = in_pause and 1 or pressed end
  function watching.loop.interrupted() return pressed end
  local result = world.apply(watching.platform, hosted "", { loop = watching.loop,
    reader = watching.platform:reader { loop = watching.loop } })
  return watching.seen, #result.left
end

-- What agents have no time to say is not told as if they had said it.
function tests.test_an_interrupt_ends_it()
  lu.assertEquals({ interrupted(true) }, { { "register", 1 }, 2 })
  lu.assertEquals({ interrupted(false) }, { { "register", 3 }, 2 })
end

function tests.test_a_call_has_ended_before_it()
  local watching, directory <close> = watched(), fs.temporary()
  local _ <close> = watching.platform
  local book <close> = assert(journal.open(directory.path .. "/journal.db"))
  local run = assert(book:begin { command = "apply", playbook = "p", files = {},
    platform = "test" })
  local ended = {}
  function watching.meanwhile()
    for _, call in ipairs(records.calls(book, run)) do ended[#ended + 1] = call.outcome end
  end
  world.apply(watching.platform, hosted "", { loop = watching.loop, journal = book, run = run })
  lu.assertEquals(ended, { "done", "done", "done", -- for each second of the first pause
    "done", "done", "done", "done", "done", "done" })
end

function tests.test_a_terminal_shows_how_far_it_is()
  local watching = watched()
  local _ <close> = watching.platform
  local now, shown = 0, {}
  local stream = { write = function(_, text) shown[#shown + 1] = text:gsub("^\r\27%[K", "") end,
    flush = function() end }
  function watching.meanwhile() now = now + 1 end
  world.apply(watching.platform, hosted "", { loop = watching.loop, out = out.new {
    terminal = true, stderr = stream, color = false, clock = function() return now end } })
  local text = table.concat(shown, "\n")
  lu.assertStrContains(text, "applying hosting 1/3, waiting 2 s\n")
  lu.assertStrContains(text, "applying hosting 1/3, waiting 1 s\n")
  lu.assertStrContains(text, "applying hosting 2/3, waiting 3 s\n")
  lu.assertEquals(shown[#shown], "", "a line is left")
end

return tests
