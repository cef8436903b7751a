-- One apply per platform and business at a time: a row beside the journal that names its holder.
-- Owns when a lock holds and when it may be taken over; knows no platform.
--
-- On its own host a lock holds as long as its process lives, however busy that is. Seen from
-- another host that shares the directory, it holds as long as it gives signs of life.

local fault = require "remora.core.fault"
local living = require "remora.core.living"
local own_file = require "remora.core.own_file"
local system = require "system"

local lock = {}
lock.__index = lock

lock.PATH = ".remora/locks.db" -- below the working directory, as all of remora's own data
lock.BEAT = 15                 -- seconds between two signs of life

local EXPIRY = 60              -- seconds without one

-- A lock need not outlive a crash of its host: the holder does not either. So nothing waits for the
-- disk here.
local DDL = [[
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS lock (
  platform TEXT NOT NULL,
  business INTEGER NOT NULL,
  token    TEXT NOT NULL,              -- tells this taking from every other one
  user     TEXT NOT NULL,
  host     TEXT NOT NULL,
  pid      INTEGER NOT NULL,
  started  TEXT NOT NULL,              -- when the process began, by its host's own count
  playbook TEXT NOT NULL,
  taken    REAL NOT NULL,              -- unix seconds
  beat     REAL NOT NULL,              -- unix seconds of the last sign of life
  PRIMARY KEY (platform, business)
) STRICT, WITHOUT ROWID;
]]

local FAILURE = "the lock cannot be taken"

local function failed(path, refused)
  return own_file.refused(path, FAILURE, refused)
end

local function holds(row, now)
  if row.host == system.hostname() then return living.since(row.pid) == row.started end
  return now - row.beat < EXPIRY
end

local function held(row)
  local business = ("business %d of %s"):format(row.business, row.platform)
  return fault.new {
    code = "lock.held",
    message = ("%s is being worked on by %s on %s (process %d) with %s, since %s"):format(business,
      row.user, row.host, row.pid, row.playbook,
      os.date("%Y-%m-%d %H:%M:%S", math.floor(row.taken))),
    hint = "wait until that has ended; the lock of a process that is gone is taken over by itself",
  }
end

local FIND = "SELECT * FROM lock WHERE platform = ? AND business = ?"

-- Inside a transaction: nobody else can be at the same.
local function take(self, about)
  local now = system.time()
  local row, refused = self.db:row(FIND, self.platform, self.business)
  if refused then return nil, failed(self.path, refused) end
  if row and holds(row, now) then return nil, held(row) end
  local done
  done, refused = self.db:run([[
    INSERT OR REPLACE INTO lock
      (platform, business, token, user, host, pid, started, playbook, taken, beat)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], self.platform, self.business, self.token,
    system.username(), system.hostname(), system.pid(), living.since(system.pid()) or "",
    about.playbook, now, now)
  if not done then return nil, failed(self.path, refused) end
  return self
end

---Takes the lock of a business.
---@param path string file; made when missing, with the directory above it
---@param about {platform: string, business: integer, playbook: string}
---@return table? lock to be declared `<close>`
---@return table? fault `lock.held` names who has it
function lock.take(path, about)
  local db, refused = own_file.open(path, FAILURE, DDL .. "BEGIN IMMEDIATE")
  if not db then return nil, refused end
  local self = setmetatable({ db = db, path = path, platform = about.platform,
    business = about.business, token = system.random_hex(8) }, lock)
  local taken, other = take(self, about)
  local done
  done, refused = db:exec("COMMIT")
  if taken and done then return self end
  db:close()
  return nil, other or failed(path, refused)
end

---Gives a sign of life.
---@return boolean? done
---@return table? fault somebody else has the lock by now; kept as `lost` too
function lock:beat()
  local changed, refused = self.db:run(
    "UPDATE lock SET beat = ? WHERE platform = ? AND business = ? AND token = ?",
    system.time(), self.platform, self.business, self.token)
  if not changed then
    self.lost = failed(self.path, refused)
  elseif changed == 0 then
    local row = self.db:row(FIND, self.platform, self.business)
    self.lost = row and held(row) or fault.new { code = "lock.held",
      message = "the lock of this run is gone: somebody removed it" }
  end
  if self.lost then return nil, self.lost end
  return true
end

---Gives the lock back. Safe to repeat.
function lock:close()
  if self.closed then return end
  self.closed = true
  self.db:run("DELETE FROM lock WHERE platform = ? AND business = ? AND token = ?", self.platform,
    self.business, self.token)
  self.db:close()
end

lock.__close = lock.close

return lock
