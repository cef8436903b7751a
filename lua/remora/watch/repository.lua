-- A repository as it is named on the command line: its URL without the secret that people put into
-- it, and who knocks there. Pure; contacts nothing.

local fault = require "remora.core.fault"

local repository = {}

---@class remora.watch.Repository
---@field url string without user and password
---@field username string "": as libgit2 finds it
---@field password string or a token, or what opens the key; "": none
---@field key string file with a private key for ssh; "": ssh-agent has them
---@field ca_file string authorities that sign certificates; "": those of the system
---@field secret string? what of the URL must not be shown

local URL = "^(%a[%w+.-]*://)([^/?#]*)(.*)$"

local DEFAULT_PORTS = { ["http://"] = ":80", ["https://"] = ":443" }

-- One server, one spelling: credentials are given where the URL says, to the letter.
local function normal(scheme, place)
  scheme, place = scheme:lower(), place:lower()
  local port = DEFAULT_PORTS[scheme]
  if port and place:sub(-#port) == port then place = place:sub(1, -#port - 1) end
  return scheme .. place
end

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- What looks like host:port and is not may be the first half of a password.
local function unclear()
  return fault.new { code = "usage", message = "--repo is not a URL that can be read",
    hint = "write / ? # and @ of a user or password as %2F %3F %23 %40, or give them in "
      .. "REMORA_GIT_USERNAME and REMORA_GIT_PASSWORD" }
end

-- A user alone may be a token where nobody asks for a name.
local function secret_of(url, username, password, given)
  if password ~= "" then return password end
  local is_token = url:find("^https?:") and username ~= "" and not given
  return is_token and username or nil
end

---Takes apart what --repo names: https://user:token@host/fleet.git, ssh://git@host/fleet.git,
---git@host:fleet.git or a path. Credentials in it go before those given.
---@param text string
---@param git remora.cli.Git
---@return remora.watch.Repository?
---@return table? fault that does not show the text
function repository.of(text, git)
  local made = { url = text, username = git.git_username or "", password = git.git_password or "",
    key = git.git_key or "", ca_file = git.ca_file or "" }
  local scheme, authority, rest = text:match(URL)
  if not scheme then return made end
  local userinfo, place = authority:match("^(.*)@(.*)$")
  place = place or authority
  if not place:find("^[^:]*:?%d*$") and not place:find("^%[[%x:.]+%]:?%d*$") then
    return nil, unclear()
  end
  local username, password = (userinfo or ""):match("^([^:]*):?(.*)$")
  made.url = normal(scheme, place) .. rest
  made.secret = secret_of(made.url, username, password, git.git_password)
  if username ~= "" then made.username = decoded(username) end
  if password ~= "" then made.password = decoded(password) end
  return made
end

return repository
