-- A git repository for tests, made with the git program: a bare one, and a place to commit from.
-- Owns its files; knows nothing of playbooks.

local fs = require "tests.support.fs"
local process = require "process"

local Repository = {}
Repository.__index = Repository

-- Whoever runs the tests may have settings of their own.
local ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM = "1", GIT_CONFIG_GLOBAL = "/dev/null",
  GIT_AUTHOR_NAME = "Ann", GIT_AUTHOR_EMAIL = "ann@example.com",
  GIT_COMMITTER_NAME = "Ann", GIT_COMMITTER_EMAIL = "ann@example.com",
}

-- Runs git in the place to commit from; gives what it prints, without the line end.
function Repository:git(...)
  local running <close> = assert(process.spawn { argv = { "git", ... }, cwd = self.work,
    env = ENVIRONMENT, stdout = "pipe", stderr = "pipe" })
  local code = running:wait(60)
  local printed = running:read_stdout()
  assert(code == 0, table.concat({ ... }, " ") .. "\n" .. running:read_stderr())
  return (printed:gsub("\n$", ""))
end

---Makes one, with the branch main and no commit.
---@param directory string what it is made in
---@return {path: string, url: string, work: string} repository path: of the bare one
local function new(directory)
  local self = setmetatable({ path = directory .. "/fleet.git", work = directory .. "/work" },
    Repository)
  self.url = "file://" .. self.path
  fs.write(self.work .. "/README", "a fleet\n")
  self:git("init", "--quiet", "--bare", "--initial-branch=main", self.path)
  self:git("init", "--quiet", "--initial-branch=main")
  self:git("remote", "add", "origin", self.path)
  return self
end

---Commits files, with all that lies there, and pushes that whatever is there.
---@param files table<string, string> text by path
---@param subject string?
---@return string id
function Repository:commit(files, subject)
  for path, text in pairs(files) do fs.write(self.work .. "/" .. path, text) end
  self:git("add", "--all")
  self:git("commit", "--quiet", "--allow-empty", "--message", subject or "a change")
  self:git("push", "--quiet", "--force", "origin", "HEAD")
  return self:git("rev-parse", "HEAD")
end

return new
