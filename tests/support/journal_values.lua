-- Runs of the journal as its readers get them: changes, calls and runs with what a test does not
-- name filled in. Owns no journal and no file.

local journal_values = {}

---A change of a process on a host, in prod/web.
---@param host string
---@param more table? what of it is otherwise
---@return remora.reconcile.Change
function journal_values.change(host, more)
  local its = { kind = "instances", type = "process", action = "update",
    label = { "prod", "web", host, "nginx" }, fields = { { name = "user", old = "a", new = "b" } },
    at = { file = "web.yml", line = 7 } }
  for name, value in pairs(more or {}) do its[name] = value end
  return its
end

---A call that carried changes.
---@param fields table what of it is otherwise: outcome, ended
---@param ... remora.reconcile.Change
---@return remora.journal.Call
function journal_values.call(fields, ...)
  local its = { name = "cc.x", stage = "instances", intended = 1, objects = select("#", ...),
    changes = { ... } }
  for name, value in pairs(fields) do its[name] = value end
  return its
end

---A run from second 1 to 2 that was to make changes and did not come to its end.
---@param changes remora.reconcile.Change[] of its plan
---@param more table? what of it is otherwise
---@return remora.journal.Run
function journal_values.run(changes, more)
  local its = { id = 3, started = 1, ended = 2, exit_code = 4, command = "apply", playbook = "web",
    files = { "web.yml" }, platform = "test", business = 2, user = "ann", host = "h", lost = {},
    objects = 5, plan = { changes = changes, business = { id = 2, name = "demo" } } }
  for name, value in pairs(more or {}) do its[name] = value end
  return its
end

return journal_values
