/** The style of the charts: see charts/plot.ts for how they are put together. */
const LINES = ['occupied', 'answered', 'queued', 'talking', 'legs', 'planned'];
const OUTCOMES = ['completed', 'abandoned', 'blocked', 'rejected', 'timeout', 'dropped', 'cut', 'diverted', 'harness'];

const colours = [
  ...LINES.map((name) => `.c-${name}{--c:var(--c-${name})}`),
  ...OUTCOMES.map((name) => `.o-${name}{--c:var(--o-${name})}`),
  '.c-achieved,.c-p50{--c:var(--c-answered)}.c-intended{--c:var(--c-legs)}.c-p95{--c:var(--c-queued)}.c-longest{--c:var(--dim)}',
].join('');

export const CHART_STYLE = `${colours}
.chart{margin:.4rem 0 1.3rem}
.chart figcaption{display:flex;flex-wrap:wrap;gap:.15rem 1.4rem;align-items:baseline;margin-bottom:.2rem}
.chart .title{font-weight:600;font-size:.9rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.8rem;color:var(--soft)}
.keys{display:flex;flex-wrap:wrap;gap:.1rem 1rem;color:var(--dim)}.keys:not(:empty){border-left:1px solid var(--hair);padding-left:1rem}.key{display:inline-flex;align-items:center;gap:.4rem}
.swatch{display:inline-block;width:1.1rem;height:0;border-top:2.5px solid var(--c);flex:none}
.swatch.dashed{border-top-style:dashed;border-top-width:2px}
.swatch.area{height:.65rem;background:color-mix(in srgb,var(--c) 25%,transparent);border-top-width:2px}
.swatch.stack{width:.7rem;height:.7rem;border:0;border-radius:2px;background:var(--c)}
.swatch.b-fault,.swatch.b-unhealthy,.swatch.b-beyond{height:.7rem;border:0;background:var(--b-fault);outline:1px solid var(--hair)}
.swatch.b-unhealthy{background:var(--b-unhealthy)}
.swatch.b-beyond{background:var(--hair)}.swatch.b-outage{border-top:4px solid var(--b-outage)}
th .swatch,td .swatch{margin-right:.55rem;vertical-align:.12em}th .swatch.stack{vertical-align:-.04em}
.plot{padding:2.7rem .5rem 1.7rem 3.4rem}
.field{position:relative;height:11.5rem}.tall .field{height:17rem}
.field svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
.field path,.field rect{vector-effect:non-scaling-stroke}
.line{fill:none;stroke:var(--c);stroke-width:1.75;stroke-linejoin:round}
.line.dashed{stroke-dasharray:5 3.5;stroke-width:1.4}
.under{fill:var(--c);opacity:.17;stroke:none}
.stack{fill:var(--c);stroke:var(--card);stroke-width:.6}
rect.b-fault{fill:var(--b-fault)}rect.b-unhealthy{fill:var(--b-unhealthy)}rect.b-beyond{fill:var(--hair)}rect.b-outage{fill:var(--b-outage)}
.grid i{position:absolute;left:0;right:0;border-top:1px solid var(--hair2)}.grid i:first-child{border-color:var(--dim)}
.yt b,.xt b{position:absolute;font-weight:400;font-size:.72rem;color:var(--dim);white-space:nowrap;line-height:1}
.yt b{right:100%;margin-right:.55rem;transform:translateY(-50%)}
.xt b{top:100%;margin-top:.5rem;transform:translateX(-50%)}
.reference{position:absolute;left:0;right:0;border-top:1.5px dashed var(--c-ref)}
.reference span{white-space:nowrap;z-index:1;position:absolute;right:0;bottom:2px;font-size:.72rem;line-height:1.2;color:var(--c-ref);text-shadow:0 0 2px var(--card),0 0 3px var(--card),0 0 4px var(--card);padding:0 .25rem}
.upright{position:absolute;top:0;bottom:0;border-left:1.5px dashed var(--c-ref)}.upright span{position:absolute;left:4px;top:2px;font-size:.72rem;color:var(--c-ref);white-space:nowrap}
.marks{position:absolute;inset:0;pointer-events:none}
.mark{position:absolute;top:0;bottom:0;border-left:1px solid var(--mc);pointer-events:auto}
.mark i,.chip{display:grid;place-items:center;min-width:1.05rem;height:1.05rem;padding:0 .2rem;border-radius:99px;background:var(--mc);color:var(--chip);font:600 .64rem/1 system-ui,sans-serif}
.mark i{position:absolute;z-index:2;left:0;top:-1.15rem;transform:translateX(-50%)}
.mark.row1{top:-1.2rem}.mark.row2{top:-2.35rem}
.plot:has(.row1){padding-top:2.7rem}.plot:not(:has(.row1)){padding-top:1.6rem}.plot:not(:has(.mark)){padding-top:.7rem}.plot:has(.row2){padding-top:3.8rem}
.chip{display:inline-grid}
.m-fault{--mc:#b3261e}.m-scale{--mc:#0a5f9e}.m-alarm{--mc:#8a5a00}.m-mark{--mc:#5b3f8c}.m-abort{--mc:#16202c}.m-drain{--mc:#5f6c7b}.m-connection{--mc:#9a3412}
@media (prefers-color-scheme:dark){@media screen{.m-fault{--mc:#ff8a80}.m-scale{--mc:#7cc0f5}.m-alarm{--mc:#f2bd5b}.m-mark{--mc:#c3a6f5}.m-abort{--mc:#e9eef4}.m-drain{--mc:#93a0af}.m-connection{--mc:#fb9e6b}}}
.cursor{position:absolute;top:0;bottom:0;width:0;border-left:1px solid var(--ink);opacity:.45;pointer-events:none;display:none}
.empty{position:absolute;inset:0;display:grid;place-items:center;margin:0;color:var(--dim);font-size:.85rem}
.bullet{position:relative;height:1.5rem;margin-top:.55rem;border-radius:4px;background:var(--hair2)}
.bullet i{position:absolute;top:0;bottom:0}
.bullet .good{background:color-mix(in srgb,var(--pass) 16%,transparent);border-radius:4px}
.bullet .ci{top:35%;bottom:35%;background:var(--bc);opacity:.4;border-radius:2px;min-width:2px}
.bullet .promise{border-left:2px solid var(--ink);top:-3px;bottom:-3px;margin-left:-1px}
.bullet .dot{width:.7rem;height:.7rem;margin:-.35rem;top:50%;bottom:auto;border-radius:50%;background:var(--bc);border:2px solid var(--card);box-sizing:content-box;margin:calc(-.35rem - 2px)}
@media (max-width:760px){.plot{padding-left:2.9rem;padding-right:0}.xt b:nth-child(even){display:none}.tall .field{height:13rem}}
@media print{.field{height:42mm}.tall .field{height:60mm}.cursor{display:none!important}}
`;
