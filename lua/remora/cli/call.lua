-- remora call: one platform call from the shell, and the platform's whole answer.
-- Reads the arguments, checks them against the catalogue, prints; decides nothing about retries.

local caller = require "remora.catalogue.caller"
local catalogue = require "remora.catalogue"
local check = require "remora.catalogue.check"
local excerpt = require "remora.core.excerpt"
local exit = require "remora.cli.exit"
local failures = require "remora.net.failures"
local fault = require "remora.core.fault"
local json = require "json"
local system = require "system"

local call = { name = "call" }

---@param parser table argparse command
function call.define(parser)
  parser:description "Make one platform call and print the whole answer as JSON."
  parser:argument("name", "A call, such as cc.search_set or search_set; remora calls lists them.")
  parser:argument("arguments",
    "JSON text, @FILE, or - for standard input; then NAME=VALUE for single arguments.")
    :args "*"
  parser:flag("--read-only", "Refuse the call if it writes.")
  parser:flag("--unchecked", "Send the arguments as they are, without checking them first.")
end

local function read_body(word)
  if word == "-" then return io.read("a"), "standard input" end
  local path = word:match("^@(.+)")
  if not path then return word, "arguments" end
  local text, refused = system.read_file(path)
  if text then return text, path end
  return nil, fault.of_file(path, "cannot be read", refused)
end

local function decode_body(word)
  local text, name = read_body(word)
  if not text then return nil, name end
  local value, refused = json.decode(text)
  if value ~= nil then return value end
  return nil, fault.new {
    code = "call.bad_json", message = "the arguments are not JSON: " .. refused.message,
    at = { file = name, line = refused.line, column = refused.column,
      excerpt = excerpt.lines(text)[refused.line] },
  }
end

-- JSON where the text is JSON, otherwise the text: name=web, bk_biz_id=2, ids=[1,2]. What begins as
-- a list or an object is meant as one.
local function decode_value(name, text)
  local value, refused = json.decode(text)
  if value ~= nil then return value end
  if not text:find("^[%[{]") then return text end
  return nil, fault.new { code = "call.bad_json",
    message = ("the value of %s is not JSON: %s"):format(name, refused.message),
    hint = [[values are JSON, with names and texts in double quotes: 'page={"start": 0}']] }
end

local function arguments_from(words)
  local arguments = {}
  for _, word in ipairs(words) do
    local name, value = word:match("^([%w_]+)=(.*)$")
    if name then
      local refused
      arguments[name], refused = decode_value(name, value)
      if refused then return nil, refused end
    else
      local body, refused = decode_body(word)
      if body == nil then return nil, refused end
      if not json.is_object(body) then
        return nil, fault.new { code = "call.bad_json",
          message = "the arguments are a JSON object, with a member for each" }
      end
      for key, each in pairs(body) do arguments[key] = each end
    end
  end
  return arguments
end

---@param context table
---@param args {name: string, arguments: string[], unchecked: boolean?}
---@return integer|nil exit code
---@return table|nil fault
function call.run(context, args)
  local row, refused = catalogue.get(args.name)
  if not row then return nil, refused end
  local arguments
  arguments, refused = arguments_from(args.arguments)
  if not arguments then return nil, refused end
  for _, name in ipairs(caller.secrets) do
    context.out:mask(arguments[name])
  end
  if not args.unchecked then
    arguments, refused = check.arguments(row, arguments)
    if not arguments then return nil, refused end
  end
  return context:run(function()
    local client, unreachable = context:client()
    if not client then return nil, unreachable end
    if not row.writes then context:loop():drop_after(1) end
    local answer, body = client:exchange(row, arguments)
    if not answer then return nil, body end
    context.out:result(json.decode(body))
    if answer.result then return exit.done end
    return nil, failures.refused(row.key, answer)
  end)
end

return call
