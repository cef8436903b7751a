-- What is said when one of remora's own files, those below .remora/, cannot be read or written.

local fault = require "remora.core.fault"

local own_file = {}

local DAMAGED = "the file is damaged: put a copy of it back, or move it away to begin anew"
local HINTS = {
  ["sqlite.full"] = "make room on its disk; remora sends nothing that it cannot write down",
  ["sqlite.corrupt"] = DAMAGED, ["sqlite.notadb"] = DAMAGED,
}
local HINT = "remora writes .remora/ below the directory it is started in"

---@param path string of the file
---@param what string that which cannot be done now
---@param failure {code: string, message: string} of sqlite or system
---@return table fault
function own_file.refused(path, what, failure)
  return fault.new { code = failure.code, message = what .. ": " .. failure.message,
    at = { file = path }, hint = HINTS[failure.code] or HINT }
end

return own_file
