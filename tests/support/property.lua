-- What the properties of plans have in common: a history of playbooks is drawn from each seed and
-- lived through, every playbook is planned twice and carried out, a history that fails is shrunk
-- to a small fleet and few playbooks with little in them. Owns how; what must hold is the tests'.

local lu = require "luaunit"
local current = require "remora.reconcile.current"
local draws = require "tests.support.draws"
local fault = require "remora.core.fault"
local fs = require "tests.support.fs"
local guard = require "remora.reconcile.guard"
local json = require "json"
local kinds = require "remora.kinds"
local load_playbook = require "remora.playbook.load"
local order = require "remora.core.order"
local planner = require "remora.reconcile.plan"
local playbook = require "tests.support.playbook"
local random_fleet = require "tests.support.random_fleet"
local render = require "remora.reconcile.render"
local seeds = require "tests.support.seeds"
local shrink = require "tests.support.shrink"
local split = require "tests.support.split"
local world = require "tests.support.world"

local property = {}

---Plans; gives the plan with what forbids to carry it out among its problems.
---@param platform table tests.support.fleet
---@param pb table in normal form
---@param selection table? which part of it (remora.reconcile.selection); nil: everything
---@return table plan
---@return table reads what was asked for it, as of remora.reconcile.reads
function property.plan(platform, pb, selection)
  local its_kinds, reader = kinds.of(pb), platform:reader()
  local state, refused = reader.loop:run(current.read, reader, pb, its_kinds, selection)
  assert(state, refused and fault.render(refused))
  local plan, after = planner.make(pb, state, its_kinds,
    { platform = "test", selection = selection })
  -- A kind may say that its round was the last one; then it must be.
  if #plan.problems == 0 then
    lu.assertEquals(planner.make(pb, after(), its_kinds, { selection = selection }).steps, {})
  end
  local about = { kinds = its_kinds, pb = pb, state = state, limits = {} }
  local refusals = guard.refusals(plan, about)
  table.move(refusals, 1, #refusals, #plan.problems + 1, plan.problems)
  local reads = reader.reads:certificate()
  -- What was begun early and dropped may have been on its way or not.
  for _, row in ipairs(reads) do row.scheduled = nil end
  return plan, reads
end

local function text_of(plan)
  local problems = {}
  for i, problem in ipairs(plan.problems) do problems[i] = fault.render(problem) end
  local whole = render.plain(plan)
  whole.problems = json.array(problems)
  return json.encode(whole, { indent = 1 })
end

-- A plan without the places in files. One that is refused is only what forbids it, each said once:
-- of two rules that ask for the same it depends on their order which of them is named; of two that
-- do not agree, what else would come of it.
local function placeless(plan)
  local whole, problems, conflicts = render.plain(plan), {}, {}
  for _, problem in ipairs(plan.problems) do
    local message = problem.message:gsub("%S+%.yml:%d+:%d+", "FILE")
    local its = problem.code == "plan.conflict" and conflicts or problems
    its[problem.code .. " " .. message] = true
  end
  if next(conflicts) then problems = conflicts end
  if next(problems) then return table.concat(order.keys(problems), "\n") end
  whole.playbook = nil -- named after the first file, unless it says so itself
  for _, change in ipairs(whole.changes) do change.at, change.protected = nil, nil end
  return json.encode(whole, { indent = 1 })
end

-- However a playbook is cut into files, its plan is the same.
local function check_split(platform, plan, options)
  local directory <close> = fs.temporary(fs.quick())
  local given = split(draws.new(#options.context), options.files, directory.path)
  local pb, refused = load_playbook(given, { env = {} })
  assert(pb, refused and options.context .. fault.render(refused))
  lu.assertEquals(placeless(property.plan(platform, pb)), placeless(plan), options.context)
end

---Plans, again with answers that come in any order, and again from other files: the plans must be
---the same, and minimal as far as they say so themselves.
---@param platform table
---@param pb table
---@param options {refusals: table<string, true>, context: string, files: table[],
---  looks: (fun(call: string, args: table): string?)?} refusals: codes of what a plan may refuse in
---  a random world; files: as they were parsed; looks: says of each question to the platform what
---  is wrong with it
---@return table? plan nil: it is refused
function property.planned(platform, pb, options)
  local context, wrong = options.context, {}
  platform.before_call = options.looks
    and function(call, args) wrong[#wrong + 1] = options.looks(call, args) end
  local plan, reads = property.plan(platform, pb)
  platform.before_call = nil
  lu.assertEquals(wrong, {}, context)
  local again, its_reads = property.plan(platform:disordered(draws.new(#context)), pb)
  lu.assertEquals(text_of(again), text_of(plan), context)
  lu.assertEquals(its_reads, reads, context)
  check_split(platform, plan, options)
  for _, problem in ipairs(plan.problems) do
    assert(options.refusals[problem.code], context .. fault.render(problem))
  end
  if #plan.problems > 0 then return nil end
  for _, row in ipairs(plan.certificate) do
    lu.assertEquals(row.scheduled, row.lower_bound, context .. row.call)
  end
  return plan
end

---Carries playbooks out, with answers that come in any order; nothing may fail or be left.
---@param platform table its calls are counted anew
---@param texts string[]
---@param context string
---@param options {late: table<string, true>?, selection: table?}? late: codes of what may forbid to
---  go on though no plan could know it; selection: which part of them is wanted
---  (remora.reconcile.selection), nil: everything
---@return table? reader the run's own, with what it knows in the end; nil: it was not gone on with
function property.carry_out(platform, texts, context, options)
  local late = options and options.late
  local disordered = platform:disordered(draws.new(#context))
  local reader = disordered:reader()
  platform:count_anew()
  local result = disordered.loop:run(world.apply, disordered, texts,
    { reader = reader, selection = options and options.selection })
  local failure = result.failures[1]
  assert(not failure, failure and context .. fault.render(failure.fault))
  for _, problem in ipairs(result.problems) do
    assert(late and late[problem.code], context .. fault.render(problem))
  end
  if #result.problems > 0 then return nil end
  local left = {}
  for _, change in ipairs(result.left) do
    left[#left + 1] = change.action .. " " .. table.concat(change.label, "/")
  end
  for _, each in ipairs(result.stuck) do
    left[#left + 1] = "stuck " .. table.concat(each.labels, ", ")
  end
  lu.assertEquals(left, {}, context)
  return reader
end

---The files of a step as texts, and the playbook they make.
---@param files table[]
---@return table? pb nil: they cannot be loaded
---@return string[] texts
---@return string context that names them in a failure
function property.load(files)
  local texts = {}
  for i, file in ipairs(files) do texts[i] = json.encode(file) end
  local pb = playbook.load(texts)
  return pb, texts, table.concat(texts, "\n") .. "\n"
end

---Draws histories as most properties want them: playbooks that are applied one after the other,
---each after somebody else's changes but for the first.
---@param count integer of playbooks
---@param random {playbooks: (fun(r: table, count: integer): table[]), drift: (fun(r: table):
---  table[]), files: (fun(r: table, pb: table): table[])?} files: cuts a playbook into several
---@return fun(r: table): table draw as of a life
function property.histories(count, random)
  return function(r)
    local told = { fleet = random_fleet.topology(r), events = {} }
    for i, pb in ipairs(random.playbooks(r, count)) do
      told.events[i] = { drift = i > 1 and random.drift(r) or nil,
        files = random.files and random.files(r, pb) or { pb } }
    end
    return told
  end
end

---Lets the events of such histories happen.
---@param drift fun(platform: table, acts: table[]) does what somebody else does
---@param step fun(platform: table, event: table): boolean plans and applies the playbook
---@return fun(platform: table, event: table): boolean happen as of a life
function property.happening(drift, step)
  return function(platform, event)
    drift(platform, event.drift or {})
    return event.files ~= nil and step(platform, event)
  end
end

---@class tests.Life
---@field usual integer seeds that are tried unless somebody asks for more
---@field draw fun(r: table): table what happens, as a value: {fleet, events = list}
---@field fleet fun(told: any): table starts the platform, to-be-closed
---@field happen fun(platform: table, event: table): boolean lets one event happen; whether a
---  playbook was applied

-- Gives how many playbooks were applied, or nil, what does not hold and where.
local function live(life, told)
  local applied, place = 0, nil
  local fine, failure = xpcall(function()
    local platform <close> = life.fleet(told.fleet)
    for _, event in ipairs(told.events or {}) do
      if life.happen(platform, event) then applied = applied + 1 end
    end
  end, function(failure)
    local is_expected = type(failure) == "string" and failure:find("FAILURE", 1, true)
    place = debug.traceback("", 2):match(
      (is_expected and "tests/[%w_/]+" or "[%w_]+") .. "%.lua:%d+")
    return tostring(type(failure) == "table" and failure.message or failure)
  end)
  if fine then return applied end
  return nil, failure, place
end

local function shrunk(life, told, place)
  return shrink(told, function(fewer)
    local applied, _, its = live(life, fewer)
    return applied == nil and its == place
  end)
end

---Tries a property with many seeds.
---@param life tests.Life
function property.holds(life)
  local applied, tried = 0, 0
  for seed in seeds(life.usual) do
    local told = json.decode(json.encode(life.draw(draws.new(seed))))
    local count, failure, place = live(life, told)
    if not count then
      local few = shrunk(life, told, place)
      lu.fail(("%s\n%s\nshrunk to %s\nwhere %s"):format(seeds.again(seed), failure,
        json.encode(few, { indent = 2 }), select(2, live(life, few))))
    end
    applied, tried = applied + count, tried + #told.events
  end
  local summary = ("%d of %d plans were sound and carried out"):format(applied, tried)
  if tried >= 1000 then io.stderr:write(summary, "\n") end
  lu.assertTrue(seeds.alone() or applied > tried / 3, "too few: " .. summary)
end

return property
