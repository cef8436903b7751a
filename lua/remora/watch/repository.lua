-- A repository as it is named on the command line: its URL without the secret that people put into
-- it, and who knocks there. Pure; contacts nothing.

local fault = require "remora.core.fault"

local repository = {}

---@class remora.watch.Repository
---@field url string without user and password
---@field username string "": as libgit2 finds it
---@field password string or a token; "": none
---@field secret string? what of the URL must not be shown

local URL = "^(%a[%w+.-]*://)([^/?#]*)(.*)$"

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- What looks like host:port and is not may be the first half of a password.
local function unclear()
  return fault.new { code = "usage", message = "--repo is not a URL that can be read",
    hint = "write / ? # and @ of a user or password as %2F %3F %23 %40, or give them in "
      .. "REMORA_GIT_USERNAME and REMORA_GIT_PASSWORD" }
end

---Takes apart what --repo names: https://user:token@host/fleet.git, ssh://git@host/fleet.git,
---git@host:fleet.git or a path. Credentials in it go before those given.
---@param text string
---@param credentials {git_username: string?, git_password: string?}
---@return remora.watch.Repository?
---@return table? fault that does not show the text
function repository.of(text, credentials)
  local scheme, authority, rest = text:match(URL)
  local given = { username = credentials.git_username or "",
    password = credentials.git_password or "" }
  if not scheme then
    return { url = text, username = given.username, password = given.password }
  end
  local userinfo, place = authority:match("^(.*)@(.*)$")
  place = place or authority
  if not place:find("^[^:]*:?%d*$") and not place:find("^%[[%x:.]+%]:?%d*$") then
    return nil, unclear()
  end
  local username, password = (userinfo or ""):match("^([^:]*):?(.*)$")
  return { url = scheme .. place .. rest,
    username = username ~= "" and decoded(username) or given.username,
    password = password ~= "" and decoded(password) or given.password,
    secret = password ~= "" and password or username ~= "" and username or nil }
end

return repository
