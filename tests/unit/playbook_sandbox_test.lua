-- Lua playbooks: what a script may do, what it may not, and that nothing it does reaches us.

local lu = require "luaunit"
local playbook = require "tests.support.playbook"

local LUA = { extension = "lua" }

local function template_name(script)
  local pb, refused = playbook.load(script, LUA)
  lu.assertNil(refused)
  return next(pb.sections.service_templates)
end

-- Gives the text that an expression in a script computes.
local function computed(expression)
  return template_name("local name = " .. expression
    .. "\nreturn { business = 'demo', service_templates = { [name] = {} } }")
end

-- Each row: an expression that gives a text.
local ALLOWED = {
  { "('%d'):format(math.max(1, 2))", "2" },
  { "('a'):rep(3, '-')", "a-a-a" },
  { "string.rep('ab', 2)", "abab" },
  { "('a,b'):match('^(%w),')", "a" },
  { "(('a b'):gsub('%s+', '_'))", "a_b" },
  { "('x'):upper() .. utf8.char(228)", "Xä" },
  { "table.concat({ 'a', 'b' }, '+')", "a+b" },
  { "(function() local s = '' for k in pairs { b = 1, a = 2, [1] = 3 } do s = s .. k end "
    .. "return s end)()", "1ab" },
  { "(function() local t = {} for w in ('x y'):gmatch('%a') do t[#t + 1] = w end "
    .. "return t[2] end)()", "y" },
  { "tostring(tonumber('7'))", "7" },
  { "vars.none or 'unset'", "unset" },
}

-- Each row: a script, words of the refusal, its line when there is one.
local REFUSED = {
  { "return os.execute('true')", 'the name "os" is not known in a playbook', 1 },
  { "return io.open('/etc/passwd')", 'the name "io" is not known', 1 },
  { "\nreturn debug.getregistry()", 'the name "debug" is not known', 2 },
  { "return load('return 1')()", 'the name "load" is not known', 1 },
  { "return loadfile('x')", 'the name "loadfile" is not known', 1 },
  { "return dofile('x')", 'the name "dofile" is not known', 1 },
  { "return require 'system'", 'the name "require" is not known', 1 },
  { "return package.loaded", 'the name "package" is not known', 1 },
  { "return _G", 'the name "_G" is not known', 1 },
  { "return getmetatable('').__index.dump", 'the name "getmetatable" is not known', 1 },
  { "return setmetatable({}, {})", 'the name "setmetatable" is not known', 1 },
  { "return rawget({}, 1)", 'the name "rawget" is not known', 1 },
  { "return pcall(error)", 'the name "pcall" is not known', 1 },
  { "return coroutine.wrap(print)", 'the name "coroutine" is not known', 1 },
  { "return collectgarbage('count')", 'the name "collectgarbage" is not known', 1 },
  { "return print('x')", 'the name "print" is not known', 1 },
  { "return math.random()", "a nil value (field 'random')", 1 },
  { "return ('x'):dump()", "a nil value (method 'dump')", 1 },
  { "return string.dump(function() end)", "a nil value (field 'dump')", 1 },
  { "return table.move({}, 1, math.maxinteger - 1, 2)", "a nil value (field 'move')", 1 },
  { "return varz.port", 'did you mean "vars"?', 1 },
  { "error 'own words'", "own words", 1 },
  { "local x = 1\n\nassert(false, 'not this one')", "not this one" },
  { "return {", "unexpected symbol near <eof>", 1 },
  { "return 5", "returned a number instead of a playbook table" },
  { "local x = 1", "returned nothing instead of a playbook table" },
  { "\27Lua", "attempt to load a binary chunk" },
  -- bombs
  { "while true do end", "too many instructions" },
  { "local function f() return f() end f()", "too many instructions" },
  { "local function f() return 1 + f() end f()", "too much memory" },
  { "local s = 'x' while true do s = s .. s end", "too much memory" },
  { "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1e5) end", "too much memory" },
  { "return (('x'):rep(1e9))", "too long a text", 1 },
  { "return (('x'):rep(1 << 40))", "too long a text", 1 },
  { "return (('x'):rep(1 << 20, ('y'):rep(1 << 10)))", "too long a text", 1 },
  { "return (('a'):rep(50):find(('a*'):rep(30) .. 'b'))", "would take too long", 1 },
  { "return (string.match(('a'):rep(100000), '.-.-b'))", "would take too long", 1 },
  { "return table.unpack({}, 1, 1e8)", "too many results to unpack" },
}

return {
  test_allowed = function()
    for _, row in ipairs(ALLOWED) do lu.assertEquals(computed(row[1]), row[2]) end
  end,

  test_refused = function()
    for _, row in ipairs(REFUSED) do
      local _, refused = playbook.load(row[1], LUA)
      lu.assertNotNil(refused, row[1])
      lu.assertStrContains(refused.message, row[2])
      if row[3] then lu.assertEquals(refused.at.line, row[3], row[1]) end
    end
  end,

  test_a_byte_order_mark_is_skipped = function()
    lu.assertEquals(template_name(
      "\u{FEFF}return { business = 'demo', service_templates = { web = {} } }"), "web")
  end,

  test_a_script_cannot_change_our_libraries = function()
    computed [[(function()
      string.format, string.upper, table.concat, math.max, tostring = nil, nil, nil, nil, nil
      vars.x = 1
      return 'x'
    end)()]]
    lu.assertEquals(("%d"):format(3) .. ("x"):upper() .. tostring(math.max(1, 2)), "3X2")
    lu.assertEquals(table.concat { "a" }, "a")
    lu.assertNotNil(("x").dump)
  end,

  test_texts_work_after_a_script_that_failed = function()
    playbook.load("return ('x'):nope()", LUA)
    lu.assertNotNil(("x").dump)
  end,

  test_variables_reach_the_script = function()
    local script = [[return {
      business = "demo",
      service_templates = { [vars.name] = { category = "{{ kind }}" } },
      vars = { kind = "Nginx" },
    }]]
    local pb = playbook.load(script, { extension = "lua", vars = { "name=web" },
      vars_texts = { "name: other" } })
    lu.assertEquals(pb.sections.service_templates.web.category, "Nginx")
  end,

  test_a_path_stands_for_the_place = function()
    local errors = playbook.errors([[
      local shared = { usr = "root", timeout = 0 }
      return { business = "demo",
        service_templates = { web = { processes = { nginx = shared } } },
        instances = { { where = { module = "web" }, processes = { x = { user = tostring } } } } }
    ]], LUA)
    lu.assertEquals(errors, {
      'instances[1].processes.x.user "user" must be text, not a function',
      'service_templates.web.processes.nginx.timeout '
        .. '"timeout" must be a whole number from 1 to 10000, not 0',
      'service_templates.web.processes.nginx.usr unknown key "usr"; did you mean "user"?',
    })
  end,

  test_a_table_that_holds_itself = function()
    local errors = playbook.errors("local t = { business = 'demo' } t.again = t return t", LUA)
    lu.assertEquals(errors, { 'again unknown key "again"' })
  end,

  test_nothing_is_written_null = function()
    local pb = playbook.load([[return { business = "demo",
      service_templates = { web = { processes = { x = { user = null } } } } }]], LUA)
    lu.assertEquals(pb.sections.service_templates.web.processes.x.user.value,
      require("json").null)
  end,
}
