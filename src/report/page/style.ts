/** The style of the page. Colours are told apart by the colour-blind (after Okabe & Ito 2008) and never carry a meaning alone. */
import { CHART_STYLE } from './chart-style.ts';

const PAGE = `
:root{--paper:#f6f7f8;--card:#fff;--ink:#16202c;--soft:#3f4c5c;--dim:#5f6c7b;--hair:#e3e7ec;--hair2:#eef1f4;--accent:#0a5f9e;
--pass:#0b7a54;--fail:#b3261e;--unsure:#8a5a00;--none:#5f6c7b;--passbg:#e4f4ed;--failbg:#fbe9e7;--unsurebg:#fdf2dc;--nonebg:#edf0f3;
--c-occupied:#8ea0b3;--c-answered:#0072b2;--c-queued:#d98200;--c-talking:#00936b;--c-legs:#b0588f;--c-planned:#16202c;--c-ref:#b3261e;
--o-completed:#3fa785;--o-abandoned:#eeb04a;--o-blocked:#d55e00;--o-rejected:#8c4a9e;--o-timeout:#56b4e9;--o-dropped:#7a1230;--o-cut:#b9c2cc;--o-diverted:#2f6fb0;--o-harness:#4b5563;
--b-fault:#d55e0017;--b-unhealthy:#6b728033;--b-outage:#b3261e;--chip:#fff}
@media (prefers-color-scheme:dark){@media screen{:root{--paper:#11161c;--card:#19202a;--ink:#e9eef4;--soft:#c3ccd7;--dim:#93a0af;--hair:#2c3643;--hair2:#232c37;--accent:#7cc0f5;
--pass:#5cc99c;--fail:#ff8a80;--unsure:#f2bd5b;--none:#a5b0bd;--passbg:#16352b;--failbg:#411f1d;--unsurebg:#3a2c10;--nonebg:#28313c;
--c-occupied:#7f91a5;--c-answered:#4aa8e0;--c-queued:#f0a63a;--c-talking:#35c199;--c-legs:#d78bbb;--c-planned:#e9eef4;--c-ref:#ff8a80;
--o-completed:#3f9d7e;--o-rejected:#b07cc0;--o-dropped:#d0607e;--o-cut:#596573;--o-harness:#8f9aa8;
--b-fault:#ff9a4a22;--b-unhealthy:#aab4c033;--b-outage:#ff8a80;--chip:#11161c}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",sans-serif;font-variant-numeric:tabular-nums;font-feature-settings:"tnum"}
.lang{position:absolute;opacity:0;pointer-events:none}
#lang-en:checked~.page [lang=zh-CN]:not(label),#lang-zh:checked~.page [lang=en]:not(label){display:none}
.page{max-width:1080px;margin:0 auto;padding:1.4rem 1.6rem 4rem}
.top{display:flex;justify-content:flex-end;position:relative;z-index:9;height:0}
.switch{display:flex;align-self:flex-start;background:var(--card);border:1px solid var(--hair);border-radius:99px;padding:2px;box-shadow:0 1px 3px #0001}
.switch label{padding:.15rem .8rem;border-radius:99px;font-size:.8rem;color:var(--dim);cursor:pointer}
#lang-en:checked~.page .switch [lang=en],#lang-zh:checked~.page .switch [lang=zh-CN]{background:var(--ink);color:var(--card)}
#lang-en:focus-visible~.page .switch,#lang-zh:focus-visible~.page .switch{outline:2px solid var(--accent)}
header{padding:.2rem 0 1.2rem}
.kicker{margin:0 0 .5rem;font-size:.78rem;letter-spacing:.06em;color:var(--dim);text-transform:uppercase}
h1{margin:0 0 1.3rem;max-width:46rem;font-size:1.9rem;line-height:1.2;text-wrap:balance;font-weight:650;letter-spacing:-.02em;overflow-wrap:anywhere}
.versus{display:block;margin-top:.25rem;font-size:1.15rem;font-weight:450;letter-spacing:0;color:var(--dim)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.75rem 1.6rem;margin:0}
.facts dt{font-size:.75rem;color:var(--dim)}.facts dd{margin:0;overflow-wrap:anywhere}
.dim{color:var(--dim);font-weight:400;font-size:.92em}
.contents{display:flex;flex-wrap:wrap;gap:.2rem 1.05rem;padding:.6rem 0;border-block:1px solid var(--hair);font-size:.85rem}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
section{margin:1.4rem 0;padding:1.3rem 1.5rem 1.4rem;background:var(--card);border:1px solid var(--hair);border-radius:14px;scroll-margin-top:.5rem}
h2{margin:0 0 .8rem;font-size:1.2rem;font-weight:650;letter-spacing:-.01em}
h3{margin:1.5rem 0 .5rem;font-size:1rem;font-weight:600}
.note{margin:.6rem 0;color:var(--dim);font-size:.86rem}
.nm{color:var(--dim);font-style:italic;font-weight:400}:lang(zh-CN).nm,.nm :lang(zh-CN){font-style:normal}
.nm.block{margin:.4rem 0;padding:.8rem 1rem;border-radius:8px;background:var(--nonebg)}
.warning{margin:.4rem 0;padding:.8rem 1rem;border-radius:8px;background:var(--unsurebg);color:var(--unsure)}
.fn{font-size:.66em;vertical-align:.45em;line-height:0;margin-left:.18em;color:var(--dim);font-weight:400;letter-spacing:0}
pre.ladder{font:.8em/1.35 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace;overflow-x:auto;margin:.4em 0 1em}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace}
.formula{color:var(--dim);font-size:.78em;margin-left:.6em}
.banner{margin:0 0 1rem;padding:1rem 1.2rem;border-radius:12px;border:1px solid;border-left-width:6px}
.banner p,.banner ul{margin:.3rem 0 0}.banner ul{padding-left:1.2rem}
.banner.invalid{color:var(--fail);background:var(--failbg)}.banner.incomplete{color:var(--unsure);background:var(--unsurebg)}
.headline{margin:0;font-size:1.65rem;font-weight:650;letter-spacing:-.015em;line-height:1.25}
.veto-lost{display:inline-block;font-size:.85rem;font-weight:600;letter-spacing:0;color:var(--fail);background:var(--failbg);padding:.15rem .6rem;border-radius:6px;vertical-align:.3em}
.tally{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin:.55rem 0 1rem}
.headline .fn{font-size:.4em;vertical-align:1.1em}
.badge{display:inline-flex;align-items:center;gap:.4em;padding:.1rem .6rem .1rem .25rem;border-radius:99px;font-size:.82rem;font-weight:600;white-space:nowrap;color:var(--bc);background:var(--bb)}
.badge i{display:inline-grid;place-items:center;width:1.35em;height:1.35em;border-radius:50%;background:var(--bc);color:var(--card);font-style:normal;font-size:.8em;line-height:1}
.s-pass{--bc:var(--pass);--bb:var(--passbg)}.s-fail{--bc:var(--fail);--bb:var(--failbg)}
.s-not-proven,.s-not-valid{--bc:var(--unsure);--bb:var(--unsurebg)}.s-not-measured{--bc:var(--none);--bb:var(--nonebg)}
.verdicts{list-style:none;margin:0;padding:0}
.verdicts li{display:grid;grid-template-columns:8.2rem minmax(12rem,1fr) 7rem 11rem 9rem;gap:.2rem 1.1rem;padding:.85rem 0;border-top:1px solid var(--hair2);align-items:start}
.v-claim p{margin:.15rem 0 0;color:var(--dim);font-size:.86rem}
.v-promised b,.v-measured b{display:block;font-weight:600}.v-measured b{color:var(--bc)}.v-measured .nm{font-weight:400}
.v-promised small,.v-measured small{display:block;color:var(--dim);font-size:.74rem}
.v-measured small+b~small{line-height:1.4}
.veto{font-size:.7rem;font-weight:600;border:1px solid var(--hair);border-radius:4px;padding:0 .35em;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(12.2rem,1fr));gap:1px;border:1px solid var(--hair2);border-radius:10px;overflow:hidden}
.tile{box-shadow:0 0 0 1px var(--hair2);padding:.85rem 1rem .8rem}.tile>span{display:block;font-size:.8rem;color:var(--dim)}
.tile>b{display:block;font-size:1.6rem;font-weight:620;letter-spacing:-.02em;line-height:1.3}.tile>b .nm{font-size:1.05rem;letter-spacing:0}
.tile>small{font-size:.78rem;color:var(--dim)}
.scroll{overflow-x:auto;margin:.4rem 0 .8rem}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th,td{padding:.42rem .7rem;text-align:right;border-bottom:1px solid var(--hair2);vertical-align:baseline;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}tbody th{font-weight:450;white-space:normal;min-width:11rem}
thead th{font-size:.75rem;font-weight:500;color:var(--dim);border-bottom-color:var(--hair)}
tbody tr:last-child>*{border-bottom:0}
th:has(>.left){text-align:left}td:has(>.left){text-align:left;white-space:normal;overflow-wrap:anywhere}
.narrow table,table.narrow{width:auto;min-width:min(34rem,100%)}table.small{font-size:.78rem}table.small tbody th{min-width:3rem}
table.wide td:last-child{white-space:normal;text-align:left;color:var(--dim);font-size:.84rem}table.wide td:nth-child(2){white-space:normal}
.columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 2.4rem;align-items:start}.columns h3{margin-top:.4rem}
.card{border-top:1px solid var(--hair);padding-top:.2rem;margin-top:1rem}.card:first-of-type{border:0;margin:0;padding:0}.card h3{margin-top:.6rem}
.marks-table tbody th{min-width:2rem;width:2.2rem}.half{max-width:34rem}
details summary{cursor:pointer;color:var(--accent);font-size:.88rem}
.definitions{columns:2 22rem;column-gap:2.4rem;padding-left:1.7rem;margin:0;font-size:.82rem;line-height:1.5}
.definitions li{margin:0 0 .7rem;break-inside:avoid;padding-left:.2rem;scroll-margin-top:4rem}.definitions li::marker{color:var(--dim);font-size:.85em}
.definitions .formula{display:block;margin:.1rem 0 0}.definitions li:target{background:var(--unsurebg);border-radius:6px}
footer{color:var(--dim);font-size:.8rem}
#tip{position:fixed;z-index:20;pointer-events:none;max-width:24rem;padding:.5rem .7rem;border-radius:8px;background:var(--ink);color:var(--card);font-size:.78rem;line-height:1.45;box-shadow:0 4px 18px #0003;display:none}
#tip table{font-size:inherit;width:auto}#tip td,#tip th{padding:.05rem .5rem .05rem 0;border:0;color:inherit}#tip td:last-child{padding-right:0}#tip b{font-weight:600}
@media (max-width:980px){.verdicts li{grid-template-columns:1fr 1fr}.v-state,.v-claim,.v-bullet{grid-column:1/-1}.columns{grid-template-columns:minmax(0,1fr)}}
@media (max-width:760px){.page{padding:1rem .8rem 3rem}section{padding:1rem .95rem;border-radius:10px}h1{font-size:1.6rem;padding-right:0;margin-top:2rem}.headline{font-size:1.35rem}
.tiles{grid-template-columns:repeat(auto-fill,minmax(9.2rem,1fr))}.tile>b{font-size:1.3rem}}
@media print{@page{margin:14mm 12mm}body{background:#fff;font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.top,.contents,#tip,details{display:none}.page{max-width:none;padding:0}section{border:0;border-top:1px solid var(--hair);border-radius:0;padding:.8rem 0 0;margin:.8rem 0}
h2,h3,figcaption{break-after:avoid}figure,.verdicts li,.tile,tr,.banner,.card{break-inside:avoid}.scroll{overflow:visible}a{color:inherit}
.verdicts li{grid-template-columns:7.4rem minmax(9rem,1fr) 5.6rem 9rem 6rem}.v-state,.v-claim,.v-bullet{grid-column:auto}th,td{padding:.28rem .4rem}table{font-size:.8rem}.formula{white-space:normal}}
`;

export const STYLE = `${PAGE}${CHART_STYLE}`.replace(/\n/g, '');
