-- How processes of the old platform are read again just before they are changed. Its one listing
-- call takes a single id or none: several processes are found by paging through all of them, which
-- is fewer calls than one for each.

local ground = require "remora.reconcile.ground"

local ACCOUNT = "0"

local GROUND = {
  read = function(reader, looked)
    local condition = {}
    if #looked.ids == 1 then condition.bk_process_id = looked.ids[1] end
    local rows, refused = reader:pages("cc_v3.search_process", {
      bk_supplier_account = ACCOUNT, bk_biz_id = looked.business, condition = condition,
      fields = { "bk_process_id", table.unpack(looked.fields) }, page = { sort = "bk_process_id" },
    })
    if not rows then return nil, refused end
    return ground.by(rows, "bk_process_id")
  end,
}

return {
  ["cc_v3.update_process"] = GROUND,
  ["cc_v3.batch_update_process"] = GROUND,
}
