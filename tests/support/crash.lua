-- Runs of the program against a platform in the loop of the test that are killed at a record of
-- their journal and resumed. Owns the fleet, the playbooks, the counting, and the comparison with a
-- run that nobody killed; never when to kill.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local loop = require "remora.net.loop"
local lu = require "luaunit"
local portrait = require "tests.support.portrait"
local source = require "tests.support.source"
local sqlite = require "sqlite"
local troubled = require "tests.support.troubled"

local crash = {}

-- Of the modules without a template some get processes first, so that the run has every kind of
-- call to make.
local MODULES, TEMPLATES = 16, 12

local function topology()
  local lines = { "businesses:", "  demo:", "    service_templates: { web: {}, app: {} }",
    "    sets:", "      prod:", "        modules:",
    '          web: { service_template: web, hosts: ["10.0.0.[1-2]"] }',
    '          app: { service_template: app, hosts: ["10.0.1.[1-2]"] }' }
  for i = 1, MODULES do
    lines[#lines + 1] = ('          free%d: { hosts: ["10.0.2.%d"] }'):format(i, i)
  end
  return table.concat(lines, "\n") .. "\n"
end

local function template(lines, count, timeout, user)
  for i = 1, count do
    lines[#lines + 1] = ("      web%d: { bk_func_name: web%d, timeout: %d, user: %s,"):format(i, i,
      timeout, user) .. " priority: { value: 1, as_default_value: false } }"
  end
end

local function free(lines, first, last, processes)
  for i = first, last do
    lines[#lines + 1] = ("  - where: { module: free%d }"):format(i)
    lines[#lines + 1] = ("    prune: true\n    processes: { %s }"):format(processes)
  end
end

local BEFORE = "a: { bk_func_name: a, user: root }, b: { bk_func_name: b }"
local AFTER = "a: { bk_func_name: a, user: www }, c: { bk_func_name: c }"

---The playbook that the fleet is made with, and the one of the runs that are killed.
---@return string before
---@return string after
function crash.playbooks()
  local before = { "business: demo", "service_templates:", "  web:", "    processes:" }
  template(before, TEMPLATES, 30, "root")
  table.move({ "  app:", "    processes:", "      app: { bk_func_name: app }", "instances:" }, 1, 4,
    #before + 1, before)
  free(before, 1, 6, BEFORE)
  local after = { "business: demo", "service_templates:", "  web:", "    processes:" }
  template(after, TEMPLATES, 60, "www")
  table.move({ "  app:", "    prune: true", "    processes:",
    "      other: { bk_func_name: other }", "instances:",
    "  - where: { module: web }", "    processes: { web1: { priority: 5 }, web2: { priority: 6 } }",
  }, 1, 7, #after + 1, after)
  free(after, 1, MODULES, AFTER)
  return table.concat(before, "\n") .. "\n", table.concat(after, "\n") .. "\n"
end

local World = {}
World.__index = World

---Makes the fleet once and runs a function with it, in a loop.
---@param body fun(world: table)
function crash.with(body)
  local l = loop.new()
  l:run(function()
    local directory <close> = fs.temporary()
    local self = setmetatable({ loop = l, directory = directory.path }, World)
    local before, after = crash.playbooks()
    self.after = after
    fs.write(directory.path .. "/p.yml", before)
    do
      local platform <close> = self:platform("fleet.db")
      local ran = self:remora(platform, directory.path, nil, "apply", "p.yml")
      assert(ran.code == 0, ran.stdout .. ran.stderr)
    end
    body(self)
  end)
end

function World:platform(name)
  return troubled.start(self.loop, nil,
    { topology = topology(), path = self.directory .. "/" .. name, sync_delay = 0.1 })
end

function World:remora(platform, directory, kill, ...)
  local env = { REMORA_PLATFORM = platform.url, BK_APP_CODE = "app", BK_USERNAME = "admin" }
  if kill then
    env.REMORA_LUA_DIR = source.directory() .. "/tests/support/mortal"
    env.REMORA_JOURNAL = source.directory() .. "/lua/remora/journal/init.lua"
    env.REMORA_KILL = kill
  end
  return cli.run { loop = self.loop, cwd = directory, env = env, ... }
end

---Applies the second playbook to a fleet of its own, and kills and resumes it on the way.
---@param kill string? "after N" or "before N", N a record of the journal; nil: nothing happens
---@param parallelism integer calls in flight
---@return {killed: boolean, writes: table<string, integer>, fleet: string[], outcomes: string[],
---  records: integer, resumed: table?} ended writes: calls that the platform counted, by name;
---  outcomes: of the journal's calls in order, each with its run; records: of the first run
function World:apply(kill, parallelism)
  local directory <close> = fs.temporary()
  fs.write(self.directory .. "/copy.db", fs.read(self.directory .. "/fleet.db"))
  fs.write(directory.path .. "/p.yml", self.after)
  local platform <close> = self:platform("copy.db")
  local ended = {}
  local first = self:remora(platform, directory.path, kill, "apply",
    "--parallelism", tostring(parallelism), "p.yml")
  ended.killed = first.signal == 9
  assert(ended.killed or first.code == 0, first.stdout .. first.stderr)
  if ended.killed then
    ended.resumed = self:remora(platform, directory.path, nil, "apply", "--resume",
      "--settle", "0.1")
  end
  ended.writes, ended.fleet = platform:writes(), portrait(platform.platform)
  local db <close> = assert(sqlite.open(directory.path .. "/.remora/journal.db"))
  ended.outcomes = {}
  for i, row in ipairs(db:rows("SELECT run, outcome, settled FROM call ORDER BY id")) do
    ended.outcomes[i] = ("%d %s"):format(row.run, row.settled or row.outcome)
  end
  ended.records = 2 + 2 * db:value("SELECT count(*) FROM call WHERE run = 1")
  return ended
end

---Kills and resumes a run, which must end as if nothing had happened.
---@param whole table a run that nobody killed, of World:apply
---@param kill string as of World:apply
---@param parallelism integer
---@return table ended as of World:apply
function World:check(whole, kill, parallelism)
  local ended = self:apply(kill, parallelism)
  lu.assertTrue(ended.killed, kill)
  local said = kill .. "\n" .. ended.resumed.stdout .. ended.resumed.stderr
  lu.assertEquals(ended.resumed.code, 0, said)
  lu.assertEquals(ended.writes, whole.writes, said)
  lu.assertEquals(#ended.fleet, #whole.fleet, said)
  for i, line in ipairs(ended.fleet) do lu.assertEquals(line, whole.fleet[i], said) end
  return ended
end

return crash
