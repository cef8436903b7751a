-- doc/remora.1 is right: it names all there is, and its example works.

local cli = require "tests.support.cli"
local fs = require "tests.support.fs"
local lu = require "luaunit"
local source = require "tests.support.source"

local tests = {}

local function page()
  return fs.read(source.directory() .. "/doc/remora.1")
end

-- What a pattern finds below a heading, sorted.
local function found(heading, pattern)
  local text = page():match("\n%.S[hs] " .. heading .. "(\n.-\n)%.S[hs] ")
    or error("there is no " .. heading)
  local words = {}
  for word in text:gmatch(pattern) do words[#words + 1] = word end
  table.sort(words)
  return words
end

function tests.test_the_commands_are_all_named()
  local names = {}
  for i, command in ipairs(require("remora.cli.commands")) do names[i] = command.name end
  table.sort(names)
  lu.assertEquals(found("Commands", "\n%.It Cm (%S+)"), names)
end

function tests.test_the_global_flags_are_all_named()
  local names = {}
  for _, option in ipairs(require("remora.cli.parser").whole()._options) do
    table.move(option._aliases, 1, #option._aliases, #names + 1, names)
  end
  for i, name in ipairs(names) do names[i] = name:sub(2) end -- .Fl writes a dash
  table.sort(names)
  lu.assertEquals(found("Global flags", "Fl (%S+)"), names)
end

function tests.test_the_exit_codes_are_all_named()
  local codes = {}
  for _, code in pairs(require("remora.cli.exit")) do codes[#codes + 1] = tostring(code) end
  table.sort(codes)
  lu.assertEquals(found("EXIT STATUS", "\n%.It (%d+)\n"), codes)
end

function tests.test_the_example_runs()
  local directory <close> = fs.temporary()
  local next_block = page():gmatch "\n%.Bd [^\n]*\n(.-\n)%.Ed\n"
  local playbook, session = next_block():gsub("\\%-", "-"), next_block()
  fs.write(directory.path .. "/cron.yml", playbook)
  local ran = 0
  for line in session:gmatch "%$ remora ([^\n]+)" do
    local words = { cwd = directory.path }
    for word in line:gmatch "%S+" do words[#words + 1] = word end
    local result = cli.run(words)
    lu.assertEquals(result.code, 0, line .. "\n" .. result.stdout .. result.stderr)
    ran = ran + 1
  end
  lu.assertEquals(ran, 4)
end

return tests
