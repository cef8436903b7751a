-- A TLS server with a self-signed certificate, by the openssl program. What it answers is a page of
-- that program's; who does not trust it never sees that.

local lu = require "luaunit"
local process = require "process"

local tls = {}

---Skips the test where there is no openssl.
function tls.needed()
  if not process.spawn { argv = { "openssl", "version" }, stdout = "pipe" } then
    lu.skip("openssl is not installed: no TLS server to test with")
  end
end

---Starts a server on a free port of 127.0.0.1.
---@param directory string for its files
---@param name string the host that its certificate is for
---@return userdata process to-be-closed
---@return string url
---@return string certificate path
function tls.serve(directory, name)
  local key, certificate = directory .. "/key.pem", directory .. "/certificate.pem"
  local made = assert(process.spawn { argv = { "openssl", "req", "-x509", "-newkey", "rsa:2048",
    "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=" .. name,
    "-addext", "subjectAltName=DNS:" .. name }, stderr = "pipe" })
  lu.assertEquals(made:wait(60), 0, made:read_stderr())
  local serving = assert(process.spawn { argv = { "openssl", "s_server", "-accept", "127.0.0.1:0",
    "-cert", certificate, "-key", key, "-www" }, stdout = "pipe", stderr = "pipe", stdin = "" })
  local port
  repeat
    local line = assert(serving:read_line(60))
    port = line:match("^ACCEPT .*:(%d+)$")
  until port
  return serving, "https://127.0.0.1:" .. port, certificate
end

return tls
