-- remora completion: what shells complete then.

local cli = require "tests.support.cli"
local commands = require "remora.cli.commands"
local lu = require "luaunit"

local tests = {}

local function printed(shell)
  local ran = cli.run { "completion", shell }
  lu.assertEquals({ ran.code, ran.stderr }, { 0, "" })
  return ran.stdout
end

-- Asks a bash that has read it, as Tab does, and prints the answers.
local TAB = [[
eval "$1"
COMP_WORDS=($2)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_remora
echo "${COMPREPLY[@]}"
]]

-- What stands on the line → what it may become.
local LINES = {
  { "remora ap", "apply" },
  { "remora platform s", "serve" },
  { "remora platform fault c", "clear" },
  { "remora apply --max", "--max-changes --max-deletes --max-failures" },
  { "remora --route e", "esb" },
  { "remora plan --time", "--timeout" },
}

function tests.test_bash_completes_commands_flags_and_choices()
  local script = printed "bash"
  for _, line in ipairs(LINES) do
    local ran = cli.run { program = "/bin/bash", "-c", TAB, "tab", script, line[1] }
    lu.assertEquals(ran, { code = 0, stdout = line[2] .. "\n", stderr = "" })
  end
end

function tests.test_every_shell_learns_every_command()
  for _, shell in ipairs { "bash", "zsh", "fish" } do
    local script = printed(shell)
    for _, command in ipairs(commands) do lu.assertStrContains(script, command.name) end
    lu.assertStrContains(script, "detailed-exitcode")
  end
end

function tests.test_other_shells_are_refused()
  for _, line in ipairs { { "completion" }, { "completion", "csh" } } do
    lu.assertEquals(cli.run(line).code, 64)
  end
end

return tests
