-- Where the project's own files are, for tests that read them. Finds them; reads nothing.

local source = {}

---The directory that holds README.md, playbooks and tests.
---@return string path without a slash at its end
function source.directory()
  return (debug.getinfo(1, "S").source:match("^@(.*)/tests/support/[^/]+$"))
end

return source
