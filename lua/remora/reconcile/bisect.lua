-- Finds what spoils a batch. The platform refuses a batch as a whole and does not say for which
-- item, so a refused one is sent again as two halves, and so on down to single items. Pure; owns
-- which refusals are worth that and how a step is cut, sends nothing.
--
-- Each bad item lies in at most log2(limit), rounded up, refused batches of more than one item, and
-- each of those costs two calls more: k bad items cost at most 2·k·log2(limit) + k.

local catalogue = require "remora.catalogue"
local json = require "json"
local values = require "remora.model.values"

local bisect = {}

-- Refusals of the caller or of the moment: every part of the batch would be refused alike.
local NOT_FOR_VALUES = {
  [1100004] = true, -- the gateway does not know the application
  [1117008] = true, -- a sync of the same modules runs
  [1199002] = true, -- a service behind the platform does not answer
  [1199027] = true, -- nobody says who calls
  [1199997] = true, -- too many calls
  [1199998] = true, -- a bug of the platform's own
  [9900403] = true, -- no permission
}

-- Codes of the bus before the platform: credentials, rates, systems that are away.
local FIRST_OF_BUS, LAST_OF_BUS = 1306000, 1306999

local function is_for_values(refused)
  local code = refused.code
  if math.type(code) ~= "integer" or NOT_FOR_VALUES[code] then return false end
  return code < FIRST_OF_BUS or code > LAST_OF_BUS
end

local function part(step, field, first, last)
  local items = json.array(table.move(step.args[field], first, last, 1, {}))
  return values.copy(step, {
    args = values.copy(step.args, { [field] = items }),
    changes = json.array(table.move(step.changes, first, last, 1, {})),
    objects = last - first + 1,
  })
end

---The halves of a refused step.
---@param step remora.reconcile.Step
---@param refused table the platform's fault
---@return remora.reconcile.Step[]? halves nil: it is one item, its parts fail apart by themselves,
---  or the refusal is not for what it carries
function bisect.halves(step, refused)
  local batch = assert(catalogue.get(step.call)).batch
  local items = batch and batch.limit and not step.keys and step.args[batch.field]
  if not items or #items < 2 or not is_for_values(refused) then return nil end
  local middle = #items // 2
  return { part(step, batch.field, 1, middle), part(step, batch.field, middle + 1, #items) }
end

return bisect
