-- What scripts can use beside the platform's calls: names, parameters and what they do, once, for
-- help(), completion and the stubs of editors. Data only; api.lua holds the functions.

---@class remora.script.Entry
---@field name string with its table
---@field params {[1]: string, [2]: string, [3]: string}[]|nil name, type and meaning; nil: a value
---@field gives string[] types of what comes back, or of the value
---@field doc string[] lines
---@field example string[]|nil lines

---@type remora.script.Entry[]
return {
  {
    name = "remora.pages",
    params = {
      { "call", "string|function", 'a list call: "cc.list_process_related_info" or the function' },
      { "args", "table?", "its arguments; page may be left out" },
      { "columns", "table<string, string>?", 'what is wanted of a row: { user = "process.user" }' },
    },
    gives = { "fun(): table?" },
    doc = { "Walks all rows of a list call.", "The next pages are fetched meanwhile.",
      "With columns a row has these values alone, which takes a tenth of the time for a large",
      "fleet; it is one table for all rows, so keep its values rather than the row.",
      "A refusal on the way ends the script as remora.fail does." },
    example = { 'for row in remora.pages("cc.list_process_related_info", { bk_biz_id = 1 }) do',
      "  print(row.host.bk_host_innerip, row.process.bk_process_name)", "end" },
  },
  {
    name = "remora.batch",
    params = {
      { "call", "string|function", "a call that takes a list, such as cc.update_process_instance" },
      { "args", "table", "its other arguments" },
      { "items", "table", "the list, of any length; cut into as many calls as the limit demands" },
    },
    gives = { "table?", "remora.Fault?" },
    doc = { "Makes a call for a list of any length.",
      "As many calls as its limit demands, one after the other; their answers are joined.",
      "Ends at the first refusal, which names its items; those before it were done." },
    example = { 'assert(remora.batch("cc.update_process_instance", { bk_biz_id = 1 }, changed))' },
  },
  {
    name = "remora.gather",
    params = {
      { "list", "table", "any values" },
      { "fn", "fun(item: any, index: integer): any, any", "called with each of them" },
    },
    gives = { "table", "table<integer, remora.Fault>?" },
    doc = { "Runs a function for each item, several at a time.",
      "Returns the results in order, then the faults by place, nil when there are none." },
    example = { "local names = remora.gather(ids, function(id)",
      "  return remora.cc.list_process_instance { bk_biz_id = 1, service_instance_id = id }",
      "end)" },
  },
  {
    name = "remora.business",
    params = { { "name", "string|integer", "name or id of a business" } },
    gives = { "integer?", "remora.Fault?" },
    doc = { "The id of a business, bk_biz_id in nearly every call." },
    example = { 'local biz = assert(remora.business("demo"))' },
  },
  {
    name = "remora.sleep",
    params = { { "seconds", "number", "how long" } },
    gives = {},
    doc = { "Waits." },
  },
  {
    name = "remora.fail",
    params = { { "why", "string|remora.Fault", "a fault that a call returned, or words" } },
    gives = {},
    doc = { "Ends the script with a fault and exit code 1.",
      "assert(call{…}) does the same for a call that is refused." },
  },
  {
    name = "remora.note",
    params = {
      { "format", "string", "as in string.format" },
      { "...", "any", "what is put in" },
    },
    gives = {},
    doc = { "Tells something on standard error; silent with --quiet." },
  },
  {
    name = "remora.array",
    params = { { "list", "table?", "nil: a new one" } },
    gives = { "table" },
    doc = { "Marks a table as a list, also when it is empty." },
  },
  {
    name = "remora.null",
    gives = { "remora.Null" },
    doc = { "The null of JSON; nil in a table is no value at all." },
  },
  {
    name = "remora.json.encode",
    params = {
      { "value", "any", "" },
      { "options", "{indent: integer}?", "indent: blanks for each level" },
    },
    gives = { "string" },
    doc = { "JSON text, keys sorted." },
  },
  {
    name = "remora.json.decode",
    params = { { "text", "string", "" } },
    gives = { "any", "{message: string, line: integer, column: integer}?" },
    doc = { "The value of a JSON text, or nil and what is wrong with it." },
  },
  {
    name = "print",
    params = { { "...", "any", "tables are shown as JSON" } },
    gives = {},
    doc = { "Prints on the standard output, with secrets hidden." },
  },
}
