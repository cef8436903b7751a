-- remora completion: what a shell needs to complete remora's commands and flags, made from their
-- definitions. Contacts nothing, changes nothing.

local exit = require "remora.cli.exit"
local parser = require "remora.cli.parser"

local completion = { name = "completion" }

-- What argparse writes it with.
local WRITERS = { bash = "get_bash_complete", zsh = "get_zsh_complete", fish = "get_fish_complete" }

---@param each table argparse command
function completion.define(each)
  each:description("Print what makes a shell complete the commands and flags of remora. For this "
    .. "session: source <(remora completion bash). For every one, put it where the shell looks: "
    .. "bash: /etc/bash_completion.d/remora, zsh: a file _remora in $fpath, "
    .. "fish: ~/.config/fish/completions/remora.fish.")
  each:argument("shell", "bash, zsh or fish."):argname("SHELL"):choices { "bash", "zsh", "fish" }
end

---@param context remora.Context
---@param args {shell: string}
---@return integer exit code
function completion.run(context, args)
  local whole = parser.whole()
  context.out:result(whole[WRITERS[args.shell]](whole))
  return exit.done
end

return completion
