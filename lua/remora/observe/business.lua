-- Reads the business that a playbook names (search_business). Owns state.business.

local fault = require "remora.core.fault"
local phrase = require "remora.core.phrase"

local business = {}

local MOST_NAMES = 10 -- of businesses, in a hint
local FIELDS = { "bk_biz_id", "bk_biz_name" }

local function find(reader, wanted)
  local by_id = math.type(wanted) == "integer"
  return reader:pages("cc.search_business", {
    fields = FIELDS,
    biz_property_filter = { condition = "AND", rules = {
      { field = by_id and "bk_biz_id" or "bk_biz_name", operator = "equal", value = wanted },
    } },
  })
end

---The names of all businesses.
---@param reader table
---@return string[]? names sorted
---@return table? fault
function business.names(reader)
  local rows, refused = reader:pages("cc.search_business", { fields = FIELDS })
  if not rows then return nil, refused end
  local names = {}
  for i, row in ipairs(rows) do names[i] = row.bk_biz_name end
  table.sort(names)
  return names
end

---Which businesses there are, for a hint.
---@param names string[]
---@return string
function business.listed(names)
  if #names == 0 then return "the platform shows you no business at all: check the credentials" end
  return "you may see: " .. phrase.named(names, MOST_NAMES)
end

-- What helps who named a business that is not there.
local function advice(wanted, names)
  for _, name in ipairs(names) do
    if name == tostring(wanted) then
      return ('a name that is a number is written "%s", with the quotes'):format(name)
    end
  end
  return phrase.did_you_mean(wanted, names) or business.listed(names)
end

local function unknown(reader, pb)
  local names, refused = business.names(reader)
  if not names then return refused end
  return fault.new {
    code = "playbook.unknown_business",
    message = math.type(pb.business) and ("there is no business with the id %d"):format(pb.business)
      or ('there is no business "%s"'):format(pb.business),
    at = pb.at(pb, "business"),
    hint = advice(pb.business, names),
  }
end

---Reads the business.
---@param reader table
---@param pb table
---@param state table
---@return boolean? done
---@return table? fault also when there is no such business
function business.read(reader, pb, state)
  local rows, refused = reader:memo("business", tostring(pb.business), function()
    return find(reader, pb.business)
  end)
  if not rows then return nil, refused end
  local row = rows[1]
  if not row then return nil, unknown(reader, pb) end
  state.business = { id = row.bk_biz_id, name = row.bk_biz_name }
  return true
end

---Finds out the id of the business, as every other read needs it. One that the playbook gives is
---taken as it is, and whether there is such a business is left to business.read.
---@param reader table
---@param pb table
---@param state table
---@return boolean? done
---@return table? fault
function business.find(reader, pb, state)
  if math.type(pb.business) ~= "integer" then return business.read(reader, pb, state) end
  state.business = { id = pb.business }
  return true
end

return business
