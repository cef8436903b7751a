-- The definitions for editors: Lua that loads, with every call, and the types where they belong.

local catalogue = require "remora.catalogue"
local manual = require "remora.script.manual"
local stubs = require "remora.script.stubs"
local lu = require "luaunit"

local function files()
  local by_name = {}
  for _, file in ipairs(stubs.files()) do by_name[file.name] = file.text end
  return by_name
end

return {
  test_they_are_lua = function()
    for name, text in pairs(files()) do
      lu.assertNotNil(load(text, "=" .. name, "t", {}), name)
    end
  end,

  test_every_call_is_there = function()
    local texts = files()
    for _, row in ipairs(catalogue.rows()) do
      local text = texts[row.system .. ".lua"]
      lu.assertStrContains(text, ("function %s.%s(args) end"):format(row.system, row.name))
      lu.assertStrContains(text, "---" .. row.doc .. "\n")
      for _, alias in ipairs(row.aliases) do
        lu.assertStrContains(text, ("function %s.%s(args) end"):format(row.system, alias))
      end
    end
  end,

  test_every_helper_is_there = function()
    local text = files()["remora.lua"]
    for _, entry in ipairs(manual) do
      if entry.name:find "^remora" then
        lu.assertStrContains(text, entry.params and "function " .. entry.name .. "(" or entry.name)
      end
    end
  end,

  test_types = function()
    local text = files()["cc.lua"]
    for _, line in ipairs {
      "---@class (exact) remora.cc.update_process_instance\n",
      "---@field bk_biz_id integer business id; at least 1\n",
      "---@field processes remora.cc.update_process_instance.processes[] at most 100 items\n",
      "---@field start_cmd? string|remora.Null at most 2000 bytes\n",
      '---@field ["end"]? string\n',
      "---@param args remora.cc.update_process_instance\n",
    } do
      lu.assertStrContains(text, line)
    end
  end,
}
