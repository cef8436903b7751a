-- The places in the stream of events that resource_watch hands out: opaque texts to clients, here
-- the number of an event with what makes it recognisable. Knows no store.

local cursor = {}

local VERSION = "1"
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- The number a cursor has for the kind of thing it is about. All of them can be watched; those that
-- the embedded platform does not have never change. service_instance is an addition of its own.
cursor.RESOURCES = {
  host = 2, host_relation = 3, biz = 4, set = 5, module = 6, object_instance = 8, process = 9,
  process_instance_relation = 10, host_identifier = 11, mainline_instance = 12, inst_asst = 13,
  biz_set = 14, biz_set_relation = 15, plat = 16, kube_cluster = 17, kube_node = 18,
  kube_namespace = 19, kube_workload = 20, kube_pod = 21, project = 22, service_instance = 100,
}

local function encode64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for place = 0, 3 do
      local index = bits >> (18 - 6 * place) & 63
      local padding = place == 2 and not b or place == 3 and not c
      out[#out + 1] = padding and "=" or ALPHABET:sub(index + 1, index + 1)
    end
  end
  return table.concat(out)
end

local function decode64(text)
  if #text % 4 ~= 0 or not text:find("^[%w+/]*=?=?$") then return nil end
  local out = {}
  for group in text:gmatch("....") do
    local bits = 0
    for place = 1, 4 do
      local index = ALPHABET:find(group:sub(place, place), 1, true)
      bits = bits << 6 | (index and index - 1 or 0)
    end
    local bytes = string.char(bits >> 16 & 255, bits >> 8 & 255, bits & 255)
    out[#out + 1] = bytes:sub(1, 3 - select(2, group:gsub("=", "")))
  end
  return table.concat(out)
end

-- What one looks like where there is nothing to point at; it stands before the first event.
cursor.NONE = encode64("1\r1\r5ea6d3f394c1f5d986e9bd86\rnoEvent\r1\r1\r")

---The cursor of an event.
---@param event {id: integer, resource: string, kind: "insert"|"update"|"delete", time: integer}
---  time in milliseconds since 1970
---@return string
function cursor.of(event)
  local seconds, rest = event.time // 1000, event.time % 1000
  return encode64(table.concat({
    VERSION, cursor.RESOURCES[event.resource], ("%08x%016x"):format(seconds, event.id), event.kind,
    seconds, rest * 1000000, "",
  }, "\r"))
end

---What a cursor points at.
---@param text string
---@return {id: integer, number: integer}|nil place the event's id, and the number of its resource;
---  nil when this is no cursor
function cursor.read(text)
  local number, id = (decode64(text) or "")
    :match("^1\r(%d+)\r%x%x%x%x%x%x%x%x(%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x)\r%a+\r%d+\r%d+\r")
  if not number then return nil end
  return { id = tonumber(id, 16), number = tonumber(number) }
end

return cursor
