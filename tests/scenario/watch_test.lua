-- remora watch, going on: new commits, drift, and all that may be away for a while.

local fs = require "tests.support.fs"
local loop = require "remora.net.loop"
local lock = require "remora.journal.lock"
local lu = require "luaunit"
local process = require "process"
local repository = require "tests.support.repository"
local sqlite = require "sqlite"
local troubled = require "tests.support.troubled"
local watched = require "tests.support.watched"

local tests = {}

local SIGTERM = 15
local SHORT = 0.5 -- seconds in which something would have happened again

local function cron(user)
  return ([[
playbook: cron
business: demo
instances:
  - where: { set: tools, module: cron }
    processes:
      crond: { bk_func_name: crond, user: %s }
]]):format(user)
end

local World = {}
World.__index = World

-- Runs a function with a platform, a repository that has a commit, and a way to watch it. trouble
-- as of tests.support.troubled.
local function with(body, trouble)
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    local platform <close> = troubled.start(l, trouble)
    local self = setmetatable({ loop = l, home = directory.path .. "/home", platform = platform,
      repository = repository(directory.path) }, World)
    fs.write(self.home .. "/.here", "")
    self.first = self.repository:commit({ ["cron.yml"] = cron "root" }, "first")
    body(self)
  end)
end

function World:watch(...)
  return watched(self.loop, { cwd = self.home, env = {
    REMORA_PLATFORM = self.platform.url, LSAN_OPTIONS = self.sanitizer },
    "--repo", self.repository.url, ... })
end

function World:processes()
  return self.platform.platform:must("cc.list_process_related_info",
    { bk_biz_id = 1, page = { start = 0, limit = 500 } }).info
end

