-- Temporary directories and files for tests. What it makes it removes; nothing outlives a test.

local system = require("system")

local fs = {}

---Removes a file, or a directory with everything in it. A path that does not exist is fine.
---@param path string
function fs.remove_tree(path)
  local removed, failure = system.remove(path)
  if removed or failure.code == "system.enoent" then return end
  assert(failure.code == "system.enotempty", failure.message)
  for _, name in ipairs(assert(system.list(path))) do
    fs.remove_tree(path .. "/" .. name)
  end
  assert(system.remove(path))
end

local directory_meta = {
  __close = function(directory)
    fs.remove_tree(directory.path)
  end,
}

-- Files there never reach a disk, so that who waits for theirs to do so waits for nothing.
local MEMORY = "/dev/shm"

---Where temporary directories are quick, for tests that do not care about power cuts.
---@return string|nil parent nil: nowhere quicker than usual
function fs.quick()
  return system.stat(MEMORY) and MEMORY or nil
end

---Makes an empty directory: `local directory <close> = fs.temporary()`.
---@param parent string|nil the directory it is made in; nil: TMPDIR, or /tmp
---@return {path: string} directory removed with its contents at the end of the scope
function fs.temporary(parent)
  parent = parent or system.getenv("TMPDIR") or "/tmp"
  local path = ("%s/remora-test-%s"):format(parent, system.random_hex(8))
  assert(system.mkdir(path))
  return setmetatable({ path = path }, directory_meta)
end

---Writes a file and the directories above it.
---@param path string
---@param text string
function fs.write(path, text)
  local parent = path:match("^(.*)/")
  if parent and parent ~= "" then assert(system.mkdir(parent)) end
  assert(system.write_file(path, text))
end

---Reads a whole file.
---@param path string
---@return string text
function fs.read(path)
  return assert(system.read_file(path))
end

return fs
