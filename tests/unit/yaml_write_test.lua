-- Writing YAML: what it looks like, and that reading it back gives the very same tree, for rows of
-- hard texts and for random trees. REMORA_TEST_SEEDS=N tries more seeds.

local draws = require "tests.support.draws"
local lu = require "luaunit"
local json = require "json"
local system = require "system"
local write = require "remora.pull.write"
local yaml = require "yaml"

local SEEDS = tonumber(system.getenv "REMORA_TEST_SEEDS" or 300)

local function read(text)
  local value, refused = yaml.load(text)
  if value == nil then error(("%d:%d %s\n%s"):format(refused.line, refused.column,
    refused.message, text), 2) end
  return value
end

local function check_same(value, context)
  local text = write(value)
  lu.assertEquals(json.encode(read(text)), json.encode(value), (context or "") .. text)
  lu.assertEquals(write(read(text)), text, "written again, it must not change")
end

-- Texts, and how each is written.
local TEXTS = {
  { "nginx", "nginx" }, { "", '""' }, { " a", '" a"' }, { "a ", '"a "' },
  { "./sbin/nginx -s stop", "./sbin/nginx -s stop" },
  { "kill $(cat /run/x.pid) && true", "kill $(cat /run/x.pid) && true" },
  { "12", '"12"' }, { "-12", '"-12"' }, { "012", '"012"' }, { "1.5", '"1.5"' }, { ".5", '".5"' },
  { "1.", '"1."' }, { "1e3", '"1e3"' }, { "1E-3", '"1E-3"' }, { "0x1F", '"0x1F"' },
  { "0o17", '"0o17"' }, { ".inf", '".inf"' }, { "-.INF", '"-.INF"' }, { ".nan", '".nan"' },
  { "1_000", '"1_000"' }, { "12:30", '"12:30"' }, { "+.Inf", '"+.Inf"' }, { "1.5e+3", '"1.5e+3"' },
  { "1e5e6", "1e5e6" }, { "e3", "e3" }, { "1e", "1e" }, { "/run/a_b.pid", "/run/a_b.pid" },
  { "8000-8010", "8000-8010" }, { "10.0.0.7", "10.0.0.7" }, { "1.2.3", "1.2.3" },
  { "::1", '"::1"' }, { "2001:db8::1", "2001:db8::1" }, { "fe80::", '"fe80::"' },
  { "null", '"null"' }, { "~", '"~"' }, { "true", '"true"' }, { "False", '"False"' },
  { "no", '"no"' }, { "Yes", '"Yes"' }, { "on", '"on"' }, { "nothing", "nothing" },
  { "-", '"-"' }, { "- a", '"- a"' }, { "-c x", '"-c x"' }, { "?", '"?"' }, { ":", '":"' },
  { "a: b", '"a: b"' }, { "a:", '"a:"' }, { "a:b", "a:b" }, { "a #b", '"a #b"' }, { "a#b", "a#b" },
  { "# a", '"# a"' }, { "*", '"*"' }, { "prod-*", "prod-*" }, { "&a", '"&a"' }, { "!a", '"!a"' },
  { "%a", '"%a"' }, { "@a", '"@a"' }, { "`a", '"`a"' }, { "|", '"|"' }, { "> a", '"> a"' },
  { "a, b", '"a, b"' }, { "[a]", '"[a]"' }, { "{{ a }}", '"{{ a }}"' }, { "${a}", '"${a}"' },
  { 'say "hi"', 'say "hi"' }, { '"hi"', "'\"hi\"'" }, { "it's", "it's" }, { "'a", '"\'a"' },
  { "\\d+", "\\d+" }, { "[\\d]", "'[\\d]'" }, { "['\\d]", '"[\'\\\\d]"' },
  { "a\tb", '"a\\tb"' }, { "a\r\nb", '"a\\r\\nb"' }, { "a\0b", '"a\\0b"' }, { "\127", '"\\x7F"' },
  { "主机", "主机" }, { "a\u{85}b", '"a\\u0085b"' }, { "a\u{2028}", '"a\\u2028"' },
  { "\u{FEFF}a", '"\\uFEFFa"' }, { "\u{1F600}", "\u{1F600}" },
  { "---", '"---"' }, { "...", '"..."' }, { "... a", '"... a"' }, { "=", '"="' }, { "<<", '"<<"' },
}

local tests = {}

function tests.test_texts_are_quoted_only_where_they_must_be()
  for _, row in ipairs(TEXTS) do
    lu.assertEquals(write { key = row[1] }, "key: " .. row[2] .. "\n")
  end
end

function tests.test_every_text_reads_back_wherever_it_stands()
  for _, row in ipairs(TEXTS) do
    local text = row[1]
    check_same(text)
    check_same { [text] = text }
    check_same(json.array { text, text })
    check_same { a = json.array { text }, b = { [text] = { [text] = text } } }
    check_same { { [text] = { value = text, other = false } } }
  end
end

