-- remora watch --once: what a CI job runs. A repository in, an apply out.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local json = require "json"
local lu = require "luaunit"
local repository = require "tests.support.repository"

local tests = {}

local function cron(user)
  return ([[
playbook: cron
business: demo
instances:
  - where: { set: tools, module: cron }
    prune: true
    processes:
      crond: { bk_func_name: crond, user: %s }
]]):format(user)
end

-- Runs a function with a repository, and a way to watch it once.
local function with(body)
  local directory <close> = fs.temporary()
  local made = repository(directory.path)
  local home = directory.path .. "/home"
  fs.write(home .. "/.here", "")
  body(made, function(...)
    return cli.run { cwd = home, "watch", "--once", "--repo", made.url, ... }
  end, function(...)
    return cli.run { cwd = home, ... }
  end, home)
end

function tests.test_a_commit_is_applied_and_named_in_the_journal()
  with(function(made, watch, remora)
    local id = made:commit({ ["cron.yml"] = cron "root" }, "cron as root")
    local ran = watch()
    lu.assertEquals(ran.code, 0, ran.stderr)
    local short = id:sub(1, 7)
    lu.assertStrMatches(ran.stdout, "commit " .. short .. " of main by Ann, .*: cron as root\n"
      .. "cron  cron.yml → business demo .*1 call done, 2 objects changed: demo is as cron says\n")
    lu.assertStrMatches(remora("history").stdout, ".*apply cron at " .. short .. "\n")
    lu.assertStrMatches(remora("show", "last").stdout,
      "run 1: apply cron at " .. short .. "  done\n.*")
    local run = json.decode(remora("show", "last", "--json").stdout)
    lu.assertEquals((run.run or run).revision, id)
    local again = watch()
    lu.assertEquals(again.code, 0)
    lu.assertStrContains(again.stdout, "nothing to do\n")
    made:commit({ ["cron.yml"] = cron "cron" }, "cron as cron")
    lu.assertStrContains(watch().stdout, "user  root → cron")
  end)
end

