-- A playbook may be a Lua script that returns the same table a YAML file would hold: here forty
-- processes that differ in a number. The script can compute, and nothing else: no files, no
-- network.
-- Try it on the built-in demo fleet:  remora apply playbooks/generated.lua
-- Values given with --var are in `vars`:  remora plan --var shards=20 playbooks/generated.lua

local SHARDS = vars.shards or 40
local FIRST_PORT = 9201

local function shard(number)
  local name = ("shard-%02d"):format(number)
  return name, {
    bk_func_name = "searchd",
    bk_start_param_regex = "--name=" .. name, -- one executable: the pattern tells them apart
    description = "search index, part " .. number,
    user = "search",
    work_path = "/data/search/" .. name,
    pid_file = "/data/search/" .. name .. "/searchd.pid",
    start_cmd = "./searchd --name=" .. name,
    stop_cmd = "./searchd --name=" .. name .. " --stop",
    priority = 100 + number, -- lower numbers start first
    proc_num = 1,
    timeout = { value = 60, as_default_value = false },
    bind_info = {
      { ip = "first_inner", port = FIRST_PORT + number - 1, protocol = "TCP" },
    },
  }
end

local processes = {}
for number = 1, SHARDS do
  local name, process = shard(number)
  processes[name] = process
end

return {
  playbook = "generated",
  business = "demo",
  service_templates = {
    search = { prune = true, processes = processes },
  },
}
