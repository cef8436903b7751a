-- `${…}` in what agents are told: which are ours, what they may compute, and what is left to the
-- shell.

local lu = require "luaunit"
local placeholders = require "remora.hosting.placeholders"

local VALUES = {
  inst_id = 12, inst_id_0 = 11, local_inst_id = 2, local_inst_id0 = 1,
  bk_set_name = "prod-1", bk_module_name = "web", bk_process_name = "nginx",
}

local RENDERED = {
  { "nothing here", "nothing here" },
  { "/run/nginx_${local_inst_id}.pid", "/run/nginx_2.pid" },
  { "${inst_id} ${inst_id_0} ${local_inst_id} ${local_inst_id0}", "12 11 2 1" },
  { "/data/${bk_set_name}/${bk_module_name}/${bk_process_name}", "/data/prod-1/web/nginx" },
  { "--port=${8000 + local_inst_id0}", "--port=8001" },
  { "${(inst_id - 2) * 10 % 7}", "2" },
  { "${inst_id / 4}", "3" },       -- whole numbers are written as such
  { "${inst_id // 5}", "2" },
  { "kill ${PID} $(cat x) ${}", "kill ${PID} $(cat x) ${}" }, -- the shell's
  { "${HOME}/${local_inst_id}", "${HOME}/2" },
  { "100%1 ${bk_set_name}%s", "100%1 prod-1%s" },
}

local REFUSED = {
  { "${inst_id + other}", "${inst_id + other}: unknown name 'other'" },
  { "${inst_id:-3}", "${inst_id:-3}: only names, integers and + - * / // % ( ) may stand here" },
  { "${inst_id +}", "${inst_id +}: the expression is not complete" },
  { "${bk_set_name + 1}", "${bk_set_name + 1}: it cannot be computed" },
  { "${inst_id(1)}", "${inst_id(1)}: it cannot be computed" },
  { "${inst_id // (inst_id - 12)}", "${inst_id // (inst_id - 12)}: it cannot be computed" },
  { "${inst_id / 0}", "${inst_id / 0}: it cannot be computed" },
  { "${inst_id and os}", "${inst_id and os}: unknown name 'and'" },
}

local tests = {}

function tests.test_rendered()
  for _, case in ipairs(RENDERED) do
    lu.assertEquals(placeholders.render(case[1], VALUES), case[2])
  end
end

function tests.test_refused()
  for _, case in ipairs(REFUSED) do
    local rendered, refused = placeholders.render(case[1], VALUES)
    lu.assertNil(rendered)
    lu.assertEquals(refused.code, "hosting.placeholder")
    lu.assertEquals(refused.message, case[2])
    lu.assertStrContains(refused.hint, "local_inst_id0")
  end
end

return tests
