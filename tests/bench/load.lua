-- How long loading a YAML file with its positions takes, in a process of its own that bench-run
-- starts as `bench-run load FILE`. Knows nothing of playbooks.

local system = require "system"
local yaml = require "yaml"

---@param file string
---@return integer exit code
return function(file)
  local text = assert(system.read_file(file))
  local start = system.monotonic()
  assert(yaml.load(text))
  print(("%.6f"):format(system.monotonic() - start))
  return 0
end
