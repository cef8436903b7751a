-- Help texts: no line is wider than a terminal, every exit code is told. That their examples
-- work is tests/scenario/help_test.lua's.

local commands = require "remora.cli.commands"
local exit = require "remora.cli.exit"
local lu = require "luaunit"
local parser = require "remora.cli.parser"

local tests = {}

local function help_of(...)
  local argv = { ... }
  argv[#argv + 1] = "--help"
  return assert(parser.parse(argv, function() end)).help
end

-- The help of every command and of what is below it.
local function every_help()
  local texts = { remora = help_of() }
  for _, command in ipairs(commands) do texts[command.name] = help_of(command.name) end
  for _, action in ipairs { "serve", "reset", "fault" } do
    texts["platform " .. action] = help_of("platform", action)
  end
  for _, action in ipairs { "list", "add", "clear" } do
    texts["platform fault " .. action] = help_of("platform", "fault", action)
  end
  return texts
end

function tests.test_no_line_is_wider_than_a_terminal()
  for name, text in pairs(every_help()) do
    for line in text:gmatch "[^\n]+" do
      lu.assertTrue(utf8.len(line) <= 80, ("%s: %s"):format(name, line))
    end
  end
end

function tests.test_an_option_stands_on_one_line()
  lu.assertStrContains(help_of("plan"), "\n   -o, --output FILE     Write the plan")
  lu.assertStrContains(help_of("apply"), "\n   -y, --yes ")
end

function tests.test_below_every_command_stands_where_the_common_flags_are()
  for name, text in pairs(every_help()) do
    if name ~= "remora" then
      lu.assertStrContains(text, "\nFlags of every command:", false, name)
    end
  end
end

function tests.test_every_exit_code_is_told()
  local text = help_of():match("Exit codes:(.*)")
  for name, code in pairs(exit) do
    lu.assertTrue((" " .. text):find("[%s,]" .. code .. " ") ~= nil, name)
  end
end

return tests
