-- A platform whose agents work for real, `--agent exec`, with the two hosts of one module, and a
-- directory of scripts that it runs. Owns its start and its end, and that of all it has started.

local cli = require "tests.support.cli"
local json = require "json"
local lu = require "luaunit"
local process = require "process"
local serve = require "tests.support.served"
local system = require "system"
local workplace = require "tests.support.workplace"

local TOPOLOGY = [[
businesses:
  shop: { sets: { prod: { modules: { web: { hosts: ["10.0.0.[1-2]"] } } } } }
]]

-- What is hosted: it notes its number, then stays.
local SLEEPER = [[
#!/bin/sh
echo $$ > "$1.pid"
exec sleep 1000
]]

local SIGKILL, PATIENCE = 9, 60

local real_fleet = setmetatable({}, { __index = workplace })
real_fleet.__index = real_fleet

---@return table fleet to be declared `<close>`
function real_fleet.new()
  local self = setmetatable(workplace.new { ["fleet.yml"] = TOPOLOGY, sleeper = SLEEPER },
    real_fleet)
  self:shell "chmod +x sleeper"
  self.env = { BK_APP_CODE = "remora", BK_APP_SECRET = "s3cret-value" }
  self:serve()
  return self
end

---Starts the platform, the first time or anew.
function real_fleet:serve()
  self.served = serve(self, { "--agent", "exec", "--topology", "fleet.yml", env = self.env })
  self.env.REMORA_PLATFORM = self.served.url
end

---Runs remora in it.
---@param ... string arguments
---@return {code: integer?, stdout: string, stderr: string} result
function real_fleet:run(...)
  return cli.run { cwd = self.path, env = self.env, ... }
end

---Runs a shell command in it.
---@param text string
---@return integer|nil code
function real_fleet:shell(text)
  local running <close> = assert(process.spawn { argv = { "/bin/sh", "-c", text },
    cwd = self.path, stdout = "/dev/null", stderr = "/dev/null" })
  return (running:wait(PATIENCE))
end

-- A process `${inst_id}` is the number of the host in the module.
local PLAYBOOK = [[
playbook: real
business: shop
instances:
  - where: { set: prod, module: web }
    processes: { %s: %s }
hosting:
  - { where: { set: prod, module: web, process: %s }, state: %s, owner: me%s }
]]

---Writes a playbook with a process on both hosts.
---@param name string of the process and of the file
---@param fields table<string, any> what differs from a sleeper
---@param hosting table<string, any>|nil what its hosting says beside; nil: it is not looked after
function real_fleet:playbook(name, fields, hosting)
  local its = { bk_func_name = name, user = system.username(), work_path = self.path,
    pid_file = name .. "-${inst_id}.pid", start_cmd = "./sleeper " .. name .. "-${inst_id} &",
    stop_cmd = "kill $(cat " .. name .. "-${inst_id}.pid)" }
  for field, value in pairs(fields) do its[field] = value or nil end
  local state, more = "unhosted", ""
  if hosting then
    state, more = "hosted", ", type: " .. (hosting.type or "resident")
    for field, value in pairs(hosting) do
      if field ~= "type" then more = ("%s, %s: %s"):format(more, field, value) end
    end
  end
  self:write(name .. ".yml", PLAYBOOK:format(name, json.encode(its), name, state, more))
end

---Writes a playbook as above and applies it.
---@param name string
---@param fields table<string, any>
---@param hosting table<string, any>|nil
---@param code integer|nil that it must end with; nil: 0
---@return string stderr
function real_fleet:apply(name, fields, hosting, code)
  self:playbook(name, fields, hosting)
  return self:expect(code or 0, "apply", name .. ".yml").stderr
end

---Makes a call of the bus that must succeed.
---@param call string such as "jobv3/operate_process"
---@param args table
---@return any data
function real_fleet:post(call, args)
  args.bk_app_code, args.bk_app_secret = self.env.BK_APP_CODE, self.env.BK_APP_SECRET
  local answer = self.served:post("/api/c/compapi/v2/" .. call .. "/", args)
  lu.assertEquals(answer.code, 0, answer.message)
  return answer.data
end

---Does something with processes by hand.
---@param code integer that it must end with
---@param ... string of remora op
---@return string stderr
function real_fleet:op(code, ...)
  return self:expect(code, "op", "--business", "shop", "--force", ...).stderr
end

---How a process is.
---@param name string
---@param host integer 1 or 2
---@return {hosted: boolean, running: boolean, pid: integer?}
function real_fleet:state(name, host)
  local rows = json.decode(self:expect(0, "status", "--json", "--business", "shop",
    "process=" .. name, "hosts=10.0.0." .. host).stdout).processes
  return { hosted = rows[1].hosted, running = rows[1].running, pid = rows[1].pids[1] }
end

---Waits until something is so.
---@param what string what should have been
---@param ask fun(): any
---@return any answer not nil and not false
function real_fleet:eventually(what, ask)
  local deadline = system.monotonic() + PATIENCE
  while true do
    local answer = ask()
    if answer then return answer end
    lu.assertTrue(system.monotonic() < deadline, "never: " .. what)
    system.sleep(0.05)
  end
end

---How many lines a file in it has.
---@param name string
---@return integer
function real_fleet:lines(name)
  local _, count = (system.read_file(self.path .. "/" .. name) or ""):gsub("\n", "")
  return count
end

-- Whatever works in the directory was started by this fleet.
local END_ALL = [[
for place in /proc/[0-9]*; do
  [ "$(readlink "$place/cwd")" = "$PWD" ] && [ "${place#/proc/}" != $$ ] && echo "${place#/proc/}"
done | xargs -r kill -9
]]

real_fleet.__close = function(self)
  if self.served then self.served:stop(SIGKILL) end
  self:shell(END_ALL)
  workplace.__close(self)
end

return real_fleet
