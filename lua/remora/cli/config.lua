-- Which platform to talk to, and as whom: command line, environment and the profiles of the
-- user's configuration file. Reads; never writes, connects or prints a secret.

local fault = require "remora.core.fault"
local schema = require "remora.core.schema"
local phrase = require "remora.core.phrase"
local route = require "remora.net.route"
local source = require "remora.playbook.source"
local system = require "system"
local user_file = require "remora.core.user_file"

local config = {}

local CREDENTIALS = {
  bk_app_code = "BK_APP_CODE",
  bk_app_secret = "BK_APP_SECRET",
  bk_token = "BK_TOKEN",
  bk_username = "BK_USERNAME",
}

local GIT = {
  git_username = "REMORA_GIT_USERNAME",
  git_password = "REMORA_GIT_PASSWORD",
  git_key = "REMORA_GIT_KEY",
}

local function text(about)
  return { type = "text", filled = true, about = about }
end

local limit = { type = "either", { type = "integer", min = 0 }, { type = "text", filled = true },
  words = "a number or a share such as 10%", about = "as the flag of that name" }
local PROFILE = { type = "record", words = "a profile", fields = {
  url = { type = "text", filled = true, required = true,
    advice = "url: https://… says where the platform is" },
  route = { type = "enum", values = {
    { "esb", "esb" }, { "gateway", "gateway" }, { "backend", "backend" } } },
  language = { type = "enum", values = { { "en", "en" }, { "zh-cn", "zh-cn" } },
    about = "of the platform's messages; else that of the locale" },
  ca_file = text("of certificates that are unknown here"),
  verify = { type = "boolean", about = "false takes any certificate" },
  timeout = { type = "number", min = 1, about = "seconds one call may take" },
  max_changes = limit,
  max_deletes = limit,
} }
for _, names in ipairs { CREDENTIALS, GIT } do
  for name in pairs(names) do PROFILE.fields[name] = text() end
end

-- What stat says where there is no file; anything else is no reason to go on without it.
local ABSENT = { ["system.enoent"] = true, ["system.enotdir"] = true }

---The form of the file.
config.shape = { type = "record", words = "a map with profiles", fields = {
  default = text("the profile that is taken without --profile"),
  profiles = { type = "map", of = PROFILE, required = true },
} }

---Where the configuration file is.
---@param env fun(name: string): string|nil
---@return string|nil path nil without a home directory
function config.path(env)
  return user_file(env, "XDG_CONFIG_HOME", ".config", "config.yml")
end

-- Others must not be able to read the secrets in it, nor to have put it there.
local function guard(path, stat)
  if stat.uid ~= system.uid() then
    return fault.new { code = "config.owner", at = { file = path },
      message = "belongs to another user", hint = "chown it to the user who runs remora" }
  end
  if stat.mode & 63 ~= 0 then -- 0077
    return fault.new { code = "config.mode", at = { file = path },
      message = ("can be read by others (mode %03o)"):format(stat.mode & 511),
      hint = "chmod 600 " .. path }
  end
  return nil
end

-- The line itself is not shown: the secrets may stand in it.
local function told(file, problem)
  local message, hint = problem.message, problem.hint
  local secret = CREDENTIALS[problem.key] or GIT[problem.key]
  if secret and problem.code ~= "unknown_key" then -- nor a secret's value
    message, hint = ('"%s" must be text'):format(problem.key), "write it in quotes"
  end
  return fault.new { code = "config." .. problem.code, message = message, hint = hint,
    at = fault.position(file:locate(problem.node, problem.key, problem.side)) }
end

-- The checked content of the file.
local function read(path)
  local file, value, refused
  file, refused = source.open(path)
  if not file then return nil, refused end
  value, refused = file:parse()
  if value == nil then
    refused.at = fault.position(refused.at) -- as above
    return nil, refused
  end
  local checked, problems = schema.check(config.shape, value)
  if #problems == 0 then return checked end
  local faults = {}
  for i, problem in ipairs(problems) do faults[i] = told(file, problem) end
  return nil, fault.list(fault.sort(faults))
