-- README.md is right: its files and commands are run in its own order, and what it shows is what
-- they print. `...` stands for any lines, `…` for any text within a line.

local cli = require("tests.support.cli")
local config = require("remora.cli.config")
local fs = require("tests.support.fs")
local lu = require("luaunit")
local process = require("process")
local serve = require("tests.support.served")
local source = require("tests.support.source")
local system = require("system")

-- Fenced blocks: {language, text, line}.
local function blocks_of(text)
  local blocks, number, open = {}, 0, nil
  for line in (text .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local language = line:match("^```(%w*)$")
    if open and language == "" then
      open.text = table.concat(open.lines, "\n") .. "\n"
      blocks[#blocks + 1] = open
      open = nil
    elseif open then
      table.insert(open.lines, line)
    elseif language then
      open = { language = language, line = number, lines = {} }
    end
  end
  return blocks
end

-- "$ command" and the lines that it prints.
local function commands_of(block)
  local commands = {}
  for i, line in ipairs(block.lines) do
    local command = line:match("^%$ (.*)$")
    if command then
      commands[#commands + 1] = { command = command, line = block.line + i, shown = {} }
    else
      table.insert(commands[#commands].shown, line)
    end
  end
  return commands
end

-- The block whose first line is a comment with this name.
local function block_named(name)
  for _, block in ipairs(blocks_of(fs.read(source.directory() .. "/README.md"))) do
    if block.lines[1] == "# " .. name then return block end
  end
  error("README.md shows no " .. name)
end

local function line_pattern(line)
  local escaped = line:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
  return "^" .. escaped:gsub("…", ".-") .. "$"
end

-- Whether printed lines are the shown ones.
local function matches(shown, printed, i, j)
  i, j = i or 1, j or 1
  if i > #shown then return j > #printed end
  if shown[i] == "..." then
    for next_line = j, #printed + 1 do
      if matches(shown, printed, i + 1, next_line) then return true end
    end
    return false
  end
  return printed[j] ~= nil and printed[j]:find(line_pattern(shown[i])) ~= nil
    and matches(shown, printed, i + 1, j + 1)
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("(.-)\n") do lines[#lines + 1] = line end
  return lines
end

-- A directory as the README's reader has it: the playbooks, and remora on the path.
local function prepare(directory)
  local root = source.directory()
  for _, name in ipairs(assert(system.list(root .. "/playbooks"))) do
    local path = root .. "/playbooks/" .. name
    if assert(system.stat(path)).type == "file" then
      fs.write(directory .. "/playbooks/" .. name, fs.read(path))
    end
  end
  assert(system.write_file(directory .. "/bin/remora",
    ('#!/bin/sh\nexec "%s" "$@"\n'):format(cli.program()), tonumber("755", 8)))
end

local function shell(directory, command)
  local running <close> = assert(process.spawn {
    argv = { "/bin/sh", "-c", command .. " 2>&1" }, cwd = directory, stdout = "pipe",
    env = {
      PATH = directory .. "/bin:" .. system.getenv("PATH"), HOME = directory,
      REMORA_PLATFORM = false, NO_COLOR = "1",
    },
  })
  running:wait(120)
  return running:read_stdout()
end

local tests = {}

function tests.test_every_command_prints_what_is_shown()
  local directory <close> = fs.temporary()
  assert(system.mkdir(directory.path .. "/bin"))
  prepare(directory.path)
  local ran = 0
  for _, block in ipairs(blocks_of(fs.read(source.directory() .. "/README.md"))) do
    local name = block.lines[1]:match("^# ([%w_.-]+%.yml)$")
      or block.lines[1]:match("^%-%- ([%w_.-]+%.lua):")
    if name then fs.write(directory.path .. "/" .. name, block.text) end
    for _, each in ipairs(block.language == "console" and commands_of(block) or {}) do
      local printed = shell(directory.path, each.command)
      ran = ran + 1
      lu.assertTrue(matches(each.shown, lines_of(printed)),
        ("README.md:%d: %s printed\n%s"):format(each.line, each.command, printed))
    end
  end
  lu.assertTrue(ran > 0)
end

function tests.test_every_playbook_is_sound()
  local checked = 0
  for _, block in ipairs(blocks_of(fs.read(source.directory() .. "/README.md"))) do
    local sound = block.language == "yaml" and block.text:find("\nbusiness:")
      and not block.text:find("^# wrong")
    if sound then
      local directory <close> = fs.temporary()
      fs.write(directory.path .. "/playbook.yml", block.text)
      local result = cli.run { "check", "playbook.yml", cwd = directory.path }
      lu.assertEquals(result.code, 0, ("README.md:%d: %s"):format(block.line, result.stderr))
      checked = checked + 1
    end
  end
  lu.assertTrue(checked > 0)
end

function tests.test_the_profile_is_one()
  local directory <close> = fs.temporary()
  local path = assert(config.path(function(name) return name == "HOME" and directory.path end))
  assert(system.mkdir(path:match("^(.*)/")))
  local text = block_named("~/.config/remora/config.yml").text
  assert(system.write_file(path, text, tonumber("600", 8)))
  local target, refused = config.target({}, function(name)
    return name == "HOME" and directory.path or nil
  end)
  lu.assertNil(refused, tostring(refused))
  lu.assertEquals(target.url, "https://paas.example.com")
  lu.assertEquals(target.credentials.bk_app_code, "remora")
end

function tests.test_the_faults_are_taken()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/faults.yml", block_named("faults.yml").text)
  local served <close> = serve(directory, { "--faults", "faults.yml" })
  lu.assertEquals(served:call("list_service_category", { bk_biz_id = 1 }).count, 20)
end

function tests.test_the_topology_is_served()
  local directory <close> = fs.temporary()
  fs.write(directory.path .. "/fleet.yml", block_named("fleet.yml").text)
  local served <close> = serve(directory, { "--topology", "fleet.yml" })
  local business = served:call("search_business", {}).info[1]
  lu.assertEquals(business.bk_biz_name, "shop")
  local hosts = served:call("list_biz_hosts", { bk_biz_id = business.bk_biz_id,
    fields = { "bk_host_innerip" }, page = { start = 0, limit = 100 } })
  lu.assertEquals(hosts.count, 32)
end

function tests.test_every_exit_code_and_command_is_told()
  local text = fs.read(source.directory() .. "/README.md")
  for name, code in pairs(require("remora.cli.exit")) do
    lu.assertStrContains(text, ("\n| %d | "):format(code), false, name)
  end
  local listed = text:match("\n## Commands\n(.-)\n## ")
  for _, command in ipairs(require("remora.cli.commands")) do
    lu.assertStrContains(listed, "`" .. command.name .. "`")
  end
end

function tests.test_every_flag_is_told()
  local text = fs.read(source.directory() .. "/README.md")
  local function look(each)
    for _, option in ipairs(each._options) do
      for _, name in ipairs(option._aliases) do
        if name:find("^%-%-") and name ~= "--help" and name ~= "--version" then
          lu.assertStrContains(text, "`" .. name .. "`", false, each._name)
        end
      end
    end
    for _, command in ipairs(each._commands) do look(command) end
  end
  look(require("remora.cli.parser").whole())
end

return tests
