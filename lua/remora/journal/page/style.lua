-- How the page of a run looks: light and dark as the reader's system has it, narrow screens, paper.
-- CSS only. Paper shows what is open. Colours never stand alone: signs and words say the same.

return [[
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --quiet: #59636e; --line: #d8dee4;
  --soft: #f3f5f7; --good: #1a7f37; --warn: #8a5a00; --bad: #c4232c; --focus: #0969da;
  --create: #2da44e; --update: #bf8700; --delete: #d1434b; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1318; --text: #e2e8ee; --quiet: #98a4b0;
  --line: #2f3842; --soft: #181e25; --good: #56c271; --warn: #dfa73a; --bad: #ff7b72;
  --focus: #5aa5f5; --create: #3fa659; --update: #c69026; --delete: #e5534b; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  color: var(--text); background: var(--back); max-width: 72rem; margin: 0 auto;
  padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
code, .fields, .calls td { font-family: ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono CJK SC",
  monospace; font-size: 13px; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 0.25rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 0.5rem; padding-bottom: 0.25rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 0.9rem; margin: 0.75rem 0 0.2rem; }
p, ul { margin: 0.25rem 0; } .quiet { color: var(--quiet); font-weight: normal; font-size: 0.9em; }
summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--focus); }

.ending, .tag { border: 1px solid currentColor; border-radius: 999px; padding: 0 0.6em;
  font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.ending { font-size: 0.95rem; vertical-align: 0.1em; }
.good { color: var(--good); } .warning, .unknown, .left { color: var(--warn); }
.error, .failed { color: var(--bad); }
header > p { color: var(--quiet); } header > .next { color: var(--text); font-weight: 600; }
.tiles { display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; padding: 0;
  margin: 0.75rem 0; }
.tiles li { background: var(--soft); border-left: 4px solid; padding: 0.3rem 0.9rem; }
.tiles b { font-size: 1.3rem; } .tiles .done { color: var(--good); }

.failures { list-style: none; padding: 0; }
.failures li { border-left: 4px solid; background: var(--soft); padding: 0.5rem 0.9rem;
  margin: 0.5rem 0; }
.failures p, .failures code { color: var(--text); } .failures .labels { font-size: 0.9em; }
.failures .message { font-weight: 600; }

table { border-collapse: collapse; } th { font-weight: normal; text-align: left; }
th, td { vertical-align: top; padding: 0.1rem 1rem 0.1rem 0; }
.chart { list-style: none; padding: 0; columns: 2 26rem; column-gap: 3rem; }
.chart li { display: grid; grid-template-columns: 10rem 1fr 8rem; gap: 0.75rem;
  break-inside: avoid; }
.chart span:last-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars { display: flex; align-items: center; }
.bars i { height: 0.75rem; min-width: 2px; }
.bars .create { background: var(--create); } .bars .update { background: var(--update); }
.bars .delete { background: var(--delete); }

.tree ul { list-style: none; padding-left: 1.1rem; margin: 0; border-left: 1px solid var(--line); }
.tree > ul { padding-left: 0; border: 0; } .tree summary:hover { background: var(--soft); }
.tree .name { font-weight: 600; } .gist { margin-left: 0.75rem; }
details[open] > summary .gist { display: none; } .item { padding-left: 1.1rem; }
.tree details > p { padding-left: 1.1rem; }
.sign { display: inline-block; width: 0.8em; } .create > .sign { color: var(--good); }
.update > .sign { color: var(--warn); } .delete > .sign { color: var(--bad); }
.fields { margin: 0 0 0.3rem 1.1rem; } .fields th { color: var(--quiet); }
del { color: var(--quiet); text-decoration: none; } ins { text-decoration: none; }

.time { border: 1px solid var(--line); border-radius: 6px; padding: 0 0.75rem 0.25rem;
  margin: 0.75rem 0; overflow: hidden; }
.lanes { position: relative; height: calc(var(--lanes) * 1.25rem); }
.bar { position: absolute; top: calc(var(--lane) * 1.25rem); height: 1.1rem; min-width: 3px;
  padding: 0 0.3rem; overflow: hidden; white-space: nowrap; font: 11px/1.1rem ui-monospace,
  monospace; color: var(--text); border-left: 3px solid var(--good);
  background: color-mix(in srgb, var(--good) 25%, var(--back)); }
.bar.failed { border-color: var(--bad);
  background: color-mix(in srgb, var(--bad) 30%, var(--back)); }
.bar.unknown { border-color: var(--warn); border-left-style: dashed;
  background: color-mix(in srgb, var(--warn) 30%, var(--back)); }
.axis { position: relative; height: 1.4rem; margin-top: 0.3rem; border-top: 1px solid var(--line);
  color: var(--quiet); font-size: 0.8rem; }
.axis span { position: absolute; border-left: 1px solid var(--line); padding-left: 0.2rem; }
.wide { overflow-x: auto; } .calls th, .calls td { white-space: nowrap; }
.calls th:nth-child(-n+4), .calls td:nth-child(-n+4) { text-align: right;
  font-variant-numeric: tabular-nums; }
.calls th { color: var(--quiet); } .calls .failed td { color: var(--bad); }
.calls .unknown td { color: var(--warn); }

@media (max-width: 40rem) { body { font-size: 14px; padding: 1rem 0.75rem; }
  .chart li { grid-template-columns: 35% 1fr 7rem; }
  .tree ul ul { padding-left: 0.7rem; } .fields { margin-left: 0; }
  .fields th { display: block; } .fields td { padding-right: 0.4rem; }
  .fields tr { display: block; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  .tiles li, .failures li, .bar, .bars i { print-color-adjust: exact; }
  section { break-inside: auto; } .failures li, .item { break-inside: avoid; } }
]]