end

-- The profile asked for by name, else the file's default; nil without a fault when neither is.
local function profile_of(name, env)
  local path, stat, failure = config.path(env), nil, nil
  if path then stat, failure = system.stat(path) end
  if failure and not ABSENT[failure.code] then
    return nil, fault.of_file(path, "cannot be read", failure)
  end
  if not stat then
    if not name then return nil end
    return nil, fault.new { code = "config.missing", at = { file = path },
      message = ("there is no profile %s, as there is no configuration file"):format(name) }
  end
  local refused = guard(path, stat)
  if refused then return nil, refused end
  local content
  content, refused = read(path)
  if not content then return nil, refused end
  name = name or content.default
  if not name then return nil end
  local profile = content.profiles[name]
  if profile then return profile end
  return nil, fault.new { code = "config.missing", at = { file = path },
    message = ("there is no profile %s"):format(name),
    hint = phrase.did_you_mean(name, content.profiles) }
end

-- A platform named outright needs no profile, unless one is named too. Empty: there is none.
local function profile_for(args, env)
  if args.platform and not args.profile then return {} end
  local found, refused = profile_of(args.profile, env)
  if refused then return nil, refused end
  return found or {}
end

---The platform to talk to.
---@param args {platform: string?, profile: string?, route: string?, timeout: number?}
---@param env fun(name: string): string|nil
---@return table|nil target as remora.net.client wants it; nil without a fault: none is configured
---@return table|nil fault
function config.target(args, env)
  local profile, refused = profile_for(args, env)
  if not profile then return nil, refused end
  local url = args.platform or profile.url
  if not url then return nil end
  if not url:match("^https?://[^/]") then
    return nil, fault.new { code = "config.url",
      message = ("%s is not a platform"):format(route.shown(url)),
      hint = "give its URL, such as https://paas.example.com" }
  end
  return {
    url = (url:gsub("/+$", "")),
    route = args.route or profile.route or "auto",
    language = profile.language or config.language(env),
    credentials = config.credentials(env, profile),
    ca_file = profile.ca_file,
    verify = profile.verify,
    timeout = args.timeout or profile.timeout,
    max_changes = profile.max_changes,
    max_deletes = profile.max_deletes,
  }
end

---The language of the platform's messages, after the locale: it knows Chinese and English.
---@param env fun(name: string): string|nil
---@return "en"|"zh-cn"
function config.language(env)
  for _, name in ipairs { "LC_ALL", "LC_MESSAGES", "LANG" } do
    local locale = env(name)
    if locale and locale ~= "" then return locale:find("^zh") and "zh-cn" or "en" end
  end
  return "en"
end

local function chosen(variables, env, profile)
  local values = {}
  for name, variable in pairs(variables) do
    local value = env(variable)
    if value == "" then value = nil end
    values[name] = value or profile and profile[name] or nil
  end
  return values
end

---Who is calling: the environment, over the profile.
---@param env fun(name: string): string|nil
---@param profile table|nil
---@return table<string, string>
function config.credentials(env, profile)
  return chosen(CREDENTIALS, env, profile)
end

---@class remora.cli.Git who fetches from a git repository, and whom that trusts
---@field git_username string?
---@field git_password string? or a token, or what opens the key
---@field git_key string? file with a private key
---@field ca_file string?

---Who fetches from a git repository: the environment, over the profile.
---@param args {platform: string?, profile: string?}
---@param env fun(name: string): string|nil
---@return remora.cli.Git|nil
---@return table|nil fault of the profile
function config.git(args, env)
  local profile, refused = profile_for(args, env)
  if not profile then return nil, refused end
  local git = chosen(GIT, env, profile)
  git.ca_file = profile.ca_file
  return git
end

return config
