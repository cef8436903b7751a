-- The command line as a whole: global flags, their environment twins, finding the command and
-- saying what is wrong with a line. Loads only the command asked for; runs nothing.

local argparse = require "argparse"
local commands = require "remora.cli.commands"
local help = require "remora.cli.help"
local number = require "remora.cli.number"
local phrase = require "remora.core.phrase"
local usage = require "remora.cli.usage"

local parser = {}

-- Flags of every command.
local GLOBAL = {
  { "--platform", value = "URL",
    about = "Platform to talk to; without one, the embedded platform." },
  { "--profile", value = "NAME",
    about = "Profile of ~/.config/remora/config.yml: URL, route, credentials." },
  { "--route", value = "ROUTE", choices = { "esb", "gateway", "backend" },
    about = "How the platform is reached: esb, gateway or backend." },
  { "--json", about = "Print JSON, one line for each event of long commands." },
  { "--quiet", short = "-q", about = "Print results, warnings and errors only." },
  { "--no-color", about = "Never colour." },
  { "--trace", about = "Tell every platform call on stderr." },
  { "--timeout", value = "SECONDS", convert = number.positive,
    about = "How long one platform call may take." },
  { "--parallelism", value = "N", convert = number.in_flight,
    about = "How many platform calls may be in flight, at most 4096." },
}

local function add_global(root)
  for _, flag in ipairs(GLOBAL) do
    local names = flag.short and flag.short .. " " .. flag[1] or flag[1]
    if flag.value then
      local option = root:option(names, flag.about):argname(flag.value)
      if flag.choices then option:choices(flag.choices) end
      if flag.convert then option:convert(flag.convert) end
    else
      root:flag(names, flag.about)
    end
  end
  root:flag("-h --help", "Show this help and exit.")
  root:flag("--version", "Show the version and exit.")
end

local READ_ON = "remora --help shows what there is"

local TRUE = { ["1"] = true, ["true"] = true, yes = true, on = true }
local FALSE = { ["0"] = true, ["false"] = true, no = true, off = true }

-- argparse has no public list of what was defined; these names are its own.
local function options_of(each) return each._options end
local function commands_of(each) return each._commands end
local function names_of(each) return each._aliases end

-- The long name of an option, without its dashes.
local function long_name(option)
  for _, name in ipairs(names_of(option)) do
    if name:sub(1, 2) == "--" then return name:sub(3) end
  end
  return (names_of(option)[1]:gsub("^%-", ""))
end

local function converter_of(option) return option._convert end

-- Says of a value that is refused whose it is: the flag's, or that of its twin.
local function name_refusals(option, twin, value)
  local convert = converter_of(option)
  if not convert then return end
  option:convert(function(text)
    local converted, wrong = convert(text)
    if converted ~= nil then return converted end
    return nil, ("%s: %s"):format(text == value and twin or "--" .. long_name(option), wrong)
  end)
end

-- They ask for something else than the command, and an image often tells what it holds by such a
-- name: REMORA_VERSION=0.1.0.
local WITHOUT_TWIN = { help = true, version = true }

-- Gives every other flag its twin: --no-color is REMORA_NO_COLOR, and the command line wins.
local function add_twins(each, env)
  for _, option in ipairs(options_of(each)) do
    local name = long_name(option)
    local twin = "REMORA_" .. name:gsub("%-", "_"):upper()
    local value = not WITHOUT_TWIN[name] and env(twin) or nil
    name_refusals(option, twin, value)
    if value and value ~= "" then
      if option._maxargs > 0 then
        option:default(value)
      elseif TRUE[value:lower()] then
        option:init(true)
      elseif not FALSE[value:lower()] then
        return usage(("%s is '%s', it must be true or false"):format(twin, value), READ_ON)
      end
    end
  end
  for _, inner in ipairs(commands_of(each)) do
    local refused = add_twins(inner, env)
    if refused then return refused end
  end
  return nil
end

