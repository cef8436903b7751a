-- Every handler under the key of its catalogue row, such as "cc.search_set". A file in this folder
-- holds the calls of one kind of thing and knows nothing of routes.

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
