-- What must hold for every fleet and the playbooks applied to it: undoing one leads back to where
-- it was applied, wherever nothing is said to be lost, and what `plan --inverse` foretells is what
-- undo then does, where the run went as planned.

local luaunit = require "luaunit"
local bind_rows = require "remora.model.bind_rows"
local drift = require "tests.support.random_drift"
local inverse = require "remora.reconcile.inverse"
local json = require "json"
local process = require "remora.model.process"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local undoing = require "tests.support.undoing"
local values = require "remora.model.values"
local way_back = require "remora.reconcile.way_back"
local world = require "tests.support.world"

local PLAYBOOKS = 2 -- one after the other on the same fleet

-- A value as far as it says something.
local function plain(field, value)
  if values.equal(value, process.absent_value(field)) or value == json.null then return nil end
  if field ~= "bind_info" then return value end
  local rows = json.array {}
  for i, row in ipairs(bind_rows.list(value)) do
    rows[i] = {}
    for _, cell in ipairs(bind_rows.CELLS) do rows[i][cell] = row[cell] end
  end
  return #rows > 0 and rows or nil
end

-- Every process with what it holds, but for ids and times; several that are named alike in order.
local function processes(platform)
  local all = {}
  for _, row in ipairs(world.rows(platform)) do
    local its, label = {}, world.label(row) .. " of " .. row.service_instance.name
    for _, field in ipairs(process.FIELDS) do its[field] = plain(field, row.process[field]) end
    all[label] = all[label] or {}
    table.insert(all[label], json.encode(its))
    table.sort(all[label])
  end
  return all
end

-- A cell of a process template.
local function plain_cell(field, cell)
  local its = { value = cell.value, locked = cell.as_default_value == true }
  if field ~= "bind_info" then
    its.value = plain(field, cell.value)
  elseif its.value ~= json.null then
    its.value = json.array {}
    for i, row in ipairs(cell.value) do
      its.value[i] = {}
      for _, name in ipairs(bind_rows.CELLS) do its.value[i][name] = plain_cell(name, row[name]) end
    end
  end
  return its
end

-- Every process template, likewise.
local function templates(platform)
  local all = {}
  for _, each in ipairs(platform.store:find("proc_template", { bk_biz_id = 1 })) do
    local label = ("template %d/%s"):format(each.service_template_id, each.bk_process_name)
    all[label] = {}
    for field, cell in pairs(each.property) do all[label][field] = plain_cell(field, cell) end
  end
  return all
end

local function portrait(platform)
  return { processes = processes(platform), templates = templates(platform) }
end

-- Applies a playbook, undoes it and applies it again; says whether that was a full way back.
local function there_and_back(platform, event)
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local before, made, reader, after = portrait(platform), undoing.plan(platform, pb)
  if #made.problems > 0 then return false end
  local foretold = way_back(made, after())
  local calls = undoing.carry_out(platform, reader, pb, made)

  local undo, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local back, its_reader = undoing.plan(platform, undo)
  -- A sync may turn out not to be needed; then its plan could not tell the way back.
  if #calls == #made.steps then
    luaunit.assertEquals(undoing.summary(back), undoing.summary(foretold), context)
  end
  if #lost > 0 or #back.problems > 0 then return false end
  undoing.carry_out(platform, its_reader, undo, back)
  luaunit.assertEquals(portrait(platform), before, context)
  world.apply(platform, texts[1])
  return true
end

local tests = {}

function tests.test_undoing_leads_back()
  property.holds { usual = 30, fleet = random_fleet.fleet,
    draw = property.histories(PLAYBOOKS, { playbooks = random.playbooks, drift = drift.draw }),
    happen = property.happening(drift.happen, there_and_back) }
end

return tests
