-- What a plan on the command line is made of. The module is the function itself.

local json = require "json"
local lu = require "luaunit"

---The calls that a run of `remora plan --json` printed, each as "call objects".
---@param ran {code: integer, stdout: string, stderr: string} as of tests.support.cli
---@return string[] in their order
return function(ran)
  lu.assertEquals(ran.code, 0, ran.stderr)
  local calls = {}
  for i, step in ipairs(json.decode(ran.stdout).steps) do
    calls[i] = ("%s %d"):format(step.call, step.objects)
  end
  return calls
end
