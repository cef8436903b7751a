-- remora check: says whether playbooks are sound. Contacts nothing.

local document = require "remora.playbook.document"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"
local playbooks = require "remora.cli.playbooks"

local check = { name = "check" }

---@param parser table argparse command
function check.define(parser)
  parser:description("Check playbooks without contacting anything. Several playbooks are checked "
    .. "together, as plan and apply take them.")
  playbooks.define(parser)
end

-- How many entries each section has.
local function counts(pb)
  local of = {}
  for name, section in pairs(pb.sections) do
    of[name] = 0
    for _ in pairs(section) do of[name] = of[name] + 1 end
  end
  return of
end

-- "1 service template, 2 instance rules"
local function in_words(of)
  local words = {}
  for _, schema in ipairs(document.sections) do
    local count = of[schema.section]
    if count then words[#words + 1] = phrase.count(count, schema.noun) end
  end
  return #words > 0 and table.concat(words, ", ") or "nothing declared"
end

local function plain_faults(refused)
  local list = {}
  for i, each in ipairs(refused.faults or { refused }) do list[i] = fault.plain(each) end
  return list
end

---@param context table
---@param args {playbooks: string[], var: string[]?, vars_file: string[]?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function check.run(context, args)
  local pb, refused = playbooks.load(args)
  if args.json then
    context.out:event { event = "check", ok = pb ~= nil, files = args.playbooks,
      sections = pb and counts(pb), faults = refused and plain_faults(refused) }
    return pb and exit.done or exit.failed
  end
  if not pb then return nil, refused end
  context.out:result(("%s: ok (%s)"):format(table.concat(pb.files, ", "), in_words(counts(pb))))
  return exit.done
end

return check
