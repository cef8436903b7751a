-- The module "git": a branch fetched into a copy, and the copy read at a commit.

local fs = require "tests.support.fs"
local git = require "git"
local lu = require "luaunit"
local process = require "process"
local repository = require "tests.support.repository"

local tests = {}

-- Runs a function with a repository that has a commit, and the path for a copy.
local function with(files, body)
  local directory <close> = fs.temporary()
  local made = repository(directory.path)
  local id = files and made:commit(files, "first: ü\n\nmore of it")
  body(made, directory.path .. "/copies/one", id)
end

local function fetch(made, path, branch)
  return git.fetch { copy = path, url = made.url, branch = branch }
end

function tests.test_a_branch_is_fetched_and_read()
  with({ ["web.yml"] = "a: b\0\n", ["shop/x.lua"] = "" }, function(made, path, id)
    lu.assertEquals(fetch(made, path), { commit = id, branch = "main" })
    local copy <close> = assert(git.open(path))
    local commit = assert(copy:commit(id))
    lu.assertEquals(tostring(commit.time), made:git("log", "-1", "--format=%ct"))
    commit.time = nil
    lu.assertEquals(commit, { id = id, author = "Ann", subject = "first: ü" })
    lu.assertEquals(copy:list(id, ""),
      { README = "file", ["web.yml"] = "file", shop = "directory" })
    lu.assertEquals(copy:list(id, "shop"), { ["x.lua"] = "file" })
    lu.assertEquals(copy:read(id, "web.yml"), "a: b\0\n")
    lu.assertEquals(copy:read(id, "web.yml", 6), "a: b\0\n")
    lu.assertEquals(copy:read(id, "shop/x.lua"), "")
  end)
end

function tests.test_an_older_commit_can_still_be_read()
  with({ f = "1" }, function(made, path, first)
    assert(fetch(made, path))
    local second = made:commit({ f = "2" })
    lu.assertEquals(assert(fetch(made, path)).commit, second)
    local copy <close> = assert(git.open(path))
    lu.assertEquals({ copy:read(first, "f"), copy:read(second, "f") }, { "1", "2" })
    lu.assertEquals({ copy:descends(second, first), copy:descends(first, second) },
      { true, false })
  end)
end

function tests.test_a_branch_that_was_rewritten_is_followed()
  with({ f = "1" }, function(made, path, first)
    assert(fetch(made, path))
    made:git("checkout", "--quiet", "--orphan", "other")
    made:git("branch", "--quiet", "-D", "main")
    made:git("branch", "--quiet", "-m", "main")
    local second = made:commit { f = "2" }
    lu.assertEquals(assert(fetch(made, path, "main")).commit, second)
    local copy <close> = assert(git.open(path))
    lu.assertFalse(copy:descends(second, first))
    lu.assertFalse(copy:descends(second, ("1"):rep(40)))
  end)
end

function tests.test_the_default_branch_is_the_one_of_head()
  with({ f = "1" }, function(made, path)
    made:git("checkout", "--quiet", "-b", "prod")
    local id = made:commit { f = "2" }
    lu.assertEquals(assert(fetch(made, path)).branch, "main")
    lu.assertEquals(fetch(made, path, "prod"), { commit = id, branch = "prod" })
    made:git("--git-dir", made.path, "symbolic-ref", "HEAD", "refs/heads/prod")
    lu.assertEquals(fetch(made, path), { commit = id, branch = "prod" })
  end)
end

local function refusal(result, refused)
  lu.assertNil(result)
  lu.assertEquals(type(refused.message), "string")
  return refused.code
end

function tests.test_what_cannot_be_fetched()
  with({ f = "1" }, function(made, path)
    local _, unknown = fetch(made, path, "nosuch")
    lu.assertEquals({ unknown.code, unknown.message },
      { "git.no_branch", "the repository has no branch nosuch" })
    lu.assertEquals(refusal(fetch(made, path, ("x"):rep(300))), "git.no_branch")
    lu.assertEquals(refusal(fetch(made, path, "m*")), "git.no_branch")
    lu.assertEquals(refusal(git.fetch { copy = path, url = made.url .. "x" }), "git.unreachable")
    lu.assertEquals(refusal(git.fetch { copy = path, url = "http://127.0.0.1:1/x" }),
      "git.unreachable")
    lu.assertEquals(refusal(git.fetch { copy = made.work .. "/f/copy", url = made.url }),
      "git.copy")
  end)
  with(nil, function(made, path)
    lu.assertEquals(refusal(fetch(made, path)), "git.no_branch")
  end)
end

function tests.test_what_cannot_be_read()
  with({ f = "12", ["d/f"] = "" }, function(made, path)
    assert(process.spawn { argv = { "ln", "-s", "/etc/passwd", made.work .. "/link" } }):wait(60)
    local id = made:commit {}
    assert(fetch(made, path))
    lu.assertEquals(refusal(git.open(path .. "x")), "git.damaged")
    local copy <close> = assert(git.open(path))
    lu.assertEquals(copy:list(id, "").link, "other")
    for _, case in ipairs { { "link", "git.type" }, { "d", "git.type" }, { "x", "git.absent" },
      { "d/x", "git.absent" }, { "f/x", "git.absent" }, { "../f", "git.absent" },
      { "/f", "git.absent" } } do
      lu.assertEquals(refusal(copy:read(id, case[1])), case[2], case[1])
    end
    lu.assertEquals(refusal(copy:read(id, "f", 1)), "git.too_big")
    lu.assertEquals(refusal(copy:list(id, "f")), "git.type")
    lu.assertEquals(refusal(copy:list(id, "x")), "git.absent")
    lu.assertEquals(refusal(copy:read(("1"):rep(40), "f")), "git.damaged")
    lu.assertEquals(refusal(copy:commit(("1"):rep(40))), "git.damaged")
  end)
end

function tests.test_wrong_use_is_an_error()
  with({ f = "1" }, function(made, path, id)
    assert(fetch(made, path))
    local copy = assert(git.open(path))
    lu.assertErrorMsgContains("the id of a commit", copy.commit, copy, "main")
    lu.assertErrorMsgContains("the path of a file", copy.read, copy, id, "")
    lu.assertErrorMsgContains("unknown option 'uri'", git.fetch, { uri = "x" })
    lu.assertErrorMsgContains("copy and url are needed", git.fetch, { url = "x" })
    copy:close()
    copy:close()
    lu.assertErrorMsgContains("the copy is closed", copy.commit, copy, id)
  end)
end

return tests
