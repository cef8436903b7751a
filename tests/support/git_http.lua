-- A git repository over HTTP, by git's own http-backend: what tests.support.server answers with.
-- Owns the form of CGI; lets everybody in.

local process = require "process"

---Answers a request.
---@param request table of http_server
---@param root string directory that the path of the request is below
---@return tests.Answer
return function(request, root)
  local running <close> = assert(process.spawn { argv = { "git", "http-backend" },
    stdin = request.body, stdout = "pipe", stderr = "pipe", env = {
      GIT_PROJECT_ROOT = root, GIT_HTTP_EXPORT_ALL = "1", PATH_INFO = request.path,
      QUERY_STRING = request.query, REQUEST_METHOD = request.method,
      CONTENT_TYPE = request.headers["content-type"] or "",
      CONTENT_LENGTH = tostring(#request.body) } })
  running:wait(60)
  local head, body = running:read_stdout():match("^(.-\r\n)\r\n(.*)$")
  if not head then error(running:read_stderr()) end
  local headers = {}
  for name, value in head:gmatch "([^\r\n:]+): ([^\r\n]*)\r\n" do headers[name] = value end
  local status = math.tointeger(tonumber((headers.Status or "200"):match "^%d+"))
  headers.Status = nil
  return { status = status, headers = headers, body = body }
end
