-- What playbooks said when the platform was last as they say: drift is measured from there.
-- Works on an open journal; decides nothing.

local json = require "json"
local own_file = require "remora.core.own_file"
local system = require "system"

local applied = {}

---@class remora.journal.Applied
---@field sections table of one playbook file, in normal form
---@field at number unix seconds
---@field user string

---Remembers that the platform is as some playbook files say.
---@param book table remora.journal
---@param where {platform: string, business: integer}
---@param parts {file: string, sections: table}[] as of a playbook in normal form
---@return boolean? done
---@return table? fault
function applied.put(book, where, parts)
  for _, part in ipairs(parts) do
    local done, refused = book:write([[
      INSERT INTO applied (platform, business, file, sections, at, user) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE
      SET sections = excluded.sections, at = excluded.at, user = excluded.user]],
      where.platform, where.business, part.file, book:text(part.sections), system.time(),
      system.username())
    if not done then return nil, refused end
  end
  return true
end

---What was remembered of playbook files.
---@param book table remora.journal
---@param where {platform: string, business: integer}
---@param parts {file: string}[]
---@return table<string, remora.journal.Applied>? by file; those never applied are missing
---@return table? fault
function applied.get(book, where, parts)
  local known = {}
  for _, part in ipairs(parts) do
    local row, refused = book.db:row(
      "SELECT sections, at, user FROM applied WHERE platform = ? AND business = ? AND file = ?",
      where.platform, where.business, part.file)
    if refused then
      return nil, own_file.refused(book.path, "the journal cannot be read", refused)
    end
    if row then
      row.sections = assert(json.decode(row.sections))
      known[part.file] = row
    end
  end
  return known
end

return applied
