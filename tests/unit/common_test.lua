-- What many changes have in common: read as if it were their own.

local common = require "remora.reconcile.common"
local luaunit = require "luaunit"

local asked = 0

local ITS = common.of({ action = "update", fields = { "user" }, locked = false }, {
  label = function(change)
    asked = asked + 1
    return { "web", change.id }
  end,
  action = function() error "what is shared is not worked out" end,
})

return {
  test_members_are_shared_worked_out_or_not_there = function()
    local one, other = setmetatable({ id = 1 }, ITS), setmetatable({ id = 2 }, ITS)
    luaunit.assertEquals({ one.action, one.locked, one.id, other.id }, { "update", false, 1, 2 })
    luaunit.assertIs(one.fields, other.fields)
    luaunit.assertIsNil(one.before)
    luaunit.assertEquals({ one.label, other.label }, { { "web", 1 }, { "web", 2 } })
  end,

  test_an_own_member_comes_first_and_nothing_is_kept_for_the_others = function()
    asked = 0
    local one = setmetatable({ id = 1, action = "delete" }, ITS)
    luaunit.assertEquals({ one.action, one.label[2], one.label[2] }, { "delete", 1, 1 })
    luaunit.assertEquals(asked, 2)
    local own = {}
    for name in pairs(one) do own[#own + 1] = name end
    table.sort(own)
    luaunit.assertEquals(own, { "action", "id" })
  end,
}
