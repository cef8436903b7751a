-- The rows of `bind_info`: which address and port a process listens on.
-- Owns the two shapes, of templates (with locks and address kinds) and of instances (literals).

local fields = require "remora.playbook.fields"
local json = require "json"

local bind_info = {}

local protocol = { type = "enum", values = fields.protocols }

-- Ids of addresses from "5" and of protocols from "3" are those of IPv6.
local function same_family(row, report)
  local ip, proto = row.ip.value, row.protocol.value
  if ip ~= json.null and (ip >= "5") ~= (proto >= "3") then
    report("protocol", ("%s does not go with the address %s"):format(
      fields.readable(fields.protocols, proto), fields.readable(fields.template_ips, ip)),
      "TCP and UDP belong to IPv4 addresses, TCP6 and UDP6 to IPv6 addresses")
  end
end

-- Unset and locked, the platform would count the address as changed at every sync, for ever.
local function unset_ip()
  return { value = json.null, as_default_value = false }
end

local function template_ip()
  local cell = fields.lockable { type = "enum", values = fields.template_ips, nullable = true,
    advice = "a template names a kind of address; a literal one belongs into instances" }
  return fields.with(cell, {
    default = unset_ip, about = "the kind of address; each instance gets the address itself",
    convert = function(value, alternative)
      if value == json.null then return unset_ip() end
      local made = cell.convert(value, alternative)
      if made.value == json.null and made.as_default_value then
        return nil, "cannot be empty and locked", "name an address, or as_default_value: false"
      end
      return made
    end,
  })
end

-- Without it the platform stores nothing, and updates of instances then fail: always say it.
local function enabled()
  return { value = true, as_default_value = true }
end

-- No rows and "nothing" are the same to the platform; the normal form knows only the empty list.
local function none_is_empty(value)
  if value == json.null then return json.array {} end
  return value
end

local function distinct_rows(key)
  return function(value)
    local rows, seen = none_is_empty(value), {}
    for _, row in ipairs(rows) do
      local id = row[key]
      if id and seen[id] then
        return nil, ("has two rows with %s %d"):format(key, id),
          "a row id names one row; leave it out for a new row"
      end
      if id then seen[id] = true end
    end
    return rows
  end
end

local function template_rows()
  return {
    type = "list", nullable = true, convert = distinct_rows "row_id",
    of = {
      type = "record", checks = { { needs = { "ip", "protocol" }, same_family } },
      refused = { template_row_id = "in a template the key is row_id" },
      fields = {
        row_id = { type = "integer", min = 1, about = "of a row there is; a new one has none" },
        ip = template_ip(),
        port = fields.with(fields.lockable(fields.port), { required = true }),
        protocol = fields.with(fields.lockable(protocol), { required = true }),
        enable = fields.with(fields.lockable { type = "boolean" }, { default = enabled }),
      },
    },
  }
end

---`bind_info` of a process template: {value = rows of {ip, port, protocol, enable, row_id?} with
---{value, as_default_value} each, as_default_value = boolean}.
---@return table shape
function bind_info.template()
  local column = fields.lockable(template_rows())
  return fields.with(column, {
    convert = function(value, alternative)
      local made = column.convert(value, alternative)
      made.value = none_is_empty(made.value)
      return made
    end,
  })
end

-- Only a row that follows a template's row may leave a cell to it.
local function own_cell(key)
  return { needs = { key, "template_row_id" }, function(row, report)
    if row.template_row_id or row[key] ~= nil then return end
    report(nil, ('"%s" is missing'):format(key),
      "only a row with template_row_id may leave cells to its template")
  end }
end

local function own_flag(row)
  if not row.template_row_id and row.enable == nil then row.enable = true end
end

---`bind_info` of a process instance: rows of {ip?, port?, protocol?, enable?, template_row_id?}.
---A row without template_row_id has at least port, protocol and enable.
---@return table shape
function bind_info.instance()
  return {
    type = "list", nullable = true, convert = distinct_rows "template_row_id",
    of = {
      type = "record", checks = { own_cell "port", own_cell "protocol", { own_flag } },
      refused = { row_id = "in an instance the key is template_row_id" },
      fields = {
        template_row_id = { type = "integer", min = 1,
          about = "of the row of the template that it follows; it may leave cells to that one" },
        ip = fields.address(true),
        port = fields.port,
        protocol = protocol,
        enable = { type = "boolean" },
      },
    },
  }
end

return bind_info