function tests.test_each_event_is_a_line_of_json()
  with(function(made, watch)
    local id = made:commit({ ["cron.yml"] = cron "root" }, "cron as root")
    local events = {}
    for line in watch("--json").stdout:gmatch "[^\n]+" do
      events[#events + 1] = json.decode(line)
    end
    lu.assertEquals({ events[1].event, events[2].event, events[#events].event },
      { "commit", "plan", "applied" })
    local commit = events[1]
    lu.assertEquals(math.type(commit.time), "integer")
    commit.time, commit.version = nil, nil
    lu.assertEquals(commit, { event = "commit", repository = made.url, branch = "main", commit = id,
      author = "Ann", subject = "cron as root", rewritten = false })
    lu.assertEquals(events[#events].exit_code, 0)
  end)
end

function tests.test_a_broken_playbook_is_told_with_its_place()
  with(function(made, watch, remora)
    made:commit { ["shop/cron.yml"] = (cron "root"):gsub("user:", "usr:") }
    local ran = watch("--path", "shop")
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr, 'error: shop/cron.yml:7:37: unknown key "usr"')
    lu.assertStrContains(ran.stderr, "  7 |       crond: { bk_func_name: crond, usr: root }\n")
    lu.assertStrContains(remora("history").stdout, "nothing was ever applied from here")
  end)
end

-- What a playbook names comes from the commit as well, never from the disk; links lead nowhere.
function tests.test_a_playbook_takes_other_files_from_its_commit_only()
  with(function(made, watch, _, home)
    fs.write(home .. "/shop/user.yml", "user: of-the-disk\n")
    fs.write(home .. "/shop/disk.yml", "user: of-the-disk\n")
    local head = "vars_files: user.yml\ninclude: more.yml\n"
    made:commit { ["shop/cron.yml"] = head .. cron "'{{ user }}'",
      ["shop/user.yml"] = "user: git\n", ["shop/more.yml"] = "processes: {}\n" }
    local ran = watch("--path", "shop/cron.yml")
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr, "error: shop/more.yml:1:1: ")
    made:commit { ["shop/more.yml"] = "vars: {}\n" }
    ran = watch("--path", "shop/cron.yml")
    lu.assertEquals(ran.code, 0, ran.stderr)
    lu.assertStrMatches(ran.stdout, ".*crond.user +git\n.*")
    made:commit { ["shop/cron.yml"] = "vars_files: disk.yml\n" .. cron "'{{ user }}'" }
    ran = watch("--path", "shop/cron.yml")
    lu.assertEquals(ran.code, 1)
    lu.assertStrMatches(ran.stderr,
      'error: shop/cron.yml:1:13: "shop/disk.yml" cannot be read: there is no such file at %x+\n.*')
  end)
end

function tests.test_path_says_which_files_are_playbooks()
  with(function(made, watch)
    made:commit { ["a.yml"] = cron "root", ["b/a.yml"] = cron "root",
      ["b/b.yaml"] = "business: demo\n",
      ["b/c.lua"] = "return { business = 'demo' }", ["b/d.txt"] = "no playbook" }
    for path, shown in pairs { ["."] = "a.yml", ["./b/a.yml"] = "b/a.yml",
      ["b/"] = "b/a.yml, b/b.yaml, b/c.lua", ["b/*.y*"] = "b/a.yml, b/b.yaml" } do
      local ran = watch("--path", path, "--dry-run")
      lu.assertEquals(ran.code, 0, ran.stderr)
      lu.assertStrContains(ran.stdout, "  " .. shown .. " → ")
    end
    local ran = watch("--path", "b/x.yml", "--path", "c", "--path", "b/*.json")
    lu.assertEquals(ran.code, 1)
    for _, path in ipairs { "b/x.yml", "c", "b/*.json" } do
      lu.assertStrContains(ran.stderr, "error: the repository has no playbook at " .. path .. "\n")
    end
  end)
end

function tests.test_a_dry_run_changes_nothing()
  with(function(made, watch, remora)
    made:commit { ["cron.yml"] = cron "root" }
    for _ = 1, 2 do
      local ran = watch("--dry-run")
      lu.assertEquals(ran.code, 0, ran.stderr)
      lu.assertStrContains(ran.stdout, "  + service instance tools/cron/10.0.0.7  cron.yml:7\n")
    end
    lu.assertStrContains(remora("history").stdout, "nothing was ever applied from here")
  end)
end

-- Takes away all of what there is of cron, which is more than a limit of one.
function tests.test_limits_hold_and_nobody_is_asked()
  with(function(made, watch)
    made:commit { ["cron.yml"] = cron "root" }
    lu.assertEquals(watch().code, 0)
    local without = (cron "root"):gsub("crond: .*\n", "{}\n")
    made:commit { ["cron.yml"] = without }
    local ran = watch("--max-deletes", "1")
    lu.assertEquals(ran.code, 3, ran.stdout .. ran.stderr)
    lu.assertStrContains(ran.stderr, "--max-deletes")
    lu.assertEquals(watch("--max-deletes", "10").code, 0)
    lu.assertEquals(watch("--force").code, 64)
  end)
end

function tests.test_what_a_plan_in_a_repository_says_is_not_done()
  with(function(made, watch, remora)
    made:commit { ["cron.yml"] = cron "root" }
    fs.write(made.work .. "/cron.yml", cron "root")
    local saved = remora("plan", made.work .. "/cron.yml", "-o", made.work .. "/saved.yml")
    lu.assertEquals(saved.code, 0, saved.stderr)
    made:commit {}
    local ran = watch("--path", "saved.yml")
    lu.assertEquals(ran.code, 1)
    lu.assertStrContains(ran.stderr, "error: saved.yml:1:")
  end)
end

function tests.test_apply_does_not_resume_what_watch_began()
  with(function(made, watch, remora, home)
    made:commit { ["cron.yml"] = cron "root" }
    fs.write(home .. "/refuse.yml",
      "rules: [{ call: create_service_instance, action: refuse, code: 1199020 }]\n")
    local ran = cli.run { cwd = home, env = { REMORA_FAULTS = "refuse.yml" }, "watch", "--once",
      "--repo", made.url }
    lu.assertEquals(ran.code, 4, ran.stderr)
    local resumed = remora("apply", "--resume")
    lu.assertEquals(resumed.code, 1)
    lu.assertStrContains(resumed.stderr, "error: run 1 was of remora watch\n")
    ran = watch()
    lu.assertEquals(ran.code, 0)
    lu.assertStrContains(ran.stderr, "run 1 of ")
    lu.assertStrContains(remora("history").stdout, "done in part, then run 2")
  end)
end

function tests.test_a_repository_must_be_named()
  for _, line in ipairs { { "watch", "--once" }, { "watch", "--repo" } } do
    lu.assertEquals(cli.run(line).code, 64)
  end
end

return tests
