-- The playbook arguments that check, plan and apply share: PLAYBOOK…, --var, --vars-file.
-- Owns their names and how they reach the loader; says nothing of what is done with a playbook.

local fault = require "remora.core.fault"
local load = require "remora.playbook.load"
local saved_plan = require "remora.cli.saved_plan"
local vars = require "remora.playbook.vars"

local playbooks = {}

---Adds the arguments to a command.
---@param parser table argparse command
---@param number string? how many there may be, as argparse has it; nil: one or more
function playbooks.define(parser, number)
  parser:argument("playbooks", "Playbooks: YAML files, or Lua scripts that return the same table.")
    :argname("PLAYBOOK"):args(number or "+")
  playbooks.define_variables(parser)
end

-- argparse takes nil and a message for a refusal.
local function assignment(text)
  local values, refused = vars.from_arguments { text }
  if not values then return nil, refused.message end
  return text
end

---Adds those among them that give variables.
---@param parser table argparse command
function playbooks.define_variables(parser)
  parser:option("--var", "Sets a variable that a playbook uses; may be repeated.")
    :argname("NAME=VALUE"):count("*"):convert(assignment)
  parser:option("--vars-file", "Reads playbook variables from a YAML file; may be repeated.")
    :argname("FILE"):count "*"
end

-- Why files that are no playbooks are none, where one is a plan; nil: none is.
local function saved(paths)
  for _, path in ipairs(paths) do
    if saved_plan.read(path) then
      return fault.new { code = "plan.file", at = { file = path },
        message = "is a plan that was kept, not a playbook",
        hint = "remora apply FILE carries it out, by itself" }
    end
  end
  return nil
end

---Loads what the command line names.
---@param args {playbooks: string[], var: string[]?, vars_file: string[]?}
---@param read (fun(path: string, most: integer): string?, table?)|nil where playbooks come from;
---  nil: from the disk
---@return table|nil pb see remora.playbook.load
---@return table|nil fault
function playbooks.load(args, read)
  local pb, refused = load(args.playbooks,
    { vars = args.var, vars_files = args.vars_file, read = read })
  if pb then return pb end
  return nil, not read and saved(args.playbooks) or refused
end

return playbooks
