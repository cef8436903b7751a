-- The attributes of a process, once: what each may hold and how people write it.
-- Owns types, limits and readable names; the section schemas are built from it.
-- Limits follow the platform's process model (what a service instance accepts): a template may
-- store more, but then no instance could ever be made from it.

local address = require "remora.core.address"
local json = require "json"

local fields = {}

-- Readable name, id on the platform; those of IPv4 first.
fields.protocols = { { "TCP", "1" }, { "UDP", "2" }, { "TCP6", "3" }, { "UDP6", "4" } }

-- A template names a kind of address; each instance gets the address itself.
fields.template_ips = {
  { "127.0.0.1", "1" }, { "0.0.0.0", "2" }, { "first_inner", "3" }, { "first_outer", "4" },
  { "::1", "5" }, { "::", "6" }, { "first_inner_v6", "7" }, { "first_outer_v6", "8" },
}

local NAME = { type = "text", max_bytes = 256, filled = true }
local LINE = { type = "text", max_bytes = 256, nullable = true }
local LONG = { type = "text", max_bytes = 2000, nullable = true, lines = true }
local FLAG = { type = "boolean", nullable = true }
local DIGITS = { type = "text", max_bytes = 256, nullable = true, pattern = "^%d*$",
  words = "digits in quotes" }

local function whole(min, max)
  return { type = "integer", min = min, max = max, nullable = true }
end

-- Attributes that all releases have, in the order people read them, and what they mean.
local COMMON = {
  { "bk_func_name", NAME, "the executable; a new process must say it" },
  { "bk_start_param_regex", LONG, "what its start parameters look like" },
  { "description", LINE },
  { "user", LINE, "the account that runs it" },
  { "work_path", LONG },
  { "pid_file", LONG },
  { "start_cmd", LONG },
  { "stop_cmd", LONG },
  { "restart_cmd", LONG },
  { "reload_cmd", LONG },
  { "face_stop_cmd", LONG, "kills it" },
  { "proc_num", whole(1, 10000), "processes on one host" },
  { "timeout", whole(1, 10000), "seconds an operation may take" },
  { "auto_start", FLAG },
}

local function and_also(rows)
  return table.move(rows, 1, #rows, #COMMON + 1, table.move(COMMON, 1, #COMMON, 1, {}))
end

local START_ORDER = "lower numbers start first"

---The scalar attributes of a process: rows of {name, shape, meaning?}.
fields.scalars = and_also {
  { "priority", whole(-100, 10000), START_ORDER },
  { "bk_start_check_secs", whole(1, 600), "seconds after the start before it is checked" },
}

---Those of a business-level process of the old platform (3.0, 3.1).
fields.v3_scalars = and_also {
  { "priority", whole(1, 10000), START_ORDER },
  { "bk_func_id", DIGITS },
  { "auto_time_gap", whole(1, 10000), "seconds between automatic starts" },
}

-- A shape with some properties changed; the original stays as it is.
fields.with = require "remora.core.copy"

---The attributes of a list as record fields.
---@param rows table[] `fields.scalars` or `fields.v3_scalars`
---@param wrap (fun(shape: table): table)|nil changes each shape
---@return table<string, table> shapes by name
function fields.shapes(rows, wrap)
  local shapes = {}
  for _, row in ipairs(rows) do
    local shape = fields.with(row[2], { about = row[3] })
    shapes[row[1]] = wrap and wrap(shape) or shape
  end
  return shapes
end

---What a template says of an attribute: a bare value is locked, {value, as_default_value} decides
---for itself. Gives {value=, as_default_value=}.
---@param shape table of the value
---@return table shape
function fields.lockable(shape)
  return {
    type = "either", shown = shape,
    shape,
    {
      type = "record", words = "{ value, as_default_value }",
      fields = {
        value = fields.with(shape, { required = true }),
        as_default_value = { type = "boolean", default = true },
      },
    },
    nullable = shape.nullable,
    convert = function(value, alternative)
      if alternative == 2 then return value end
      return { value = value, as_default_value = true }
    end,
  }
end

---The readable name of an id, or the id itself when there is none.
---@param values table[] `fields.protocols` or `fields.template_ips`
---@param id any
---@return any
function fields.readable(values, id)
  for _, row in ipairs(values) do
    if row[2] == id then return row[1] end
  end
  return id
end

-- Attributes of other releases, and what took their place.
local into_bind_info = "since release 3.9 addresses and ports are rows of bind_info"

---Keys of a process that are refused with more than "unknown".
fields.refused = {
  bk_process_name = "the key above a process is its name",
  bind_ip = into_bind_info, port = into_bind_info, protocol = into_bind_info,
  bk_enable_port = into_bind_info,
  auto_time_gap = "the platform has no such attribute any more; see bk_start_check_secs",
  bk_func_id = "the platform has no such attribute any more; see bk_func_name",
}

---The name of a process, as the key of a map.
fields.process_name = NAME

-- 80 or 8000-8010, each part within 1..65535; the platform takes no leading zero.
local function port_part(text)
  local first, last = text:match("^([1-9]%d*)%-([1-9]%d*)$")
  first, last = tonumber(first or text:match("^[1-9]%d*$")), tonumber(last)
  if not first then return false end
  return first <= (last or first) and (last or first) <= 65535
end

local PORT_WORDS = 'must be a port from 1 to 65535 or a range such as "8000-8010"'

-- A list is legal in a template, but every instance made from it would be refused.
local function to_port(value)
  if value == json.null then return value end
  local text = tostring(value)
  if text:find(",", 1, true) then
    return nil, ('is a list of ports ("%s"), which no instance can take'):format(text),
      "write one bind_info row per port or range"
  end
  if not port_part(text) then return nil, ('%s, not "%s"'):format(PORT_WORDS, text) end
  return text
end

---One port or one range; a number is taken as its text.
---@type table shape
fields.port = { type = "either", { type = "integer" }, { type = "text" }, convert = to_port,
  words = 'a port or a range such as "8000-8010"' }

---A literal IP address.
---@param may_be_empty boolean|nil
---@return table shape
function fields.address(may_be_empty)
  return {
    type = "text", words = "an IP address",
    convert = function(value)
      if address.is_literal(value) or may_be_empty and value == "" then return value end
      return nil, ('must be an IP address, not "%s"'):format(value),
        "write the address itself, such as 10.0.0.7"
    end,
  }
end

---The port of the old platform, where a list is fine.
---@type table shape
fields.port_list = {
  type = "either", { type = "integer" }, { type = "text", max_bytes = 256 }, nullable = true,
  words = 'a port, a range such as "8000-8010" or several joined by commas',
  convert = function(value)
    if value == json.null then return value end
    for part in (tostring(value) .. ","):gmatch("([^,]*),") do
      if not port_part(part) then
        return nil, ('%s, or several joined by commas, not "%s"'):format(PORT_WORDS, value)
      end
    end
    return tostring(value)
  end,
}

return fields