-- The words of a line that are neither flags nor the values of global flags, and whether help
-- is asked for.
local function survey(argv)
  local takes_value = {}
  for _, flag in ipairs(GLOBAL) do takes_value[flag[1]] = flag.value ~= nil end
  local words, wants_help, skip = {}, false, false
  for _, argument in ipairs(argv) do
    if skip then
      skip = false
    elseif argument == "--" then
      break
    elseif argument == "-h" or argument == "--help" then
      wants_help = true
    elseif argument:sub(1, 1) == "-" and argument ~= "-" then
      skip = takes_value[argument] or false
    else
      words[#words + 1] = argument
    end
  end
  return words, wants_help
end

local function find_command(name)
  local names = {}
  for i, command in ipairs(commands) do
    if command.name == name then return command end
    names[i] = command.name
  end
  return nil, usage(("there is no command '%s'"):format(name),
    name ~= "help" and phrase.did_you_mean(name, names, "remora ") or READ_ON)
end

-- What argparse says about a line, with a better guess than its own. The last parser is the one
-- that the line was for.
local function refused_line(message, parsers)
  local first, read_on = message:match("^[^\n]*"), help.hint(parsers[#parsers])
  local kind, word = first:match("^unknown (%a+) '(.-)'")
  if not kind then return usage(first, read_on) end
  local names = {}
  for _, each in ipairs(parsers) do
    for _, element in ipairs(kind == "option" and options_of(each) or commands_of(each)) do
      table.move(names_of(element), 1, #names_of(element), #names + 1, names)
    end
  end
  return usage(first, phrase.did_you_mean(word, names) or read_on)
end

-- The parser that the words lead to, with those above it.
local function descend(top, words)
  local path = { top }
  for i = 2, #words do
    for _, inner in ipairs(commands_of(path[#path])) do
      if names_of(inner)[1] == words[i] then
        path[#path + 1] = inner
        break
      end
    end
  end
  return path
end

-- The program with all its commands, and a way to define what they take.
local function program()
  local root = argparse("remora", "Keeps the processes of a BlueKing fleet as its playbooks say.")
    :add_help(false):require_command(false)
  add_global(root)
  local by_name = {}
  for _, command in ipairs(commands) do
    by_name[command.name] = root:command(command.name, command.summary)
      :target "command" -- else remora platform would be taken for --platform
  end
  return root, function(command)
    local loaded = require(command.module)
    loaded.define(by_name[command.name])
    return loaded, by_name[command.name]
  end
end

---The whole program as argparse knows it, every command defined.
---@return table argparse parser
function parser.whole()
  local root, define = program()
  for _, command in ipairs(commands) do define(command) end
  return root
end

---Whether a line that cannot be read asks for JSON all the same.
---@param argv string[]
---@param env fun(name: string): string|nil the environment
---@return boolean
function parser.wants_json(argv, env)
  for _, word in ipairs(argv) do
    if word == "--json" then return true end
  end
  return TRUE[(env "REMORA_JSON" or ""):lower()] == true
end

---Reads a command line.
---@param argv string[]
---@param env fun(name: string): string|nil the environment
---@return {help: string?, version: boolean?, command: table?, args: table?}|nil
---@return table|nil fault for exit code 64
function parser.parse(argv, env)
  local root, define = program()
  local words, wants_help = survey(argv)
  local chosen, defined
  if words[1] then
    local command, unknown = find_command(words[1])
    if not command then return nil, unknown end
    chosen, defined = define(command)
  end
  local path = chosen and descend(defined, words) or {}
  if wants_help then return { help = help.of(path[#path] or root) } end

  local refused = add_twins(root, env)
  if refused then return nil, refused end
  local ok, args = root:pparse(argv)
  if not ok then return nil, refused_line(args, { root, table.unpack(path) }) end
  if args.version then return { version = true } end
  if not chosen then return nil, usage("which command?", READ_ON) end
  return { command = chosen, args = args }
end

return parser
