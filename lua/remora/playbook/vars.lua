-- Playbook variables: `{{ name }}` and `{{ env.NAME }}` are replaced by values, in place.
-- No logic of any kind; `${…}` belongs to hosting and is left untouched.
-- Where they come from, and who wins, is the affair of layers.lua.
--
-- A value that is exactly one `{{ x }}` keeps the type of x. `{{ '{{' }}` writes the braces.

local fault = require "remora.core.fault"
local json = require "json"
local phrase = require "remora.core.phrase"
local scalar = require "remora.core.scalar"
local system = require "system"
local yaml = require "yaml"

local vars = {}

---Without it there is no variable in a text.
vars.MARK = "{{"

-- What would print a secret into plans, journals and the platform's own data.
local SECRET = { BK_APP_SECRET = true, BK_TOKEN = true, BK_ACCESS_TOKEN = true,
  REMORA_GIT_PASSWORD = true, REMORA_REPO = true }

local Scope = {}
Scope.__index = Scope

---Reads `NAME=VALUE` arguments; a value is YAML, so `n=3` is a number and `n="3"` a text.
---@param arguments string[] as given to --var
---@return table|nil values name → value
---@return table|nil fault
function vars.from_arguments(arguments)
  local values = {}
  for _, argument in ipairs(arguments) do
    local name, text = argument:match("^([%a_][%w_]*)=(.*)$")
    if not name then
      return nil, fault.new { code = "playbook.variable", hint = "write --var port=8080",
        message = ("%s is not NAME=VALUE"):format(scalar.show(argument)) }
    end
    local value = text == "" and "" or yaml.load(text)
    -- Text that merely looks like broken YAML is still a text: --var greeting="a: b: c".
    values[name] = value == nil and text or value
  end
  return values
end

---Variables for a script, which note by themselves which of them it asks for.
---@param values table<string, any> by name
---@param asked table<string, true> gets the names
---@return table<string, any>
function vars.noting(values, asked)
  return setmetatable({}, {
    __index = function(_, name)
      asked[name] = true
      return values[name]
    end,
    __pairs = function()
      for name in pairs(values) do asked[name] = true end
      return next, values
    end,
  })
end

---A scope of variables for one playbook.
---@param layers table[] maps name → value, the strongest first
---@param env table<string, string>|nil the environment; nil: this process's own
---@param asked table<string, true> gets the names of variables that are used
---@return table scope
function vars.scope(layers, env, asked)
  return setmetatable({ layers = layers, env = env, asked = asked, done = {}, visiting = {},
    visited = {}, problems = {}, replaced = {} }, Scope)
end

function Scope:environment()
  self.env = self.env or system.environ()
  return self.env
end

function Scope:names()
  local names = {}
  for _, layer in ipairs(self.layers) do
    for name in pairs(layer) do names[name] = true end
  end
  return names
end

local function undefined(what, name, known)
  local guess = phrase.did_you_mean(name, known)
  return nil, ("%s %s is not defined%s"):format(what, scalar.show(name),
    guess and "; " .. guess or "")
end

function Scope:lookup_env(name)
  if SECRET[name] then
    return nil, ("the credential %s cannot be used in a playbook"):format(name),
      "a playbook's values are stored on the platform and shown in plans"
  end
  local value = self:environment()[name]
  if value ~= nil then return value end
  local _, message = undefined("the environment variable", name, self:environment())
  return nil, message, ("set it: export %s=…"):format(name)
end

-- A variable's own value may use other variables; it is replaced once, when first needed.
function Scope:lookup(name)
  local env_name = name:match("^env%.([%a_][%w_]*)$")
  if env_name then return self:lookup_env(env_name) end
  self.asked[name] = true
  if self.done[name] ~= nil then return self.done[name] end
  if self.visiting[name] then return nil, ('the variable "%s" uses itself'):format(name) end
  for _, layer in ipairs(self.layers) do
    if layer[name] ~= nil then
      self.visiting[name] = true
      local value, message, hint = self:replace({ container = layer }, name, layer[name])
      self.visiting[name] = nil
      if message then return nil, ('in the variable "%s": %s'):format(name, message), hint end
      self.done[name] = value
      return value
    end
  end
  local _, message = undefined("the variable", name, self:names())
  return nil, message, "define it in this file, under vars: or in a file of its vars_files:, or "
    .. "with --var NAME=VALUE or --vars-file FILE"
