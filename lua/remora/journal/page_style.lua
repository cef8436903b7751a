-- How the page of a run looks. CSS only; follows the browser's light or dark theme.

return [[
:root { color-scheme: light dark; --create: #2e9e5b; --update: #c98a12; --delete: #d0453e;
  --quiet: #8886; --line: #8883; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
h1 span { border-radius: 4px; font-size: 0.9rem; padding: 0.15rem 0.5rem; color: #fff;
  background: var(--quiet); }
h1 .good { background: var(--create); } h1 .warning { background: var(--update); }
h1 .error { background: var(--delete); }
dl { display: grid; grid-template-columns: 5rem 1fr; gap: 0.1rem 1rem; }
dt { opacity: 0.65; } dd { margin: 0; overflow-wrap: anywhere; }
code, table.fields { font: 13px/1.4 ui-monospace, monospace; }
.row, .call { display: grid; gap: 0.75rem; align-items: center; padding: 0.15rem 0; }
.row { grid-template-columns: 14rem 1fr 4rem; }
.call { grid-template-columns: 22rem 1fr 5rem 14rem; border-bottom: 1px solid var(--line); }
.name, .call code, .said { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.said { font-size: 0.85rem; opacity: 0.8; } .took, .count { text-align: right; }
.bars { display: flex; } .bars span { height: 0.9rem; min-width: 2px; }
.lane { position: relative; height: 0.9rem; background: var(--line); }
.bar { position: absolute; height: 100%; min-width: 2px; background: var(--quiet); }
.bar.good { background: var(--create); } .bar.warning { background: var(--update); }
.bar.error { background: var(--delete); }
.bars .create { background: var(--create); } .bars .update { background: var(--update); }
.bars .delete { background: var(--delete); }
.axis { display: flex; justify-content: space-between; margin: 0.25rem 20.5rem 0 22.75rem;
  font-size: 0.8rem; opacity: 0.65; }
.tree, .tree ul { list-style: none; padding-left: 1.2rem; } .tree { padding-left: 0; }
.tree summary { cursor: pointer; } .tree summary span { opacity: 0.55; font-size: 0.85rem; }
li.create > b { color: var(--create); } li.update > b { color: var(--update); }
li.delete > b { color: var(--delete); } .tree i { opacity: 0.6; font-size: 0.85rem; }
table.fields { border-collapse: collapse; margin: 0.2rem 0 0.5rem; }
table.fields td { border-bottom: 1px solid var(--line); padding: 0.1rem 0.9rem 0.1rem 0;
  vertical-align: top; overflow-wrap: anywhere; }
@media (max-width: 60rem) { .call { grid-template-columns: 1fr 5rem; }
  .lane { grid-column: 1 / -1; order: 9; } .axis { margin: 0.25rem 0 0; } }
]]
