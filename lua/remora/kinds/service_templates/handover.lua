-- How start regexes go from one process template to another by way of syncs: who waits until a sync
-- has taken one from instances, and what is refused because no sync can. Pure.

local fault = require "remora.core.fault"
local moves = require "remora.kinds.service_templates.moves"
local regexes = require "remora.kinds.service_templates.regexes"
local topology = require "remora.observe.topology"

local handover = {}

local LASTING = {
  message = "%s would have the executable %s with the start regex %s, which %s has in %s",
  hint = "that one keeps it at a sync: lock bk_start_param_regex of %s to another value, so that "
    .. "its instances follow, or change it there first",
}

local PASSING = {
  message = "%s already has the executable %s with the start regex %s, which %s still has in %s: "
    .. "both change at one sync, in no order",
  hint = "give it another start regex and apply, which also takes the old one from %s; then apply "
    .. "this",
}

local RING = {
  message = "%s would have the executable %s with the start regex %s, which %s has in %s, and "
    .. "neither of them can go first",
  hint = "give %s a start regex of its own, locked, and apply; then apply this",
}

local STUCK = {
  message = "%s would get the executable %s with the start regex %s, which %s has in %s, at a sync "
    .. "that has to come first",
  hint = "give it another start regex and apply; then apply this",
}

-- Refuses what no sync can bring to the instances as they are.
local function refuse(sketch, move, clash, words)
  sketch.b:problem(fault.new {
    code = "plan.duplicate",
    at = move.at or sketch.pb.at(sketch.pb.sections.service_templates, sketch.template.name, "key"),
    message = words.message:format(move.name, move.func, move.regex, clash.holder.name,
      clash.place),
    hint = words.hint:format(clash.holder.name),
  })
end

---What the service instances of all modules that follow the template have; marks the process
---templates whose start regex they have.
---@param sketch remora.kinds.service_templates.Sketch
---@param all remora.kinds.service_templates.Move[]
---@return remora.kinds.service_templates.Held[]
function handover.held(sketch, all)
  local held = {}
  for _, module in ipairs(topology.following(sketch.state, sketch.template.id)) do
    local list = sketch.state.held and sketch.state.held[module.id] or {}
    table.move(list, 1, #list, #held + 1, held)
  end
  for _, move in ipairs(all) do move.lingers = regexes.linger(held, move) end
  return held
end

---Those that take a start regex which instances of another one have until a sync takes it from
---them. A sync runs its updates in no order, so they come after it. Says what cannot be.
---@param sketch remora.kinds.service_templates.Sketch
---@param all remora.kinds.service_templates.Move[]
---@param held remora.kinds.service_templates.Held[]
---@return table<remora.kinds.service_templates.Move, remora.kinds.service_templates.Clash> awaiting
function handover.awaiting(sketch, all, held)
  local clashes, awaiting = regexes.clashes(regexes.rivals(all), held), {}
  for _, move in ipairs(all) do
    local clash = clashes[move]
    if clash and clash.passing and moves.gives_regex(move) then
      awaiting[move] = clash
    elseif clash then
      refuse(sketch, move, clash, clash.passing and PASSING or LASTING)
    end
  end
  return awaiting
end

local function is_out_of_line(sketch)
  for _, module in ipairs(topology.following(sketch.state, sketch.template.id)) do
    if sketch.state.need_sync[module.id] then return true end
  end
  return false
end

-- The process templates that a sync would find now.
local function standing(all)
  local list = {}
  for _, move in ipairs(all) do
    if move.current then list[#list + 1] = moves.standing(move) end
  end
  return list
end

---Refuses those that wait for a sync where nothing else goes before it: when none of them brings it
---about, each waiting for another one, of which instances have what the template leaves free still;
---and when it would fail over what a process template has until it is its turn.
---@param sketch remora.kinds.service_templates.Sketch
---@param all remora.kinds.service_templates.Move[]
---@param waiting table<remora.kinds.service_templates.Move, any> for others to change
---@param awaiting table<remora.kinds.service_templates.Move, remora.kinds.service_templates.Clash>
---@param held remora.kinds.service_templates.Held[]
function handover.refuse_stuck(sketch, all, waiting, awaiting, held)
  for _, move in ipairs(all) do
    local goes = move.delete or move.create or move.written
    if goes and not waiting[move] and not awaiting[move] then return end
  end
  if is_out_of_line(sketch) then
    local list = standing(all)
    local clashes = regexes.clashes(regexes.rivals(list), held)
    for _, move in ipairs(list) do
      if clashes[move] then refuse(sketch, move, clashes[move], STUCK) end
    end
    return
  end
  for _, move in ipairs(all) do
    if awaiting[move] then refuse(sketch, move, awaiting[move], RING) end
  end
end

return handover