end

local function inner_value(scope, inner)
  local literal = inner:match("^'([^']*)'$") or inner:match('^"([^"]*)"$')
  if literal then return literal end
  if not inner:find("^[%a_][%w_]*$") and not inner:find("^env%.[%a_][%w_]*$") then
    return nil, ("%s is not the name of a variable"):format(scalar.show(inner)),
      "only {{ name }} and {{ env.NAME }} are known; {{ '{{' }} writes the braces themselves"
  end
  return scope:lookup(inner)
end

local function as_text(value, inner)
  if type(value) == "string" then return value end
  if type(value) == "table" or value == json.null then
    return nil, ('the variable "%s" is %s and cannot be part of a text'):format(inner,
      scalar.show(value))
  end
  return tostring(value)
end

-- Gives the replaced text; nil, message, hint, token on the first thing that is wrong in it.
function Scope:replace_text(text)
  local whole = text:match("^{{%s*([^{}]-)%s*}}$")
  if whole and not whole:find("^['\"]") then
    local value, message, hint = inner_value(self, whole)
    return value, message, hint, text
  end
  local parts, from = {}, 1
  while true do
    local start, stop, inner = text:find("{{%s*(.-)%s*}}", from)
    if not start then break end
    local token = text:sub(start, stop)
    local value, message, hint = inner_value(self, inner)
    if not message then value, message = as_text(value, inner) end
    if message then return nil, message, hint, token end
    parts[#parts + 1] = text:sub(from, start - 1)
    parts[#parts + 1] = value
    from = stop + 1
  end
  if text:find(vars.MARK, from, true) then
    return nil, "{{ without its }}", "{{ '{{' }} writes the braces themselves", vars.MARK
  end
  return table.concat(parts) .. text:sub(from)
end

local function is_template(value)
  return type(value) == "string" and value:find(vars.MARK, 1, true) ~= nil
end

-- Replaces inside one value. Gives the new value, or nil, message, hint for a text.
function Scope:replace(node, key, value)
  if is_template(value) then
    return self:replace_text(value)
  elseif type(value) == "table" then
    self:walk({ container = value, parent = node, key = key })
  end
  return value
end

function Scope:report(node, key, side, message, hint, token)
  self.problems[#self.problems + 1] = { code = "variable", node = node, key = key,
    side = side, message = message, hint = hint, token = token }
end

-- A value that is a variable and nothing else: what is wrong with it is wrong where that is set.
function Scope:note(container, key, text)
  if not text:find("^{{[^{}]*}}$") then return end
  self.replaced[container] = self.replaced[container] or {}
  self.replaced[container][key] = text
end

---Says in the hints for values that are variables where they help.
---@param problems table[] in the form of core/schema.lua
function Scope:advise(problems)
  for _, problem in ipairs(problems) do
    local its = problem.node and self.replaced[problem.node.container]
    local text = its and problem.side ~= "key" and its[problem.key]
    if text and problem.hint then
      problem.hint = ("%s (where %s is set)"):format(problem.hint, text)
    end
  end
end

---Replaces the variables in everything under a node, in place. Problems go to `scope.problems`, in
---the form of core/schema.lua with `token`, the piece of text they are about.
---@param node table {container, parent, key}
---@param except any a key of the container that is left alone
function Scope:walk(node, except)
  local container = node.container
  if self.visited[container] then return end
  self.visited[container] = true
  for key, value in pairs(container) do
    if is_template(key) then
      self:report(node, key, "key", "variables are replaced in values, not in names",
        "write the name out, or make a Lua playbook")
    end
    if key ~= except and (type(value) == "table" or is_template(value)) then
      local new, message, hint, token = self:replace(node, key, value)
      if message then
        self:report(node, key, "value", message, hint, token)
      elseif new ~= value then
        container[key] = new -- an existing key: safe while walking
        self:note(container, key, value)
      end
    end
  end
end

return vars
