-- The short form of tests/fuzz: the fuzzers' own checks over texts that are mutated the same way in
-- every run. The long form finds new texts, this one keeps what it knows from coming back.

local fs = require("tests.support.fs")
local lu = require("luaunit")
local source = require("tests.support.source")

local SEED, ROUNDS = 20261122, 20000

local CORPUS = {
  json = {
    '{"a": [1, -2.5e3, null, true], "\\u00e9\\ud83d\\ude00": {"b": {}}, "c": []}',
    "[9223372036854775807, -9223372036854775808, 1e400, 0.1, \"\\u0000\"]",
    "  [[[[[[[[[]]]]]]]]] ",
  },
  yaml = {
    "a: 1\nb:\n  - {c: no, d: 0x1F}\n  - |\n    text\n  - 'quoted ''one'''\n",
    "x: &anchor [1, ~, .inf]\ny: *anchor\nz: >-\n  folded\n  text\n",
    "\u{FEFF}# remark\r\nkey: \"\\u4E2D\\n\"\r\nlist:\r\n- - 1\r\n  - 2\r\n",
  },
}

-- What grammars turn on.
local PIECES = { "{", "}", "[", "]", ":", ",", '"', "'", "\\", "\n", " ", "\t", "-", "&a", "*a",
  "|", ">", "#", "!", "%", "\\u", "0", "9", "e", "\0", "\xff", "\xe4\xb8\xad", "null" }

-- A small generator of our own: the same numbers on every machine and in every Lua.
local function generator(state)
  return function(limit)
    state = (state * 6364136223846793005 + 1442695040888963407) & 0x7FFFFFFFFFFFFFFF
    return (state >> 24) % limit + 1
  end
end

local function mutated(text, random)
  for _ = 1, random(4) do
    local at, length = random(#text + 1), random(3) - 1
    text = text:sub(1, at - 1) .. PIECES[random(#PIECES)] .. text:sub(at + length)
  end
  return text
end

local function hold(format)
  local path = ("%s/tests/fuzz/fuzz_%s.lua"):format(source.directory(), format)
  local check = assert(load(fs.read(path), "@" .. path, "t"))
  local random = generator(SEED)
  for round = 1, ROUNDS do
    local text = mutated(CORPUS[format][round % #CORPUS[format] + 1], random)
    local fine, failure = pcall(check, text)
    lu.assertTrue(fine, ("round %d, %q: %s"):format(round, text, tostring(failure)))
  end
end

return {
  test_json = function() hold("json") end,
  test_yaml = function() hold("yaml") end,
}
