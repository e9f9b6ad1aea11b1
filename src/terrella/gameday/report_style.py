"""How the page looks: one style sheet, light and dark, nothing from elsewhere.

Regions keep one colour across all charts (`--r1` to `--r6`); failure is the only red there is.
"""

from __future__ import annotations

REGION_COLOURS = 6

STYLE = """
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #16202c; --soft: #5b6775; --faint: #dfe4ea; --track: #eef1f5;
  --good: #1a7f4b; --goodback: #e3f5ea; --bad: #cf2e3f; --badback: #fde8ea; --band: #cf2e3f;
  --r1: #2f6fde; --r2: #e0912f; --r3: #7a5bd0; --r4: #1f9d94; --r5: #b0507f; --r6: #6f7d33;
  --detection: #9aa5b3; --caching: #4a5a70; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0e141b; --card: #161e28; --ink: #e6ebf1; --soft: #98a5b4; --faint: #2a3541; --track: #1e2833;
  --good: #5cc98d; --goodback: #143323; --bad: #ff6b78; --badback: #3d1a20; --band: #ff6b78;
  --r1: #6b9dff; --r2: #f0ad57; --r3: #a890f0; --r4: #4cc4ba; --r5: #dd82ae; --r6: #a9b868;
  --detection: #66727f; --caching: #b4c0cc; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1060px; margin: 0 auto; padding: 36px 20px 56px; }
h1 { font-size: 32px; line-height: 1.2; margin: 0 0 8px; letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 18px; margin: 0 0 4px; letter-spacing: -.005em; }
h3 { font-size: 14px; margin: 20px 0 4px; }
p { margin: 0 0 12px; max-width: 75ch; }
.soft { color: var(--soft); font-size: 14px; }
.over { display: flex; flex-wrap: wrap; gap: 8px 18px; color: var(--soft); font-size: 14px;
  margin: 0 0 14px; }
.over b { color: var(--ink); font-weight: 600; }
.verdict { display: inline-block; border-radius: 999px; padding: 3px 14px; font-weight: 600; font-size: 15px;
  margin: 0 0 14px; }
.verdict.met { color: var(--good); background: var(--goodback); }
.verdict.failed { color: var(--bad); background: var(--badback); }
.card { background: var(--card); border: 1px solid var(--faint); border-radius: 10px; padding: 20px 22px;
  margin: 16px 0 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 18px 0 0; }
.tile { background: var(--card); border: 1px solid var(--faint); border-radius: 10px; padding: 12px 16px; }
.tile .name { color: var(--soft); font-size: 13px; }
.tile .number { font-size: 22px; letter-spacing: -.01em; font-weight: 650; line-height: 1.3;
  white-space: nowrap; }
.tile .more { color: var(--soft); font-size: 12.5px; line-height: 1.35; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px; }
.halves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 4px 40px; }
.meter { background: var(--bad); border-radius: 3px; overflow: hidden; height: 9px; min-width: 60px; }
.meter i { display: block; height: 9px; background: var(--good); }
.halves td:has(.meter) { width: 45%; vertical-align: middle; }
.wide { overflow-x: auto; }
.wide svg { display: block; width: 100%; min-width: 640px; height: auto; }
.pair .wide svg { min-width: 380px; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: 13px; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--faint); vertical-align: baseline; }
tr:last-child td { border-bottom: 0; }
.sides tr:not(.first) td { border-top: 0; } .sides tr:has(+ tr:not(.first)) td { border-bottom: 0; padding-bottom: 0; }
.sides td.n, .sides th.n { padding-left: 14px; white-space: normal; } .sides td { white-space: nowrap; }
td.n, th.n { text-align: right; padding-right: 0; white-space: nowrap; }
.met { color: var(--good); } .failed { color: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 10px; font-size: 13px;
  color: var(--soft); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px;
  vertical-align: -1px; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink);
  font-variant-numeric: tabular-nums; }
svg .soft { fill: var(--soft); font-size: 11px; } svg .end { text-anchor: end;
  } svg .mid { text-anchor: middle; }
svg .grid { stroke: var(--faint); stroke-width: 1; } svg .track { fill: var(--track); }
svg .lead { stroke: var(--soft); stroke-width: 1; }
svg .bad { fill: var(--bad); } svg .band { fill: var(--band); opacity: .10; }
svg .edge { stroke: var(--band); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .inside { fill: #ffffff; font-size: 11px; font-weight: 600; }
.r0 { fill: var(--soft); background: var(--soft); stroke: var(--soft); }
.r1 { fill: var(--r1); background: var(--r1); stroke: var(--r1); }
.r2 { fill: var(--r2); background: var(--r2); stroke: var(--r2); }
.r3 { fill: var(--r3); background: var(--r3); stroke: var(--r3); }
.r4 { fill: var(--r4); background: var(--r4); stroke: var(--r4); }
.r5 { fill: var(--r5); background: var(--r5); stroke: var(--r5); }
.r6 { fill: var(--r6); background: var(--r6); stroke: var(--r6); }
svg rect { stroke: none; } svg .range { stroke-width: 5; stroke-linecap: round; opacity: .38; }
.detection { fill: var(--detection); background: var(--detection); }
.caching { fill: var(--caching); background: var(--caching); }
.fail { background: var(--bad); }
@media print { body { background: none; } .card, .tile { break-inside: avoid; } }
"""
