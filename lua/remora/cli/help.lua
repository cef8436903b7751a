-- How help looks, and what stands below it: first steps, the shape of a playbook and of a fleet,
-- exit codes. Whoever has nothing else to read gets on with this. Runs nothing.

local schema_help = require "remora.core.schema_help"

local help = {}

local WIDTH = 80 -- characters, as wide as the narrowest terminal in use

-- Examples stand as they are: their lines are short enough not to be wrapped.
local EPILOGS = {}

EPILOGS.remora = [[
First steps. Without a platform, remora works on an embedded one with a demo
fleet. Write cron.yml:
   business: demo
   instances:
     - where: { set: tools, module: cron }
       processes:
         crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
Then:
   remora plan cron.yml          what would change
   remora apply cron.yml         do it; the same again goes on after a crash
   remora show last              what was done, call by call
   remora undo last              the way back
   remora pull --business demo   what is there, as a playbook

remora check --help shows all that a playbook may say, remora platform fault
--help what a fault rule may, remora COMMAND --help the rest. Every flag has a
twin in the environment: --timeout 5 is REMORA_TIMEOUT=5.

Exit codes: 0 done or nothing to do, 1 error, 2 changes pending (with
--detailed-exitcode), 3 refused by a safety rule, 4 done in part, 5 done but not
as the playbook says, 6 locked by another run, 7 the saved plan no longer fits,
64 wrong command line, 70 a bug, 130 interrupted.]]

EPILOGS.check = [[
A playbook:
   business: demo
   vars: { port: "8080" }          # --var port=81 for one run
   service_templates:              # what all instances of a module share
     web:
       category: Nginx
       prune: true                 # delete its processes that are not listed
       processes:
         nginx:
           bk_func_name: nginx     # a bare value is locked: all have it
           work_path: /data/nginx
           pid_file: /data/nginx/nginx.pid
           stop_cmd: ./sbin/nginx -s stop
           start_cmd: ./sbin/nginx
           timeout: { value: 30, as_default_value: false }  # may differ
           bind_info:
             - { ip: 0.0.0.0, port: "{{ port }}", protocol: TCP }
   instances:                      # what single ones have
     - where: { set: "prod-*", module: web }
       processes:
         nginx: { timeout: 60 }
     - where: { set: tools, module: cron, hosts: [10.0.0.7] }
       processes:                  # no template there: whole processes
         crond: { bk_func_name: crond, start_cmd: /usr/sbin/crond }
   hosting:                        # what the agents keep alive
     - where: { set: prod-1, module: web, process: nginx }
       state: hosted               # or unhosted, running, stopped
       owner: admin

Only what is written is compared. Nothing is deleted without prune: true, and
nothing at all where protect: true stands beside it. A wrong word is answered
with the words that are known in its place.]]

EPILOGS.watch = [[
In CI, for a change that is proposed, and for one that is there:
   remora watch --once --dry-run --repo URL --branch BRANCH
   remora watch --once --repo URL
For good, started in the same directory each time, as it keeps .remora/ there:
   remora watch --repo URL --path 'shop/*.yml'

remora history tells which commit each run was of.]]

EPILOGS["platform serve"] = [[
A topology:
   businesses:
     shop:
       service_templates:
         web: { category: Nginx }
       sets:
         live:
           modules:
             web: { service_template: web, hosts: ["10.2.1.[1-20]"] }
             batch: { hosts: [10.2.0.7] }

Faults:
   seed: 7
   rules:
     - { call: "search_*", probability: 0.1, action: status, status: 500 }
     - { call: update_process_instance, nth: 2, action: reset_after }

remora platform fault --help shows all that a rule may say.]]

-- What a file may say is shown below the example.
local REFERENCES = {
  remora = { "What ~/.config/remora/config.yml may say:",
    function() return require("remora.cli.config").shape end },
  check = { "All that a playbook may say:",
    function() return require("remora.playbook.document").shape end },
  ["platform fault"] = { "What a rule may say:",
    function() return require("remora.platform.faults_form").rule_shape end },
}
REFERENCES["platform fault add"] = REFERENCES["platform fault"]

local GLOBAL = "Flags of every command: remora --help"

-- argparse has no way to set a label; these names are its own. It would write an option with two
-- names and a value on two lines, set right.
local function label_of(option)
  local names, values = option._public_aliases, option:_get_argument_list()
  return { table.concat(names, ", ") .. (#values > 0 and " " .. table.concat(values, " ") or "") }
end

---The help of a command.
---@param each table argparse command, or the parser of all
---@return string
function help.of(each)
  local name = each:_get_fullname():gsub("^remora ", "")
  each:help_max_width(WIDTH):usage_max_width(WIDTH)
  for _, option in ipairs(each._options) do option._get_label_lines = label_of end
  local below = { EPILOGS[name] }
  local reference = REFERENCES[name]
  if reference then
    below[#below + 1] = reference[1] .. "\n" .. schema_help(reference[2](), "   ", WIDTH)
  end
  if name ~= "remora" then below[#below + 1] = GLOBAL end
  return each:epilog(table.concat(below, "\n\n")):get_help()
end

---Where to read on when a command line is wrong.
---@param each table argparse command, or the parser of all
---@return string
function help.hint(each)
  return each:_get_fullname() .. " --help shows what there is"
end

return help
