-- One carrying out of a commit for watch: its playbooks loaded, planned and applied as apply does
-- it. Owns what is said when there is nothing new to say; knows no network and no schedule.

local apply = require "remora.cli.apply"
local carry = require "remora.cli.carry"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local files = require "remora.watch.files"
local json = require "json"
local plan = require "remora.cli.plan"
local planner = require "remora.reconcile.plan"
local planning = require "remora.cli.planning"
local playbooks = require "remora.cli.playbooks"
local recover = require "remora.cli.recover"
local render = require "remora.reconcile.render"

local watch_turn = {}
watch_turn.__index = watch_turn

---@param context remora.Context
---@param args table of remora watch
---@param told table remora.watch.told
---@return table turn
function watch_turn.new(context, args, told)
  return setmetatable({ context = context, args = args, told = told }, watch_turn)
end

-- The playbooks of a commit, in normal form.
local function load_playbooks(self, tree)
  local list, refused = files.of(tree, self.args.path)
  if not list then return nil, refused end
  self.args.playbooks = list
  return playbooks.load(self.args, function(path, most) return tree:read(path, most) end)
end

-- Shows a plan that was not shown before.
local function show(self, planned)
  local text = json.encode(render.plain(planned.plan))
  if text ~= self.shown then plan.show(self.context, planned, self.args) end
  self.shown = text
  return exit.done
end

-- Carries out a plan; one that is empty, or refused as it was the last time, is not worth a word
-- while the commit is the same.
local function carry_out(self, planned, commit, work)
  local known = self.commit == commit
  self.commit = commit
  if #planned.refusals > 0 then
    local new = self.told:is_new("playbooks", fault.list(planned.refusals))
    if known and not new then return exit.refused end
  elseif known and planner.empty(planned.plan) and not recover.needed(planned) then
    return exit.done
  end
  return carry.out(self.context, planned, self.args, work)
end

---Brings the platform where the playbooks of a commit want it, or shows what that takes.
---@param tree remora.watch.Tree
---@return integer? exit code
---@return table? fault of the playbooks, the plan or the platform; nothing was changed
function watch_turn:carry_out(tree)
  local context, args = self.context, self.args
  local pb, refused = load_playbooks(self, tree)
  if not pb then return nil, refused end
  if args.dry_run then
    return planning.of(context, args, pb, function(planned) return show(self, planned) end)
  end
  local work = apply.work(args, tree.commit.id)
  return planning.of(context, args, pb, function(planned)
    return carry_out(self, planned, tree.commit.id, work)
  end, carry.before(context, args, work))
end

return watch_turn
