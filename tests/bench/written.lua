-- Playbooks of any length, as people write them, for what is measured without a fleet.

local RULE = [[
  - where: { set: "prod-*", module: app-%d }
    processes:
      server:
        bk_func_name: server
        user: app
        work_path: /data/app-%d/server
        pid_file: /data/app-%d/server/run/server.pid
        start_cmd: "./bin/start.sh --name server --config conf/server.conf" # as its owners do
        stop_cmd: ./bin/stop.sh --name server --timeout 30
        priority: 10
        proc_num: 1
        timeout: 30
        bind_info:
          - { ip: 0.0.0.0, port: "8080", protocol: TCP, enable: true }
      agent:
        bk_func_name: agent
        description: >-
          looks after the server,
          and tells when it is gone
        start_cmd: ./bin/agent
]]
local _, LINES = RULE:gsub("\n", "")

---@param lines integer about so many
---@return string yaml
return function(lines)
  local rules = { "playbook: written\nbusiness: bench\ninstances:\n" }
  for i = 1, lines // LINES do rules[i + 1] = RULE:format(i, i, i) end
  return table.concat(rules)
end
