-- Our copy of a repository, below .remora/git: brought up to date by a process of its own
-- (fetcher.lua), and read at a commit. Owns what is told when that fails; knows no playbook.

local fault = require "remora.core.fault"
local fetcher_word = require "remora.watch.fetcher_word"
local git = require "git"
local host = require "host"
local json = require "json"
local percent = require "remora.core.percent"
local phrase = require "remora.core.phrase"
local process = require "process"
local system = require "system"

local copy = {}
copy.__index = copy

local DIRECTORY = ".remora/git/" -- below the working directory, as all of remora's own data
local NAP = 0.02                 -- seconds between two looks at that process

---@class remora.watch.Commit
---@field id string
---@field author string
---@field time integer unix seconds
---@field subject string

---@class remora.watch.Tree the files of a commit; to be closed
---@field commit remora.watch.Commit

local CREDENTIALS = "set REMORA_GIT_USERNAME and REMORA_GIT_PASSWORD (a token will do), for ssh "
  .. "REMORA_GIT_KEY, or git_username, git_password and git_key in the profile; keys of ssh-agent "
  .. "are taken as well"

-- What the other side, or our own disk, may say: text around libgit2's words, hint.
local FAILURES = {
  ["git.auth"] = { "%s lets nobody in without credentials: %s", CREDENTIALS },
  ["git.certificate"] = { "%s cannot be trusted: %s",
    "name who signed its certificate as ca_file in the profile, or its key in ~/.ssh/known_hosts" },
  ["git.no_branch"] = { "%s: %s", "--branch names another one" },
  ["git.unreachable"] = { "%s cannot be fetched: %s",
    "--repo takes a URL or a path that is there; is the network, too?" },
  ["git.copy"] = { "the copy of %s cannot be written: %s",
    "remora writes .remora/ below the directory it is started in" },
  ["git.damaged"] = { "the copy of %s is damaged: %s", "it is fetched anew the next time" },
  ["git.process"] = { "%s cannot be fetched: %s", nil },
  ["git.timeout"] = { "%s cannot be fetched: %s", "--fetch-timeout gives it longer" },
}

local function refused_by(self, refused)
  local words = FAILURES[refused.code]
  return fault.new { code = refused.code, message = words[1]:format(self.shown, refused.message),
    hint = words[2] }
end

---@param options {repository: remora.watch.Repository, branch: string?, timeout: number, loop:
---  remora.Loop} timeout: seconds for one fetch
---@return table copy
function copy.new(options)
  local its, branch = options.repository, options.branch or ""
  local path = DIRECTORY .. percent.encoded(its.url .. "#" .. branch) -- never shared by two of them
  return setmetatable({ shown = its.url, loop = options.loop, timeout = options.timeout,
    path = path, program = host.program(), wish = { copy = path, url = its.remote, branch = branch,
      username = its.username, password = its.password, key = its.key,
      ca_file = its.ca_file } }, copy)
end

-- The end of a process, while the loop goes on. nil: interrupted, or out of time.
local function ending(self, running)
  local deadline = system.monotonic() + self.timeout
  while system.monotonic() < deadline do
    local code, signal = running:wait(0)
    local waiting = type(signal) == "table" and signal.code == "process.timeout"
    if not waiting then return { code = code, signal = signal } end
    if not self.loop:sleep(NAP) then
      return nil, fault.new { code = "net.interrupted", message = "stopped fetching" }
    end
  end
  return nil, refused_by(self, { code = "git.timeout",
    message = ("it took longer than %g s"):format(self.timeout) })
end

---Brings the copy up to date.
---@return {commit: string, branch: string}? fetched
---@return table? fault
function copy:fetch()
  local running <close>, refused = process.spawn { argv = { self.program, fetcher_word },
    stdin = json.encode { wish = self.wish, anew = self.anew, parent = system.pid() },
    stdout = "pipe" }
  if not running then
    return nil, fault.new { code = refused.code, message = refused.message }
  end
  local ended
  ended, refused = ending(self, running)
  if not ended then return nil, refused end
  if ended.code ~= 0 then
    return nil, refused_by(self, { code = "git.process",
      message = "the process for it ended with " .. (ended.signal and "signal " .. ended.signal
        or "code " .. ended.code) })
  end
  local answer = assert(json.decode(running:read_stdout()))
  if not answer.commit then return nil, refused_by(self, answer) end
  self.anew = nil
  return answer
end

local Tree = {}
Tree.__index = Tree

-- Damage is mended by the next fetch; what is not there at all is for who asked.
local function failed(self, refused)
  if refused.code == "git.damaged" then self.copy.anew = true end
  return nil, refused
end

---Opens the copy at a commit.
---@param id string
---@return remora.watch.Tree? tree to be declared `<close>`
---@return table? fault
function copy:at(id)
  local handle, refused = git.open(self.path)
  local commit
  if handle then commit, refused = handle:commit(id) end
  local tree = setmetatable({ copy = self, handle = handle, commit = commit }, Tree)
  if commit then return tree end
  tree:close()
  failed(tree, refused)
  return nil, refused_by(self, refused)
end

---Whether the commit follows another one.
---@param id string
---@return boolean
function Tree:follows(id)
  return self.handle:descends(self.commit.id, id)
end

-- Why a file of a commit cannot be had, as system.read_file tells of one on disk.
local REASONS = { ["git.absent"] = "there is no such file at %s",
  ["git.type"] = "it is no file at %s", ["git.too_big"] = "it is too large at %s" }

---The text of a file.
---@param path string
---@param most integer? bytes
---@return string? text
---@return {code: string, reason: string, message: string}? refused
function Tree:read(path, most)
  local text, refused = self.handle:read(self.commit.id, path, most)
  if text then return text end
  local words = REASONS[refused.code]
  refused.reason = words and words:format(phrase.commit(self.commit.id)) or refused.message
  return failed(self, refused)
end

---What is in a directory.
---@param path string "" for the top
---@return table<string, "file"|"directory"|"other">? types by name
---@return {code: string, message: string}? refused
function Tree:list(path)
  local types, refused = self.handle:list(self.commit.id, path)
  if types then return types end
  return failed(self, refused)
end

function Tree:close()
  if self.handle then self.handle:close() end
end

Tree.__close = Tree.close

return copy
