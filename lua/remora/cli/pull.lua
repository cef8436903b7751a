-- remora pull: writes a business as playbooks. Changes nothing on the platform.

local business = require "remora.cli.business"
local document = require "remora.pull.document"
local exit = require "remora.cli.exit"
local fault = require "remora.core.fault"
local json = require "json"
local pull = require "remora.pull"
local system = require "system"
local usage = require "remora.cli.usage"
local where = require "remora.cli.where"

local command = { name = "pull" }

local API = { cc = pull, v3 = require "remora.pull.v3" }

---@param parser table argparse command
function command.define(parser)
  parser:description("Write a business as a playbook that plans to nothing: its service templates, "
    .. "and of its instances what differs from them. On an empty platform with the same sets, "
    .. "modules and hosts, applying it makes an equal fleet.")
  business.define(parser)
  parser:option("-o --output", "Write to a file (FILE.yml), or to files in a directory, one for "
    .. "each template and module name; without it, to standard output."):argname("PATH")
  parser:flag("--force", "Overwrite files that were not written by remora pull, too.")
  parser:option("--api", "The platform: cc, or v3 for releases before 3.5.")
    :argname("API"):choices({ "cc", "v3" }):default "cc"
  parser:option("--set", "Only modules in these sets; may be repeated."):argname("GLOB"):count "*"
  parser:option("--module", "Only modules of these names; may be repeated.")
    :argname("GLOB"):count "*"
end

-- What an option that may be repeated restricts; nil: nothing.
local function chosen(globs) return #globs > 0 and globs or nil end

local function read(context, args)
  local target, refused = context:target()
  if not target then return nil, refused end
  local registry <close> = context:registry(target)
  local reader
  reader, refused = context:reader(registry)
  if not reader then return nil, refused end
  local pulled
  pulled, refused = reader:only_read(API[args.api].read, {
    business = where.business(args.business),
    sets = chosen(args.set), modules = chosen(args.module),
  })
  if not pulled then return nil, refused end
  return pulled, context:platform_name(target)
end

local function put(path, text)
  local directory = path:match("^(.*)/")
  local done, failure = true, nil
  if directory and directory ~= "" then done, failure = system.mkdir(directory) end
  if done then done, failure = system.write_file(path, text) end
  if done then return true end
  return nil, fault.of_file(path, "cannot be written", failure)
end

-- The files to write; nil: standard output.
local function files_of(pulled, platform, output)
  if output:find("%.ya?ml$") then
    return { { path = output, text = document.text(pulled, platform) } }
  end
  local files = document.files(pulled, platform)
  local directory = output:gsub("(.)/+$", "%1")
  for _, file in ipairs(files) do file.path = directory .. "/" .. file.path end
  return files
end

-- What people wrote is not to be lost; what was pulled before may be pulled anew.
local function guard(files)
  local main = system.read_file(files[#files].path)
  if main and document.is_pulled(main) then return true end
  for _, file in ipairs(files) do
    if system.stat(file.path) then
      return nil, fault.new { code = "pull.exists", at = { file = file.path },
        message = "is there already, and remora pull did not write it",
        hint = "name another file or directory, or say --force to overwrite it" }
    end
  end
  return true
end

local function save(context, args, pulled, platform)
  local files, paths = files_of(pulled, platform, args.output), json.array {}
  if not args.force then
    local free, taken = guard(files)
    if not free then return nil, taken end
  end
  for i, file in ipairs(files) do
    local done, refused = put(file.path, file.text)
    if not done then return nil, refused end
    paths[i] = file.path
  end
  if args.json then
    context.out:event { event = "pulled", business = pulled.business, files = paths,
      left_out = json.array(pulled.notes.left_out) }
  else
    context.out:result(paths[#paths])
  end
  return true
end

local function show(context, args, pulled, platform)
  if args.json then
    context.out:event { event = "pulled", business = pulled.business,
      playbook = document.tree(pulled, platform), left_out = json.array(pulled.notes.left_out) }
  else
    context.out:result(document.text(pulled, platform))
  end
end

---@param context remora.Context
---@param args {business: string?, output: string?, force: boolean?, api: string, set: string[],
---  module: string[], json: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function command.run(context, args)
  if not args.business then return nil, business.unnamed(context) end
  if args.api == "v3" and #args.set + #args.module > 0 then
    return nil, usage(
      "--set and --module select service instances, which v3 does not have", "leave them out")
  end
  return context:run(function()
    local pulled, platform = read(context, args)
    if not pulled then return nil, platform end
    if args.output then
      local done, refused = save(context, args, pulled, platform)
      if not done then return nil, refused end
    else
      show(context, args, pulled, platform)
    end
    for _, words in ipairs(pulled.notes.left_out) do context.out:warn("%s", words) end
    return exit.done
  end)
end

return command
