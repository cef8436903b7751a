-- remora calls: the catalogue as reference, for people and for editors. Contacts nothing.

local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local system = require "system"

local calls = { name = "calls" }

local VERSION = 1 -- of what is printed with --json

---@param parser table argparse command
function calls.define(parser)
  parser:description "Show the platform calls that remora knows, or everything about one."
  parser:argument("name", "A call, such as cc.search_set or search_set."):args "?"
  parser:flag("--markdown", "Print Markdown.")
  parser:option("--luals", "Write definitions of everything a script can use into a directory; "
    .. "an editor with LuaLS that has it in workspace.library completes and checks scripts.")
    :argname("DIR")
end

local function write_stubs(context, directory)
  local made, refused = system.mkdir(directory)
  for _, file in ipairs(made and require("remora.script.stubs").files() or {}) do
    local path = directory .. "/" .. file.name
    made, refused = system.write_file(path, file.text)
    if not made then break end
    context.out:result("wrote " .. path)
  end
  if made then return exit.done end
  return nil, fault.of_file(directory, "cannot be written", refused)
end

---@param context table
---@param args {name: string?, markdown: boolean?, luals: string?, json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function calls.run(context, args)
  if args.luals then return write_stubs(context, args.luals) end
  local catalogue = require "remora.catalogue"
  local reference = require "remora.catalogue.reference"
  local rows = catalogue.rows()
  if args.name then
    local row, refused = catalogue.get(args.name)
    if not row then return nil, refused end
    rows = { row }
  end
  if args.json then
    local plain = {}
    for i, row in ipairs(rows) do plain[i] = reference.plain(row) end
    local result = args.name and plain[1] or { calls = plain }
    result.version = VERSION
    context.out:result(result)
  elseif args.markdown then
    local pages = {}
    for i, row in ipairs(rows) do pages[i] = reference.markdown(row) end
    context.out:result(table.concat(pages, "\n"))
  else
    context.out:result(args.name and reference.text(rows[1]) or reference.index(rows))
  end
  return exit.done
end

return calls
