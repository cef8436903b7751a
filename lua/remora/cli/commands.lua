-- The commands of remora, in the order the help shows them. Adding one: an entry here and a module
-- that returns { name, define = function(parser), run = function(context, args) → exit code }.
-- Names modules without loading them, so that a command starts without the others; `talks` says
-- of those that nearly always talk to a platform that they do.

return {
  { name = "check", module = "remora.cli.check",
    summary = "Check playbooks without contacting anything." },
  { name = "plan", module = "remora.cli.plan", talks = true,
    summary = "Show what would change." },
  { name = "apply", module = "remora.cli.apply", talks = true,
    summary = "Make the platform as the playbooks say." },
  { name = "watch", module = "remora.cli.watch", talks = true,
    summary = "Keep the platform on the playbooks of a git repository." },
  { name = "history", module = "remora.cli.history",
    summary = "Show what was applied from this directory." },
  { name = "show", module = "remora.cli.show",
    summary = "Show one run with every call." },
  { name = "undo", module = "remora.cli.undo", talks = true,
    summary = "Bring back what a run changed." },
  { name = "drift", module = "remora.cli.drift", talks = true,
    summary = "Show what moved since the last apply, and on which side." },
  { name = "pull", module = "remora.cli.pull", talks = true,
    summary = "Write what is there as playbooks." },
  { name = "call", module = "remora.cli.call", talks = true,
    summary = "Make one platform call." },
  { name = "calls", module = "remora.cli.calls",
    summary = "Show the platform calls as reference." },
  { name = "run", module = "remora.cli.run", talks = true,
    summary = "Run a Lua script that calls the platform." },
  { name = "repl", module = "remora.cli.repl", talks = true,
    summary = "Try calls and Lua, line by line." },
  { name = "platform", module = "remora.cli.platform",
    summary = "Serve or reset the embedded platform, or make it fail." },
  { name = "completion", module = "remora.cli.completion",
    summary = "Print what makes a shell complete commands and flags." },
}
