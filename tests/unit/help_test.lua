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

-- Every key that a shape knows, wherever it stands, and every name of a fixed set of values.
local function add_names(names, shape, seen)
  if seen[shape] then return names end
  seen[shape] = true
  for name, field in pairs(shape.fields or {}) do
    names[name] = true
    add_names(names, field, seen)
  end
  for _, row in ipairs(shape.values or {}) do names[row[1]] = true end
  if shape.of then add_names(names, shape.of, seen) end
  for _, alternative in ipairs(shape) do add_names(names, alternative, seen) end
  return names
end

-- A help from a heading on.
local function reference(heading, ...)
  local text = help_of(...)
  local first = assert(text:find("\n" .. heading .. ":\n", 1, true), heading)
  return text:sub(first)
end

function tests.test_every_word_that_a_file_may_say_is_told()
  for _, row in ipairs {
    { "remora.playbook.document", "shape", "All that a playbook may say", "check" },
    { "remora.cli.config", "shape", "What ~/.config/remora/config.yml may say" },
    { "remora.platform.faults_form", "rule_shape", "What a rule may say", "platform", "fault" },
    { "remora.platform.faults_form", "rule_shape", "What a rule may say", "platform", "fault",
      "add" },
  } do
    local text = reference(table.unpack(row, 3))
    local names = add_names({}, require(row[1])[row[2]], {})
    lu.assertNotNil(next(names))
    for name in pairs(names) do
      lu.assertStrMatches(text, ".*[^%w_]" .. name:gsub("[-.]", "%%%0") .. "[^%w_].*", nil, nil,
        row[1] .. ": " .. name)
    end
  end
end

function tests.test_what_is_told_of_a_playbook_says_what_it_means()
  local text = reference("All that a playbook may say", "check"):gsub("\n +", " ")
  for _, words in ipairs {
    "cycle_time: a whole number of at least 1; seconds from one run",
    "op_timeout: a whole number of at least 1; seconds an operation may take",
    "as_default_value: false } is what new ones start with",
    "hosted - in the agent's care",
    "running - hosted, and started here",
    "a file that it includes has its own",
  } do lu.assertStrContains(text, words) end
end

function tests.test_every_exit_code_is_told()
  local text = help_of():match("Exit codes:(.*)")
  for name, code in pairs(exit) do
    lu.assertTrue((" " .. text):find("[%s,]" .. code .. " ") ~= nil, name)
  end
end

return tests
