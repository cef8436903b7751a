-- Regular expressions as the platform's database takes them in search texts: literals, ".",
-- classes, escapes, groups, alternatives, anchors and counts. Matching backtracks within a budget
-- of steps, so that no pattern can hold the server up. Pure.

local regex = {}

local MOST_STEPS = 200000
local DEEPEST = 50

local shorthand = {
  d = function(c) return c:find("%d") end, D = function(c) return not c:find("%d") end,
  w = function(c) return c:find("[%w_]") end, W = function(c) return not c:find("[%w_]") end,
  s = function(c) return c:find("%s") end, S = function(c) return not c:find("%s") end,
}
local control = { n = "\n", r = "\r", t = "\t", f = "\f", v = "\v" }

local Parser = {}
Parser.__index = Parser

-- The UTF-8 character that begins at a byte; "" behind the last, and amid one.
local function character(text, at)
  return text:match("^" .. utf8.charpattern, at) or ""
end

function Parser:peek() return character(self.text, self.at) end

function Parser:take()
  local c = self:peek()
  self.at = self.at + #c
  return c
end

-- A test of one character, which takes a letter for both of its cases where the search does.
function Parser:blind(test)
  if not self.ignore_case then return test end
  return function(c) return test(c:lower()) or test(c:upper()) end
end

local function fail(why) error({ regex = why }, 0) end

function Parser:escape()
  local c = self:take()
  if c == "" then fail("escape") end
  local letter = control[c] or c
  return shorthand[c], letter
end

-- [a-z^…]: a list of tests of one character
function Parser:class()
  local negated, tests = false, {}
  if self:peek() == "^" then self.at, negated = self.at + 1, true end
  repeat
    local c = self:take()
    if c == "" then fail("class") end
    local test
    if c == "\\" then test, c = self:escape() end
    if not test and self:peek() == "-" and self.text:sub(self.at + 1, self.at + 1) ~= "]" then
      self.at = self.at + 1
      local last = self:take()
      if last == "\\" then last = select(2, self:escape()) end
      if last == "" or last < c then fail("range") end
      local first = c
      test = function(x) return x >= first and x <= last end
    end
    local only = c
    tests[#tests + 1] = self:blind(test or function(x) return x == only end)
  until self:peek() == "]"
  self.at = self.at + 1
  return function(x)
    for _, test in ipairs(tests) do
      if test(x) then return not negated end
    end
    return negated
  end
end

function Parser:group(depth)
  if self.text:sub(self.at, self.at + 1) == "?:" then self.at = self.at + 2 end
  local inner = self:alternatives(depth + 1)
  if self:take() ~= ")" then fail("group") end
  return { kind = "group", inner = inner }
end

function Parser:atom(depth)
  local c = self:take()
  if c == "(" then return self:group(depth) end
  if c == "[" then return { kind = "one", test = self:class() } end
  if c == "." then return { kind = "one", test = function(x) return x ~= "\n" end } end
  if c == "^" or c == "$" then return { kind = c } end
  if c:find("[*+?]") then fail("nothing to repeat") end
  local test
  if c == "\\" then test, c = self:escape() end
  return { kind = "one", test = self:blind(test or function(x) return x == c end) }
end

function Parser:counted(atom)
  local c = self:peek()
  local least, most
  if c == "*" then least, most = 0, math.huge end
  if c == "+" then least, most = 1, math.huge end
  if c == "?" then least, most = 0, 1 end
  local length = 1
  if c == "{" then
    local first, comma, last, stop = self.text:match("^{(%d+)(,?)(%d*)}()", self.at)
    if not first then return atom end
    least = tonumber(first)
    most = comma == "" and least or tonumber(last) or math.huge
    if most < least or least > 1000 then fail("count") end
    length = stop - self.at
  end
  if not least then return atom end
  self.at = self.at + length
  if self:peek() == "?" then self.at = self.at + 1 end -- as few as can be finds the same texts
  return { kind = "repeat", inner = atom, least = least, most = most }
end

function Parser:alternatives(depth)
  if depth > DEEPEST then fail("depth") end
  local branches, sequence = {}, {}
  while self.at <= #self.text and self:peek() ~= ")" do
    if self:peek() == "|" then
      self.at = self.at + 1
      branches[#branches + 1], sequence = sequence, {}
    else
      sequence[#sequence + 1] = self:counted(self:atom(depth))
    end
  end
  branches[#branches + 1] = sequence
  return branches
end

local match_node

local function match_sequence(run, sequence, i, at, after)
  local node = sequence[i]
  if not node then return after(at) end
  return match_node(run, node, at, function(next_at)
    return match_sequence(run, sequence, i + 1, next_at, after)
  end)
end

local function match_repeat(run, node, at, count, after)
  local function again()
    if count >= node.most then return false end
    return match_node(run, node.inner, at, function(next_at)
      if next_at == at and count >= node.least then return false end
      return match_repeat(run, node, next_at, count + 1, after)
    end)
  end
  return again() or count >= node.least and after(at)
end

function match_node(run, node, at, after)
  run.steps = run.steps + 1
  if run.steps > MOST_STEPS then fail("steps") end
  if node.kind == "one" then
    local c = character(run.text, at)
    return c ~= "" and node.test(c) and after(at + #c) or false
  elseif node.kind == "^" then
    return at == 1 and after(at)
  elseif node.kind == "$" then
    return at == #run.text + 1 and after(at)
  elseif node.kind == "repeat" then
    return match_repeat(run, node, at, 0, after)
  end
  for _, branch in ipairs(node.inner) do
    if match_sequence(run, branch, 1, at, after) then return true end
  end
  return false
end

local function is_found(tree, text)
  local run = { text = text, steps = 0 }
  for at = 1, #text + 1 do
    if match_node(run, { kind = "group", inner = tree }, at, function() return true end) then
      return true
    end
  end
  return false
end

-- Runs fn; a pattern's own failure is a value, anything else stays an error.
local function guarded(fn, ...)
  local ok, result = pcall(fn, ...)
  if ok then return result end
  if type(result) == "table" and result.regex or tostring(result):find("stack overflow") then
    return nil
  end
  error(result, 0)
end

---Compiles a pattern to a search anywhere in a text.
---@param pattern string
---@param ignore_case boolean|nil
---@return (fun(text: string): boolean)|nil search nil when the pattern is not valid
function regex.compile(pattern, ignore_case)
  if not pattern:find("[%^%$%(%)%%%.%[%]%*%+%-%?{}|\\]") and not ignore_case then
    return function(text) return text:find(pattern, 1, true) ~= nil end
  end
  if not utf8.len(pattern) then return nil end
  local parser = setmetatable({ text = pattern, at = 1, ignore_case = ignore_case }, Parser)
  local tree = guarded(parser.alternatives, parser, 1)
  if not tree or parser.at <= #pattern then return nil end
  return function(text) return guarded(is_found, tree, text) or false end
end

return regex
