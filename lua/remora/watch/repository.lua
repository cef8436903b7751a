-- A repository as it is named on the command line: its URL without the secret that people put into
-- it, and who knocks there. Pure; contacts nothing.

local fault = require "remora.core.fault"
local percent = require "remora.core.percent"

local repository = {}

---@class remora.watch.Repository
---@field url string without user and password
---@field remote string the same for git.fetch: with them, if they are for http
---@field username string for ssh; "": as libgit2 finds it
---@field password string what opens the key; "": nothing has to
---@field key string file with a private key for ssh; "": ssh-agent has them
---@field ca_file string authorities that sign certificates; "": those of the system
---@field secret string what must not be shown; "": nothing

local URL = "^(%a[%w+.-]*://)([^/?#]*)(.*)$"

-- What looks like host:port and is not may be the first half of a password.
local function unclear()
  return fault.new { code = "usage", message = "--repo is not a URL that can be read",
    hint = "write / ? # and @ of a user or password as %2F %3F %23 %40, or give them in "
      .. "REMORA_GIT_USERNAME and REMORA_GIT_PASSWORD" }
end

-- Of http, user and password go into the URL for git.fetch: libgit2 gives those to its server only.
-- Without a name, "git" will do; a user alone may be a token, which is no less secret.
local function put_into_url(made)
  local username, password = made.username, made.password
  if username == "" and password == "" then return end
  if password == "" then made.secret = username end
  local userinfo = percent.encoded(username ~= "" and username or "git") .. ":"
    .. percent.encoded(password)
  made.remote = made.url:gsub("://", function(mark) return mark .. userinfo .. "@" end, 1)
  made.username, made.password = "", ""
end

---Takes apart what --repo names: https://user:token@host/fleet.git, ssh://git@host/fleet.git,
---git@host:fleet.git or a path. Credentials in it go before those given.
---@param text string
---@param git remora.cli.Git
---@return remora.watch.Repository?
---@return table? fault that does not show the text
function repository.of(text, git)
  local made = { url = text, remote = text, username = git.git_username or "",
    password = git.git_password or "", key = git.git_key or "", ca_file = git.ca_file or "" }
  local scheme, authority, rest = text:match(URL)
  if scheme then
    local userinfo, place = authority:match("^(.*)@(.*)$")
    place = place or authority
    if not place:find("^[^:]*:?%d*$") and not place:find("^%[[%x:.]+%]:?%d*$") then
      return nil, unclear()
    end
    local username, password = (userinfo or ""):match("^([^:]*):?(.*)$")
    made.url = scheme .. place .. rest
    made.remote = made.url
    if username ~= "" then made.username = percent.decoded(username) end
    if password ~= "" then made.password = percent.decoded(password) end
  end
  made.secret = made.password
  if made.url:lower():find("^https?://") then put_into_url(made) end
  return made
end

return repository
