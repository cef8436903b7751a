-- remora watch: keeps the platform on the playbooks of a git repository. Owns its arguments and the
-- turns: look for a commit, carry it out, wait. What one carrying out is, is watch_turn.lua's.

local carry = require "remora.cli.carry"
local config = require "remora.cli.config"
local exit = require "remora.cli.exit"
local journal_text = require "remora.journal.text"
local number = require "remora.cli.number"
local percent = require "remora.core.percent"
local phrase = require "remora.core.phrase"
local playbooks = require "remora.cli.playbooks"
local safety = require "remora.cli.safety"
local system = require "system"
local usage = require "remora.cli.usage"

local watch = { name = "watch" }

local INTERVAL, DRIFT_INTERVAL, FETCH_TIMEOUT = 60, 600, 300 -- seconds
local LONGEST = 600 -- seconds between two attempts, however often they failed

---@param parser table argparse command
function watch.define(parser)
  parser:description("Follow a branch of a git repository and apply its playbooks: each new "
    .. "commit, and again when the platform has moved. Never asks. A commit that cannot be applied "
    .. "is told, and changes nothing. User, password and ssh key come from "
    .. "REMORA_GIT_USERNAME, REMORA_GIT_PASSWORD and REMORA_GIT_KEY, the profile (git_username and "
    .. "so on) or the URL.")
  parser:option("--repo", "The repository: https://…, ssh://… or a path.")
    :argname("URL")
  parser:option("--branch", "Which branch. Without it: the one that the repository's HEAD names.")
    :argname("NAME")
  parser:option("--path", "Where its playbooks are: a file, a directory or a glob such as "
    .. "'shop/*.yml'; may be repeated. Without it: all at its top. All of them are one plan.")
    :argname("PATH"):count("*")
  parser:option("--interval", "How often to look for a new commit.")
    :argname("SECONDS"):convert(number.positive):default(tostring(INTERVAL))
  parser:option("--drift-interval", "How often to look for drift where there is none; 0: never.")
    :argname("SECONDS"):convert(number.seconds):default(tostring(DRIFT_INTERVAL))
  parser:option("--fetch-timeout", "How long fetching may take.")
    :argname("SECONDS"):convert(number.positive):default(tostring(FETCH_TIMEOUT))
  parser:flag("--once", "Do that once; exit as apply does.")
  parser:flag("--dry-run", "Show what would change, and change nothing.")
  playbooks.define_variables(parser)
  carry.define_bounds(parser)
  carry.define_sync(parser)
  safety.define_selection(parser)
end

---@class remora.cli.Watch
---@field copy table remora.watch.copy
---@field turn table remora.cli.watch_turn
---@field told table remora.watch.told
---@field looking remora.watch.Schedule for commits
---@field carrying remora.watch.Schedule out
---@field commit string? the newest one that is known
local Watch = {}
Watch.__index = Watch

local function new(context, args, repository)
  local schedule = require "remora.watch.schedule"
  local copy = require("remora.watch.copy").new { repository = repository, branch = args.branch,
    timeout = args.fetch_timeout, loop = context:loop() }
  local told = require("remora.watch.told").new(context.out)
  local longest = math.max(LONGEST, args.interval)
  local function every(seconds)
    return schedule.new { every = seconds, retry = args.interval, longest = longest,
      clock = system.monotonic }
  end
  return setmetatable({ args = args, out = context.out, loop = context:loop(), copy = copy,
    url = repository.url, told = told, looking = every(args.interval),
    turn = require("remora.cli.watch_turn").new(context, args, told),
    carrying = every(args.drift_interval > 0 and args.drift_interval or math.huge) }, Watch)
end

function Watch:interrupted() return self.loop:interrupted() > 0 end

-- Tells of a commit that was not known.
function Watch:announce(tree, branch)
  local commit, before = tree.commit, self.commit
  local rewritten = before ~= nil and not tree:follows(before)
  if rewritten then
    self.out:warn("%s was rewritten: %s does not come after %s", branch, phrase.commit(commit.id),
      phrase.commit(before))
  end
  if not self.out.json then
    return self.out:result(("commit %s of %s by %s, %s: %s"):format(phrase.commit(commit.id),
      branch, commit.author, journal_text.time(commit.time), commit.subject))
  end
  self.out:event { event = "commit", repository = self.url, branch = branch, commit = commit.id,
    author = commit.author, time = commit.time, subject = commit.subject, rewritten = rewritten }
end

-- Looks for a new commit, which is to be carried out then.
function Watch:look()
  local fetched, refused = self.copy:fetch()
  if not fetched then return nil, refused end
  if fetched.commit == self.commit then return true end
  local tree <close>, damaged = self.copy:at(fetched.commit)
  if not tree then return nil, damaged end
  self:announce(tree, fetched.branch)
  self.commit = fetched.commit
  self.told:forget "playbooks"
  self.carrying:hurry()
  return true
end

-- Carries out the newest commit.
function Watch:carry_out()
  local tree <close>, damaged = self.copy:at(self.commit)
  if not tree then return nil, damaged end
  return self.turn:carry_out(tree)
end

---Looks once and carries out what is there.
---@return integer? exit code
---@return table? fault
function Watch:once()
  local done, refused = self:look()
  if not done then return nil, refused end
  return self:carry_out()
end

-- Whatever a Ctrl-C or SIGTERM ended is no trouble.
function Watch:tell(topic, refused)
  if not self:interrupted() then self.told:trouble(topic, refused) end
end

function Watch:look_in_time()
  if not self.looking:due() then return end
  local done, refused = self:look()
  self.looking:went(done ~= nil)
  if refused then return self:tell("repository", refused) end
  self.told:over("repository", self.url .. " is there again")
end

function Watch:carry_out_in_time()
  if not self.commit or not self.carrying:due() or self:interrupted() then return exit.done end
  local code, refused = self:carry_out()
  self.carrying:went(code == exit.done)
  if refused then self:tell("playbooks", refused) end
  if code == exit.done then
    self.told:over("playbooks", "the platform is as the repository says again")
  end
  return code
end

---Goes on until Ctrl-C or SIGTERM.
---@return integer exit code 130: what was under way could not be brought to its end
function Watch:follow()
  self.out:note("watching %s, looking every %g s; Ctrl-C ends it", self.url, self.args.interval)
  while true do
    self:look_in_time()
    local code = self:carry_out_in_time()
    if self:interrupted() then return code == exit.interrupted and code or exit.done end
    self.loop:sleep(math.min(self.looking.next, self.carrying.next) - system.monotonic())
  end
end

---@param context remora.Context
---@param args table
---@return integer|nil exit code
---@return table|nil fault
function watch.run(context, args)
  if (args.repo or "") == "" then
    return nil, usage("which repository?", "remora watch --repo URL")
  end
  local git, refused = config.git(args, context.env)
  if not git then return nil, refused end
  local repository
  repository, refused = require("remora.watch.repository").of(args.repo, git)
  if not repository then return nil, refused end
  context.out:mask(repository.secret)
  context.out:mask(percent.encoded(repository.secret))
  args.yes = true
  return context:run(function()
    local following = new(context, args, repository)
    if args.once then return following:once() end
    return following:follow()
  end)
end

return watch
