-- What must hold for every fleet and the playbooks applied to it: undoing one leads back to where
-- it was applied, wherever nothing is said to be lost, and what `plan --inverse` foretells is what
-- undo then does, where the run went as planned.

local lu = require "luaunit"
local bind_rows = require "remora.model.bind_rows"
local drift = require "tests.support.random_drift"
local fault = require "remora.core.fault"
local inverse = require "remora.undo.inverse"
local json = require "json"
local later = require "remora.undo.later"
local process = require "remora.model.process"
local property = require "tests.support.property"
local random = require "tests.support.random_playbook"
local random_fleet = require "tests.support.random_fleet"
local random_regexes = require "tests.support.random_regexes"
local undoing = require "tests.support.undoing"
local way_back = require "remora.undo.way_back"
local world = require "tests.support.world"

local PLAYBOOKS = 4 -- one after the other on the same fleet

-- A value as far as it says something.
local function plain(field, value)
  if value == json.null or value == process.absent_value(field) then return nil end
  if field ~= "bind_info" then return value end
  local rows = json.array {}
  for i, row in ipairs(value) do
    rows[i] = {}
    for _, cell in ipairs(bind_rows.CELLS) do rows[i][cell] = plain(cell, row[cell]) end
  end
  return #rows > 0 and rows or nil
end

-- A cell of a process template.
local function plain_cell(field, cell)
  local locked, rows = cell.as_default_value == true, json.array {}
  for i, row in ipairs(field == "bind_info" and bind_rows.list(cell.value) or {}) do
    rows[i] = {}
    for _, name in ipairs(bind_rows.CELLS) do rows[i][name] = plain_cell(name, row[name]) end
  end
  if field ~= "bind_info" then return { value = plain(field, cell.value), locked = locked } end
  return { value = #rows > 0 and rows or nil, locked = locked }
end

-- What is there, but for ids and times, as texts: by service template, its instances included, or
-- by host and module. Without bind rows of processes, if they are not wanted.
local function portrait(platform, with_rows)
  local all, names = {}, {}
  local function add(owner, label, fields)
    all[owner] = all[owner] or {}
    table.insert(all[owner], label .. " " .. json.encode(fields))
    table.sort(all[owner])
  end
  for _, each in ipairs(platform.store:find("service_template", { bk_biz_id = 1 })) do
    names[each.id] = each.name
  end
  for _, each in ipairs(platform.store:find("proc_template", { bk_biz_id = 1 })) do
    local fields = {}
    for field, cell in pairs(each.property) do fields[field] = plain_cell(field, cell) end
    add(names[each.service_template_id], "template " .. each.bk_process_name, fields)
  end
  for _, row in ipairs(world.rows(platform)) do
    local place, fields = world.label(row):match("^(.*)/"), {}
    for _, field in ipairs(process.FIELDS) do fields[field] = plain(field, row.process[field]) end
    if not with_rows then fields.bind_info = nil end
    local module = platform.store:get("module", row.module.bk_module_id)
    add(names[module.service_template_id] or place,
      row.service_instance.name .. " on " .. place, fields)
  end
  return all
end

-- Without that of which something is said to be lost. Modules have the names of their templates. A
-- process that comes back with a new id is what it was, but that of a template.
local function apart_from(lost, drawn)
  for _, each in ipairs(lost) do
    local template = each.label:match("template ([^/]+)")
    local place, module = each.label:match(" ([^/]+/([^/]+)/[^/ ]+)")
    if template or each.left then drawn[template or place] = nil end
    if module then drawn[module] = nil end
  end
  return drawn
end

-- What may be in the way back right after a run, and whether that can be foretold: rows that the
-- template has not, and what it locks; a start regex that instances keep; service instances of one
-- name that are gone from a host.
local IN_THE_WAY = { ["plan.rows"] = true, ["plan.locked"] = true, ["plan.duplicate"] = true,
  ["playbook.unknown_service_instance"] = false }

-- All but bind rows comes back then.
local function is_of_rows(problem)
  return problem.code == "plan.rows"
    or problem.code == "plan.locked" and problem.message:find("^bind_info") ~= nil
end

-- The problems of a plan that can be foretold.
local function foreseeable(problems)
  local codes = {}
  for _, problem in ipairs(problems) do
    if IN_THE_WAY[problem.code] ~= false then codes[#codes + 1] = problem.code end
  end
  table.sort(codes)
  return codes
end

-- Applies a playbook and undoes it, and applies it again where all came back; says whether there
-- was a way back.
local function there_and_back(platform, event)
  local pb, texts, context = property.load(event.files)
  if not pb then return false end
  local before, barely = portrait(platform, true), portrait(platform, false)
  local made, reader, after = undoing.plan(platform, pb)
  if #made.problems > 0 then return false end
  local foretold = way_back(made, after())
  local calls = undoing.carry_out(platform, reader, pb, made)

  local undo, lost = inverse.of({ name = "undo", business = 1 }, calls)
  local back, its_reader = undoing.plan(platform, undo)
  -- A sync may turn out not to be needed; then its plan could not tell the way back.
  if #calls == #made.steps then
    lu.assertEquals(undoing.summary(back), undoing.summary(foretold), context)
    lu.assertEquals(foreseeable(back.problems), foreseeable(foretold.problems), context)
  end
  lu.assertEquals(later.changed(calls, back), {}, context) -- nobody was there
  for _, problem in ipairs(back.problems) do
    assert(IN_THE_WAY[problem.code] ~= nil, context .. fault.render(problem))
    if not is_of_rows(problem) then return false end
  end
  undoing.carry_out(platform, its_reader, undo, back)
  local is_whole = #back.problems == 0
  lu.assertEquals(apart_from(lost, portrait(platform, is_whole)),
    apart_from(lost, is_whole and before or barely), context)
  if not is_whole then return true end
  if #lost == 0 then world.apply(platform, texts[1]) end
  return true
end

local tests = {}

function tests.test_undoing_leads_back()
  property.holds { usual = 30, fleet = random_fleet.fleet,
    draw = property.histories(PLAYBOOKS, { playbooks = random.playbooks, drift = drift.draw }),
    happen = property.happening(drift.happen, there_and_back) }
end

-- One executable for all, few start regexes, and people that set them by hand.
function tests.test_start_regexes_go_back()
  property.holds { usual = 20, fleet = random_fleet.fleet,
    draw = function(r) return random_regexes.history(r, PLAYBOOKS) end,
    happen = property.happening(drift.happen, there_and_back) }
end

return tests
