-- What many changes have in common: read as if it were their own.

local common = require "remora.reconcile.common"
local lu = require "luaunit"

local SHARED = { action = "update", fields = { "user" }, locked = false, label = { "web", "first" },
  place = { module = 3, host = 7, instance = "a" } }

local MEMBERS = { { "id" }, { "label", 2 }, { "place", "host" }, { "place", "instance" } }

local asked = 0

local ITS = common.of(SHARED, { members = MEMBERS, row = function(change)
  asked = asked + 1
  return { change.id, "host " .. change.id, change.id }
end })

return {
  test_members_are_shared_its_own_or_not_there = function()
    local one, other = setmetatable({ id = 1 }, ITS), setmetatable({ id = 2 }, ITS)
    lu.assertEquals({ one.action, one.locked, one.id, other.id }, { "update", false, 1, 2 })
    lu.assertIs(one.fields, other.fields)
    lu.assertIsNil(one.before)
    lu.assertEquals({ one.label, other.label }, { { "web", "host 1" }, { "web", "host 2" } })
    lu.assertEquals(other.place, { module = 3, host = 2 })
  end,

  test_an_own_member_comes_first_and_nothing_is_kept_for_the_others = function()
    asked = 0
    local one = setmetatable({ id = 1, action = "delete" }, ITS)
    lu.assertEquals({ one.action, one.label[2] }, { "delete", "host 1" })
    lu.assertEquals({ one.label[2], asked }, { "host 1", 2 })
    local own = {}
    for name in pairs(one) do own[#own + 1] = name end
    table.sort(own)
    lu.assertEquals(own, { "action", "id" })
  end,

  test_one_that_is_like_another_shares_what_is_the_same_and_changes_nothing_of_it = function()
    local like = common.like(SHARED, MEMBERS, { 5, "host 5", 9, "b" })
    lu.assertEquals(like, { id = 5, action = "update", fields = { "user" }, locked = false,
      label = { "web", "host 5" }, place = { module = 3, host = 9, instance = "b" } })
    lu.assertIs(like.fields, SHARED.fields)
    lu.assertEquals(SHARED.label, { "web", "first" })
    lu.assertEquals(SHARED.place, { module = 3, host = 7, instance = "a" })
  end,
}