-- The users that crond has on the platform, in order.
function World:users()
  local users = {}
  for _, row in ipairs(self:processes()) do
    if row.process.bk_process_name == "crond" then users[#users + 1] = row.process.user end
  end
  table.sort(users)
  return users
end

-- Somebody gives one crond another user.
function World:drift(user)
  for _, row in ipairs(self:processes()) do
    if row.process.bk_process_name == "crond" then
      row.process.user = user
      self.platform.platform:must("cc.update_process_instance",
        { bk_biz_id = 1, processes = { row.process } })
      return
    end
  end
end

function tests.test_each_new_commit_is_applied()
  with(function(world)
    local watch <close> = world:watch()
    lu.assertEquals(watch:event("commit").commit, world.first)
    lu.assertEquals(watch:event("applied").objects, 2)
    local second = world.repository:commit({ ["cron.yml"] = cron "cron" }, "second")
    local commit = watch:event "commit"
    lu.assertEquals({ commit.commit, commit.subject, commit.rewritten },
      { second, "second", false })
    lu.assertEquals(watch:event("applied").exit_code, 0)
    lu.assertEquals(world:users(), { "cron", "cron" })
    local db <close> = assert(sqlite.open(world.home .. "/.remora/journal.db"))
    local runs = db:rows("SELECT revision, exit_code FROM run ORDER BY id")
    lu.assertEquals(runs, { { revision = world.first, exit_code = 0 },
      { revision = second, exit_code = 0 } })
    lu.assertEquals({ watch:stop(SIGTERM) }, { 0 })
  end)
end

function tests.test_drift_is_corrected_and_nothing_else_is_said()
  with(function(world)
    local watch <close> = world:watch()
    watch:event "applied"
    world.loop:sleep(SHORT)
    world:drift "mallory"
    local corrected = watch:event "applied"
    lu.assertEquals({ corrected.objects, corrected.exit_code }, { 1, 0 })
    lu.assertEquals(world:users(), { "root", "root" })
    watch:stop(SIGTERM)
    lu.assertEquals({ watch:count "commit", watch:count "applied" }, { 1, 2 })
  end)
end

function tests.test_without_a_drift_interval_only_commits_are_applied()
  with(function(world)
    local watch <close> = world:watch("--drift-interval", "0")
    watch:event "applied"
    world:drift "mallory"
    world.loop:sleep(SHORT)
    lu.assertEquals(world:users(), { "mallory", "root" })
    world.repository:commit({}, "nothing new")
    watch:event "applied"
    lu.assertEquals(world:users(), { "root", "root" })
  end)
end

function tests.test_a_broken_commit_is_told_once_and_changes_nothing()
  with(function(world)
    local watch <close> = world:watch()
    watch:event "applied"
    local broken = (cron "cron"):gsub("bk_func_name", "bk_func")
    world.repository:commit { ["cron.yml"] = broken }
    watch:says '"file":"cron.yml","line":6'
    world.loop:sleep(SHORT)
    lu.assertEquals(watch:times '"line":6', 1)
    world.repository:commit({}, "still broken")
    watch:says '"file":"cron.yml","line":6'
    lu.assertEquals(world:users(), { "root", "root" })
    world.repository:commit { ["cron.yml"] = cron "cron" }
    watch:event "applied"
    lu.assertEquals(world:users(), { "cron", "cron" })
  end)
end

function tests.test_a_refused_commit_is_shown_once()
  with(function(world)
    local watch <close> = world:watch("--max-changes", "1")
    watch:says '--max-changes'
    world.loop:sleep(SHORT)
    lu.assertEquals(watch:times "--max-changes", 1)
    watch:event "plan"
    local one = (cron "cron"):gsub("module: cron", "module: cron, hosts: [10.0.0.7]")
    world.repository:commit { ["cron.yml"] = one }
    lu.assertEquals(watch:event("applied").objects, 1)
    watch:stop(SIGTERM)
    lu.assertEquals({ watch:count "commit", watch:count "applied" }, { 2, 1 })
  end)
end

function tests.test_a_rewritten_branch_is_followed_and_told()
  with(function(world)
    local watch <close> = world:watch()
    watch:event "applied"
    local repo = world.repository
    repo:git("checkout", "--quiet", "--orphan", "other")
    repo:git("branch", "--quiet", "-D", "main")
    repo:git("branch", "--quiet", "-m", "main")
    local id = repo:commit { ["cron.yml"] = cron "cron" }
    local commit = watch:event "commit"
    lu.assertEquals({ commit.commit, commit.rewritten }, { id, true })
    watch:says("main was rewritten: " .. id:sub(1, 7) .. " does not come after "
      .. world.first:sub(1, 7))
    watch:event "applied"
    lu.assertEquals(world:users(), { "cron", "cron" })
  end)
end

local function move(from, to)
  assert(process.spawn { argv = { "mv", from, to } }):wait(60)
end

-- The fleet is kept on the last commit meanwhile.
function tests.test_a_repository_may_be_away()
  with(function(world)
    local watch <close> = world:watch()
    watch:event "applied"
    local path = world.repository.path
    move(path, path .. ".away")
    watch:says "git.unreachable"
    world:drift "mallory"
    watch:event "applied"
    lu.assertEquals(world:users(), { "root", "root" })
    world.loop:sleep(SHORT)
    lu.assertEquals(watch:times "git.unreachable", 1)
    move(path .. ".away", path)
    watch:says "is there again"
    world.repository:commit { ["cron.yml"] = cron "cron" }
    watch:event "applied"
    lu.assertEquals(world:users(), { "cron", "cron" })
  end)
end

function tests.test_a_platform_may_be_away()
  local away = false
  with(function(world)
    local watch <close> = world:watch()
    watch:event "applied"
    away = true
    watch:says "http.unauthorized"
    world.loop:sleep(SHORT)
    lu.assertEquals(watch:times '"event":"error"', 1)
    away = false
    watch:says "the platform is as the repository says again"
    world.repository:commit { ["cron.yml"] = cron "cron" }
    watch:event "applied"
    lu.assertEquals(world:users(), { "cron", "cron" })
  end, function() return away and { status = 401, body = "no" } or nil end)
end

function tests.test_another_apply_is_waited_for()
  with(function(world)
    local held = assert(lock.take(world.home .. "/" .. lock.PATH,
      { platform = world.platform.url, business = 1, playbook = "shop" }))
    local watch <close> = world:watch()
    watch:says "is being worked on by"
    world.loop:sleep(SHORT)
    lu.assertEquals(watch:times "is being worked on by", 1)
    held:close()
    watch:event "applied"
  end)
end

-- Whatever somebody, or a power cut, does to the copy: all of it can be fetched again.
local DAMAGES = {
  removed = function(path)
    assert(process.spawn { argv = { "rm", "-rf", path }, stderr = "pipe" }):wait(60)
  end,
  emptied = function(path)
    assert(process.spawn { argv = { "find", path, "-name", "pack-*", "-delete" } }):wait(60)
  end,
  locked = function(path) -- as by a fetch that was killed
    assert(process.spawn { argv = { "find", path, "-path", "*/refs/heads/main", "-exec", "cp",
      "{}", "{}.lock", ";" } }):wait(60)
  end,
}

for name, damage in pairs(DAMAGES) do
  tests["test_a_copy_that_was_" .. name .. "_is_fetched_anew"] = function()
    with(function(world)
      world.sanitizer = "detect_leaks=0" -- libgit2 does, when it finds a copy like that
      local watch <close> = world:watch()
      watch:event "applied"
      damage(world.home .. "/.remora/git")
      world.repository:commit { ["cron.yml"] = cron "cron" }
      watch:event "applied"
      lu.assertEquals(world:users(), { "cron", "cron" })
    end)
  end
end

-- A commit may be there and a file of it not: then it is reading that finds out.
function tests.test_a_copy_that_lacks_a_file_is_fetched_anew()
  with(function(world)
    world.sanitizer = "detect_leaks=0"
    local watch <close> = world:watch()
    watch:event "applied"
    local packs = world.home .. "/.remora/git"
    local older <close> = assert(process.spawn { stdout = "pipe",
      argv = { "find", packs, "-name", "pack-*" } })
    older:wait(60)
    world.repository:commit({ README = "another file\n" }, "beside the playbook")
    watch:event "applied"
    for path in older:read_stdout():gmatch "[^\n]+" do fs.remove_tree(path) end
    watch:says "playbook.unreadable"
    watch:says "the platform is as the repository says again"
    world:drift "mallory"
    watch:event "applied"
    lu.assertEquals(world:users(), { "root", "root" })
  end)
end

function tests.test_a_dry_run_shows_each_plan_once()
  with(function(world)
    local watch <close> = world:watch("--dry-run")
    watch:event "steps"
    world.loop:sleep(SHORT) -- enough for another look at the drift
    world.repository:commit { ["cron.yml"] = cron "cron" }
    watch:event "steps"
    world.loop:sleep(SHORT)
    watch:stop(SIGTERM)
    lu.assertEquals({ watch:count "commit", watch:count "steps" }, { 2, 2 })
    lu.assertEquals(world.platform:writes(), {})
  end)
end

return tests
