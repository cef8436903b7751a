-- Every handler under the key of its catalogue row, such as "cc.search_set". A file in this folder
-- holds the calls of one kind of thing and knows nothing of routes.
--
-- A handler is function(ctx, args) → data | nil, refusal | pause: what the call answers, the
-- platform's own refusal (messages.lua), or nothing yet (pause.lua). args: as the row says, their
-- types checked, and nothing but their types (arguments.lua). It runs in a transaction, which a
-- refusal takes back.

---@class remora.platform.Author on whose behalf something is read or written
---@field store table remora.platform.store
---@field user string
---@field account string supplier account
---@field now string the time, as documents write it

---@class remora.platform.Context: remora.platform.Author the request that a handler answers
---@field agents remora.platform.Agents
---@field row remora.Row
---@field language "en"|"zh" of messages
---@field route "esb"|"gateway"|"backend"
---@field request_id string
---@field time number the time in unix seconds
---@field waited number seconds that its pauses have taken so far
---@field seen any what its handler remembers from one pause to the next
---@field faults {refusal: remora.platform.Refusal?, is_dead: (fun(host: table): boolean), alter:
---  fun(row: remora.Row, data: any): any} what it suffers beside its call (trouble.lua)

local FILES = {
  { system = "cc", "business", "set", "module", "host", "host_relation", "host_transfer",
    "cloud_area", "watch" },
  { system = "cc", "category", "service_template", "service_template_info", "proc_template",
    "service_instance", "service_instance_list", "labels",
    "process_instance", "process_list", "process_related", "difference", "sync" },
  { system = "cc_v3", "process_v3", "binding_v3" },
  { system = "job", "job" },
  { system = "gse", "gse", "gse_status" },
}

local handlers = {}

for _, family in ipairs(FILES) do
  for _, file in ipairs(family) do
    for name, handler in pairs(require("remora.platform.handlers." .. file)) do
      local key = family.system .. "." .. name
      assert(not handlers[key], key .. " has two handlers")
      handlers[key] = handler
    end
  end
end

return handlers
