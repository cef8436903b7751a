-- What each action of a change comes to. Data; what an operation on a hosted process means to
-- agents is in hosting/verbs.lua.

---@class remora.reconcile.Action
---@field comes_to "create"|"update"|"delete" what it does to the object, and the colour for it
---@field doing boolean? it makes and takes nothing: told as "sync of web", without the type
---@field fate string? what becomes of what it takes away, where that is not gone altogether

---@type table<string, remora.reconcile.Action>
return {
  create = { comes_to = "create" },
  update = { comes_to = "update" },
  delete = { comes_to = "delete" },
  sync = { comes_to = "update", doing = true },
  bind = { comes_to = "create" },
  unbind = { comes_to = "delete" },

  register = { comes_to = "create" },
  unregister = { comes_to = "delete" },
  start = { comes_to = "create", doing = true },
  stop = { comes_to = "delete", doing = true, fate = "be stopped" },
  kill = { comes_to = "delete", doing = true, fate = "be killed" },
  restart = { comes_to = "update", doing = true, fate = "be restarted" },
  reload = { comes_to = "update", doing = true },
}
