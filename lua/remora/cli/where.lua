-- WHERE on a command line: the `where` of a playbook, word by word: set=prod-* module=web. Owns how
-- words become a rule, which is then checked as the rule of a playbook is.

local business = require "remora.cli.business"
local by_hand = require "remora.hosting.by_hand"
local fault = require "remora.core.fault"
local json = require "json"
local hosting = require "remora.kinds.hosting.schema"
local schema = require "remora.core.schema"
local usage = require "remora.cli.usage"
local yaml = require "yaml"

local where = {}

---Adds the arguments to a command.
---@param parser table argparse command
---@param number string how many words there may be, as argparse has it
function where.define(parser, number)
  parser:argument("where", "Which processes, in the words of a playbook's `where`: set, module, "
    .. "process, service_instance (names, globs or ids), hosts, host_ids, labels. "
    .. "set='prod-*' hosts='[10.0.0.1, 10.0.0.2]' labels='{tier: web}'.")
    :argname("KEY=VALUE"):args(number)
  business.define(parser)
  parser:option("--via", "How agents are reached where nothing is registered from here: job, the "
    .. "job platform, or gse itself. Without it, the way it was last registered, or else job.")
    :argname("WAY"):choices({ "job", "gse" })
end

-- A list, a map or a text in quotes is written as in a playbook, digits are an id, all else is a
-- plain text.
local function value_of(text)
  if text:find('^[%[{"]') then return yaml.load(text) end
  return text:find("^%d+$") and math.tointeger(tonumber(text)) or text
end

local function as_list(value)
  return json.is_array(value) and value or { value }
end

-- The words as the map they stand for; who says a key twice means both.
local function selection(words)
  local map = {}
  for _, word in ipairs(words) do
    local key, text = word:match("^([%w_]+)=(.+)$")
    if not key then
      return nil, usage(("'%s' is not of the form KEY=VALUE"):format(word),
        "such as module=web or hosts='[10.0.0.1, 10.0.0.2]'")
    end
    local value, broken = value_of(text)
    if value == nil then
      return nil, usage(("%s: %s"):format(word, broken.message),
        "the whole of it in quotes, as the shell parts it at blanks: hosts='[10.0.0.1, 10.0.0.2]'")
    end
    if map[key] == nil then
      map[key] = value
    else
      local both, more = as_list(map[key]), as_list(value)
      map[key] = json.array(table.move(more, 1, #more, #both + 1, both))
    end
  end
  return map
end

---The business that a word of the command line names.
---@param word string digits are its id, unless they are in double quotes
---@return string|integer
function where.business(word)
  return word:find('^[%d"]') and value_of(word) or word
end

---The playbook whose one rule selects what the words say.
---@param args {where: string[], business: string, via: string?}
---@param more {name: string, owner: string?, rollout: table?} name: of the playbook; the others as
---  a hosting rule has them
---@return table? pb in normal form; its rule only looks
---@return table? fault all that is wrong with the words
function where.playbook(args, more)
  local map, refused = selection(args.where)
  if not map then return nil, refused end
  local rule, problems = schema.check(hosting.shape.of, { where = map, state = "unhosted",
    via = args.via or "job", owner = more.owner, rollout = more.rollout })
  local faults = {}
  for i, problem in ipairs(problems) do faults[i] = usage(problem.message, problem.hint) end
  if #faults > 0 then return nil, fault.list(faults) end
  rule.state = by_hand.LOOKS
  return { name = more.name, files = {}, api = "cc", at = fault.nowhere,
    business = where.business(args.business),
    sections = { hosting = json.array { rule } } }
end

return where