function tests.test_other_values()
  for _, row in ipairs {
    { 1, " 1" }, { -7, " -7" }, { math.mininteger, " -9223372036854775808" }, { 1.5, " 1.5" },
    { 1.0, " 1.0" }, { 1e300, " 1e+300" }, { true, " true" }, { false, " false" },
    { json.null, " null" }, { json.array {}, " []" }, { {}, " {}" },
    { { of = json.array { 1, "1", json.null } }, '\n  of: [1, "1", null]' },
  } do
    lu.assertEquals(write { key = row[1] }, "key:" .. row[2] .. "\n")
    check_same { key = row[1] }
    check_same(row[1])
  end
end

function tests.test_lines_become_a_block_where_nothing_is_hidden_by_it()
  lu.assertEquals(write { a = { b = "x: [\n  y\n\nz" } },
    "a:\n  b: |-\n    x: [\n      y\n\n    z\n")
  for _, text in ipairs { "\na", "a\n", "a\n\n", " a\nb", "a \nb", "a\n \nb", "a\n\tb", "a\t\nb",
    "a\n\nb", "a\n  b\nc", "#\n-", "a\n...\nb", "a\n---\nb" } do
    check_same { key = text }
    check_same { list = json.array { text } }
    check_same(text)
  end
end

function tests.test_small_maps_stand_on_one_line_and_the_rest_in_blocks()
  lu.assertEquals(write({
    business = "demo",
    instances = json.array {
      { where = { set = json.array { "a", "b" }, module = "web" },
        processes = { nginx = { timeout = 60 } } },
    },
    service_templates = { web = { processes = { nginx = {
      bk_func_name = "nginx", user = { value = "root", as_default_value = false },
      bind_info = json.array { { ip = "0.0.0.0", port = 80 }, { port = 81,
        ip = { value = "0.0.0.0", as_default_value = false } } },
    } } }, empty = {} },
  }), [[
business: demo

instances:
  - processes:
      nginx: { timeout: 60 }
    where: { module: web, set: [a, b] }

service_templates:
  empty: {}
  web:
    processes:
      nginx:
        bind_info:
          - { ip: 0.0.0.0, port: 80 }
          - { ip: { as_default_value: false, value: 0.0.0.0 }, port: 81 }
        bk_func_name: nginx
        user: { as_default_value: false, value: root }
]])
end

function tests.test_a_list_stands_on_one_line_as_long_as_it_fits_there()
  local list = json.array {}
  for i = 1, 31 do list[i] = "a" end -- 93 columns on one line
  lu.assertEquals(write { x = { key = list } }, "x:\n  key: [" .. ("a, "):rep(30) .. "a]\n")
  lu.assertEquals(write { x = { keys = list } }, "x:\n  keys:\n" .. ("    - a\n"):rep(31))
  list[32] = "a"
  lu.assertEquals(write { x = { k = list } }, "x:\n  k:\n" .. ("    - a\n"):rep(32))
end

function tests.test_order_and_comments_are_the_writers_choice()
  local rule = { where = { module = "web" }, processes = { nginx = { timeout = 60 } } }
  local rules = json.array { rule }
  local root = { name = "x", rules = rules, a = 1 }
  lu.assertEquals(write(root, {
    keys = { [root] = { "name", "rules" }, [rule] = { "where", "processes" } },
    above = { [root] = { name = "About this file.\n\nsecond\tpart" }, [rules] = { "the rule" },
      [rule.processes] = { nginx = "in between: " .. ("long "):rep(25) } },
  }), [[
# About this file.
#
# second\tpart
name: x

rules:
  # the rule
  - where: { module: web }
    processes:
      # in between: long long long long long long long long long long long long long long long long
      # long long long long long long long long long
      nginx: { timeout: 60 }
a: 1
]])
end

local PIECES = {
  "a", "0", "9", ".", "-", "+", "e", "x", "_", ":", " ", "#", ",", "[", "]", "{", "}", "'", '"',
  "\\", "\n", "\t", "\r", "\0", "\127", "&", "*", "!", "|", ">", "%", "@", "`", "~", "?", "=", "<",
  "null", "true", "no", "主", "\u{85}", "\u{A0}", "\u{2028}", "\u{FEFF}", "\u{1F600}",
}

local function text(r)
  local parts = {}
  for i = 1, r:next(7) - 1 do parts[i] = r:pick(PIECES) end
  return table.concat(parts)
end

local function scalar(r)
  local kind = r:next(8)
  if kind == 1 then return r:next(1000) - 500 end
  if kind == 2 then return (r:next(1000) - 500) / 8 end
  if kind == 3 then return r:chance(50) end
  if kind == 4 then return json.null end
  return text(r)
end

local function tree(r, depth)
  if depth == 0 or r:chance(40) then return scalar(r) end
  local made = r:chance(40) and json.array {} or {}
  for i = 1, r:next(6) - 1 do
    made[json.is_array(made) and i or text(r)] = tree(r, depth - 1)
  end
  return made
end

function tests.test_any_tree_reads_back_as_it_was()
  for seed = 1, SEEDS do
    check_same(tree(draws.new(seed), 4), ("seed %d\n"):format(seed))
  end
end

function tests.test_names_longer_than_readers_look_ahead()
  check_same { [("主"):rep(1000)] = { a = ("x"):rep(2000) }, b = 1 }
end

return tests
