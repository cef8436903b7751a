-- A workplace with the demo fleet in which tools/monitor has three processes on each of four hosts:
-- db before app before front. Owns the playbook and how agents are asked; expects nothing.

local cli = require "tests.support.cli"
local json = require "json"
local workplace = require "tests.support.workplace"

local tiers = setmetatable({}, { __index = workplace })
tiers.__index = tiers

local PLAYBOOK = [[
playbook: tiers
business: demo
instances:
  - where: { set: tools, module: monitor }
    processes:
      db: { bk_func_name: db, priority: -1, user: root, work_path: /opt/db,
            pid_file: /run/db.pid, start_cmd: ./db, stop_cmd: ./db stop, restart_cmd: ./db again,
            reload_cmd: ./db reload, face_stop_cmd: kill db }
      app: { bk_func_name: app, priority: 2, user: root, work_path: /opt/app,
             pid_file: /run/app.pid, start_cmd: ./app, stop_cmd: ./app stop }
      front: { bk_func_name: front, priority: 30, user: root, work_path: /opt/front,
               pid_file: /run/front.pid, start_cmd: ./front, stop_cmd: ./front stop }
]]

---@param loop remora.Loop|nil in which the platform is
---@param url string|nil of that platform; nil: the embedded one of its runs
---@return table tiers to be declared `<close>`; its runs have `env` in their environment
function tiers.new(loop, url)
  local self = setmetatable(workplace.new(), tiers)
  self.loop, self.env = loop, { REMORA_PLATFORM = url }
  self:apply()
  return self
end

---Runs remora in it.
---@param ... string arguments
---@return {code: integer?, signal: integer?, stdout: string, stderr: string} result
function tiers:run(...)
  return cli.run { cwd = self.path, env = self.env, loop = self.loop, ... }
end

---Makes the processes, with something of the playbook written otherwise.
---@param from string|nil
---@param to string|nil
function tiers:apply(from, to)
  self:write("tiers.yml", from and PLAYBOOK:gsub(from, to) or PLAYBOOK)
  self:expect(0, "apply", "tiers.yml")
end

---Does something with processes, whatever the limits say.
---@param code integer that it must end with
---@param ... string arguments
---@return {code: integer, stdout: string, stderr: string} result
function tiers:op(code, ...)
  return self:expect(code, "op", "--business", "demo", "--force", "--agent-timeout", "0.5", ...)
end

---The rows of remora status.
---@param ... string
---@return table[]
function tiers:rows(...)
  return json.decode(self:expect(0, "status", "--json", "--business", "demo", "--agent-timeout",
    "0.5", ...).stdout).processes
end

---What the agents say.
---@param ... string of remora status
---@return {[1]: integer, [2]: integer} counts how many are hosted and how many run
---@return table<string, integer> pids by address and process
function tiers:agents(...)
  local hosted, running, pids = 0, 0, {}
  for _, row in ipairs(self:rows(...)) do
    hosted, running = hosted + (row.hosted and 1 or 0), running + (row.running and 1 or 0)
    pids[row.ip .. " " .. row.name] = row.pids[1]
  end
  return { hosted, running }, pids
end

tiers.__close = workplace.__close

return tiers
