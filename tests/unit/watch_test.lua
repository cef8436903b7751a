-- The pure parts of watch: what --repo names, which files are playbooks, when to look again, and
-- what is told once.

local fault = require "remora.core.fault"
local files = require "remora.watch.files"
local lu = require "luaunit"
local repository = require "remora.watch.repository"
local schedule = require "remora.watch.schedule"
local told = require "remora.watch.told"

local tests = {}

-- --repo, then what is shown of it, what git fetches from, the user for ssh, and the secret.
local NAMES = {
  { "https://host/fleet.git", "https://host/fleet.git", "https://host/fleet.git", "", "" },
  { "https://ann:s3cret@host/fleet.git", "https://host/fleet.git",
    "https://ann:s3cret@host/fleet.git", "", "s3cret" },
  { "HTTP://ann:s3cret@host:80/x", "HTTP://host:80/x", "HTTP://ann:s3cret@host:80/x", "",
    "s3cret" },
  { "https://t0ken@host:8443/x", "https://host:8443/x", "https://t0ken:@host:8443/x", "", "t0ken" },
  { "https://:s3cret@host/x", "https://host/x", "https://git:s3cret@host/x", "", "s3cret" },
  { "https://a%40b:c%3ad@host/x@y", "https://host/x@y", "https://a%40b:c%3Ad@host/x@y", "", "c:d" },
  { "https://a:b@c@host/x?://", "https://host/x?://", "https://a:b%40c@host/x?://", "", "b@c" },
  { "https://ann@[::1]:80/x", "https://[::1]:80/x", "https://ann:@[::1]:80/x", "", "ann" },
  { "ssh://git@host:22/x", "ssh://host:22/x", "ssh://host:22/x", "git", "" },
  { "git+ssh://git:s3cret@host/x", "git+ssh://host/x", "git+ssh://host/x", "git", "s3cret" },
  { "git@host:fleet.git", "git@host:fleet.git", "git@host:fleet.git", "", "" },
  { "file:///srv/a:b@c.git", "file:///srv/a:b@c.git", "file:///srv/a:b@c.git", "", "" },
  { "../fleet.git", "../fleet.git", "../fleet.git", "", "" },
}

function tests.test_what_a_repository_is_named()
  for _, case in ipairs(NAMES) do
    local made = assert(repository.of(case[1], {}))
    lu.assertEquals({ made.url, made.remote, made.username, made.secret },
      { case[2], case[3], case[4], case[5] }, case[1])
  end
end

function tests.test_credentials_beside_a_name()
  local given = { git_username = "eve", git_password = "oth%r" }
  for name, remote in pairs { ["https://host/x"] = "https://eve:oth%25r@host/x",
    ["https://ann@host/x"] = "https://ann:oth%25r@host/x",
    ["https://ann:own@host/x"] = "https://ann:own@host/x" } do
    lu.assertEquals(repository.of(name, given).remote, remote)
  end
  local made = assert(repository.of("host:x", given))
  lu.assertEquals({ made.remote, made.username, made.password, made.secret },
    { "host:x", "eve", "oth%r", "oth%r" })
end

function tests.test_half_a_password_is_not_taken_for_a_host()
  for _, text in ipairs { "https://ann:s3/cret@host/x", "https://ann:s3?cret@host/x",
    "https://ann:s3#cret@host/x" } do
    local made, refused = repository.of(text, {})
    lu.assertNil(made, text)
    lu.assertNotStrContains(fault.render(refused), "s3")
  end
end

-- A commit: directories with the types of what is in them.
local TREE = {
  [""] = { ["b.yml"] = "file", ["a.lua"] = "file", ["README.md"] = "file", shop = "directory",
    ["x.yml"] = "directory", ["link.yml"] = "other" },
  shop = { ["web.yaml"] = "file", ["db.yml"] = "file", ["web.txt"] = "file", deep = "directory" },
  ["shop/deep"] = { ["one.yml"] = "file" },
  ["x.yml"] = {},
}

local tree = {}
function tree:list(path) return TREE[path] end

local PATHS = {
  { {}, { "a.lua", "b.yml" } },
  { { "./" }, { "a.lua", "b.yml" } },
  { { "b.yml", "a.lua", "./b.yml" }, { "b.yml", "a.lua" } },
  { { "/b.yml" }, { "b.yml" } },
  { { "README.md" }, { "README.md" } }, -- whoever names a file means it
  { { "shop" }, { "shop/db.yml", "shop/web.yaml" } },
  { { "shop/*.yml" }, { "shop/db.yml" } },
  { { "shop/web.*" }, { "shop/web.txt", "shop/web.yaml" } },
  { { "?.yml" }, { "b.yml" } },
  { { "shop/deep/", "b.yml" }, { "shop/deep/one.yml", "b.yml" } },
}

function tests.test_which_files_are_playbooks()
  for _, case in ipairs(PATHS) do
    lu.assertEquals({ files.of(tree, case[1]) }, { case[2] }, table.concat(case[1], " "))
  end
end

function tests.test_paths_that_lead_to_no_playbook()
  for _, path in ipairs { "nosuch", "nosuch/x.yml", "shop/*.lua", "link.yml", "x.yml", "../b.yml",
    "b.yml/x" } do
    local list, refused = files.of(tree, { path })
    lu.assertNil(list, path)
    lu.assertEquals(refused.code, "watch.no_playbook", path)
  end
  local _, refused = files.of(tree, { "b.yml", "nosuch", "nor.yml" })
  lu.assertEquals(#refused.faults, 2)
end

function tests.test_attempts_grow_apart_and_come_together_again()
  local now = 100
  local its = schedule.new { every = 60, retry = 10, longest = 35,
    clock = function() return now end }
  lu.assertTrue(its:due())
  local function gap(good)
    its:went(good)
    lu.assertFalse(its:due())
    local wait = its.next - now
    now = its.next
    lu.assertTrue(its:due())
    return wait
  end
  local gaps = { gap(true), gap(false), gap(false), gap(false), gap(false), gap(true), gap(false) }
  lu.assertEquals(gaps, { 60, 10, 20, 35, 35, 60, 10 })
  its:went(true)
  its:hurry()
  lu.assertTrue(its:due())
end

function tests.test_a_thousand_failures_are_still_tried_again()
  local its = schedule.new { every = 60, retry = 10, longest = 600,
    clock = function() return 0 end }
  for _ = 1, 2000 do its:went(false) end
  lu.assertEquals(its.next, 600)
end

local function trouble(message, more)
  local fields = { code = "x", message = message }
  for name, value in pairs(more or {}) do fields[name] = value end
  return fault.new(fields)
end

function tests.test_a_trouble_is_told_once_until_it_is_over()
  local said = {}
  local out = { error = function(_, refused) said[#said + 1] = refused.message end,
    note = function(_, _, words) said[#said + 1] = words end }
  local memory = told.new(out)
  memory:over("a", "never begun")
  memory:trouble("a", trouble "one")
  memory:trouble("a", trouble("one", { request_id = "r-2" }))
  memory:trouble("b", trouble "one")
  memory:trouble("a", trouble "two")
  memory:trouble("a", trouble("two", { at = { file = "f", line = 1 } }))
  memory:over("a", "over")
  memory:over("a", "over again")
  memory:trouble("a", trouble "two")
  lu.assertEquals(said, { "one", "one", "two", "two", "over", "two" })
end

return tests
