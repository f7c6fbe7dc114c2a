/** The whole style of the page: one column, light and dark by the reader's preference, light on paper. */
export const pageStyle = `
:root{color-scheme:light dark;--paper:#fbfaf6;--card:#ffffff;--ink:#18222c;--soft:#4b5864;--line:#dcd8cd;--accent:#0a5a73;
--proven:#1b7a72;--failed:#b3261e;--warn:#855400;--quiet:#56626e;--hatch:#8b959e;--sea:#cfe6e4;--function:#8a4f9e;--attack:#b3261e;--disruption:#7a5200;
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,serif;
--sans:system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root{--paper:#10171d;--card:#172029;--ink:#e7ebee;--soft:#a7b4bf;--line:#2d3945;--accent:#84cde2;
--proven:#4fb9ac;--failed:#ff8d7e;--warn:#e8b75f;--quiet:#a0adb8;--hatch:#6f7d89;--sea:#1d3d40;--function:#cf9fe0;--attack:#ff8d7e;--disruption:#e8b75f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:400 1rem/1.55 var(--sans)}
.page{max-width:58rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1,h2,h3,h4,h5{line-height:1.25;margin:0;text-wrap:balance}
h1{font:600 clamp(1.6rem,5vw,2.35rem)/1.15 var(--serif);letter-spacing:-.01em}
h2{font:600 1.45rem/1.25 var(--serif);margin:3.2rem 0 .35rem}
h3{font-size:1.05rem;font-weight:650;margin:1.8rem 0 .3rem}
h4{font-size:1rem;font-weight:600}
h5{font-size:1rem;font-weight:600;margin:0}
p,ul,ol,dl{margin:.5rem 0}
p{max-width:44rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
code{font:.875em/1.45 var(--mono);overflow-wrap:anywhere}
.command{display:block;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.45rem .7rem;margin:.4rem 0;white-space:pre-wrap}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.lead{color:var(--soft);margin:.1rem 0 1rem}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem .8rem;z-index:1}
.eyebrow{font-size:.8125rem;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:0 0 .4rem}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;padding:0;margin:.7rem 0 0;list-style:none;color:var(--soft);font-size:.9375rem}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;padding:.7rem 0 0;margin:1.3rem 0 0;border-top:1px solid var(--line);list-style:none;font-size:.9375rem}
nav a{display:inline-block;min-height:1.75rem;line-height:1.75rem}
.chip{display:inline-block;font-family:var(--sans);border:1.5px solid currentColor;border-radius:999px;padding:0 .6em;font-size:.8125rem;font-weight:650;line-height:1.55;white-space:nowrap}
.pass{color:var(--proven)}.fail{color:var(--failed)}.inconclusive,.error{color:var(--warn)}.not-tested,.not-applicable{color:var(--quiet)}
.strip{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.2rem 1.3rem 1.3rem;margin:1.4rem 0 0}
.strip h2{margin:0;font-size:1.25rem;display:flex;flex-wrap:wrap;align-items:baseline;gap:.4rem .8rem}
.figures{display:flex;flex-wrap:wrap;gap:.2rem 2rem;margin:.6rem 0 .9rem}
.figures div{min-width:6rem}
.figures dt{font-size:.875rem;color:var(--soft)}
.figures dd{margin:0;font:600 1.9rem/1.2 var(--serif);font-variant-numeric:tabular-nums lining-nums}
.figures dd.words{font:600 1rem/1.45 var(--sans);padding-top:.35rem}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.3rem,1fr));gap:.5rem;padding:0;margin:1.1rem 0 0;list-style:none}
.counts li{border-top:3px solid currentColor;padding:.35rem 0 0;font-size:.875rem}
.counts b{display:block;font:600 1.4rem/1.2 var(--serif);font-variant-numeric:tabular-nums lining-nums}
.gates{padding-left:1.1rem;font-size:.875rem;color:var(--soft)}
figure{margin:1rem 0 0}
figcaption{max-width:44rem;margin:0 0 .5rem}
svg{display:block;width:100%;overflow:visible}
svg text{font:12px var(--sans);fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}.strip svg text{stroke:var(--card)}
svg .ink{fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.2rem 0 .6rem;list-style:none;font-size:.875rem;color:var(--soft)}
.legend svg{display:inline-block;width:26px;height:12px;vertical-align:-1px;margin-right:.35rem;overflow:hidden}
.bars{list-style:none;padding:0;margin:1.2rem 0 0}
.bars li{margin:0 0 1.25rem}
.bars h3{margin:0}
.bars p{margin:.1rem 0 .35rem}
.fixes{padding:0;margin:1rem 0 0;list-style:none;counter-reset:fix}
.fixes li{counter-increment:fix;display:grid;grid-template-columns:2rem minmax(0,1fr);border-top:1px solid var(--line);padding:.9rem 0 .6rem}
.fixes li::before{content:counter(fix);font:600 1.25rem/1.3 var(--serif);color:var(--soft)}
.fixes p{margin:.15rem 0}
details{margin:.4rem 0}
summary{cursor:pointer;min-height:1.75rem;padding:.15rem 0}
.practice{border-top:1px solid var(--line);margin:0}
.practice>summary{padding:.65rem 0;display:flex;flex-wrap:wrap;gap:.25rem .8rem;align-items:baseline;list-style:none}
.practice>summary::-webkit-details-marker{display:none}
.practice>summary::before{content:"▸";color:var(--soft);width:.8rem}
.practice[open]>summary::before{content:"▾"}
.practice>summary h4{flex:1 1 16rem}
.tally{display:flex;flex-wrap:wrap;gap:.1rem .8rem;font-size:.875rem}.tally span{white-space:nowrap}summary .tally{font-weight:600}
.inside{padding:0 0 1rem 1.6rem}
.check{border-left:3px solid var(--line);padding:.1rem 0 .2rem 1rem;margin:1.1rem 0}
.check.pass{border-color:var(--proven)}.check.fail{border-color:var(--failed)}.check.inconclusive,.check.error{border-color:var(--warn)}
.check>*{color:var(--ink)}
.check .meta{color:var(--soft);font-size:.875rem;margin:.15rem 0 .4rem}
.finding{margin:.7rem 0 0}
.finding p{margin:.2rem 0}
.lines{padding:0;margin:.3rem 0;list-style:none;font-size:.875rem;border-top:1px solid var(--line)}
.lines li{border-bottom:1px solid var(--line);padding:.35rem 0}
.lines b{font-variant-numeric:tabular-nums;margin-right:.5rem}
.lines code{display:block;color:var(--soft)}
.chips{display:flex;flex-wrap:wrap;gap:.35rem;padding:0;margin:.3rem 0;list-style:none}
.chips li{border:1px solid var(--line);border-radius:5px;padding:.05rem .5rem;font-size:.8125rem;color:var(--soft);background:var(--card)}
.reasons li{margin:.2rem 0}
table{border-collapse:collapse;font-size:.9375rem;margin:.4rem 0;width:100%}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding:.2rem 0}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.data table{width:auto;min-width:18rem;max-width:100%}
.terms{display:grid;grid-template-columns:minmax(7rem,12rem) minmax(0,1fr);gap:.35rem 1.2rem;font-size:.9375rem}
.terms dt{color:var(--soft)}.terms dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:3.5rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--soft);font-size:.875rem}
@media (max-width:34rem){.page{padding:1rem 1rem 3rem}.strip{padding:1rem}.inside{padding-left:0}.terms{grid-template-columns:1fr}.terms dd{margin-bottom:.4rem}.figures dd{font-size:1.6rem}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@page{margin:16mm 14mm}
@media print{:root{color-scheme:light;--paper:#ffffff;--card:#ffffff;--ink:#000000;--soft:#333333;--line:#bbbbbb;--accent:#000000;
--proven:#0d5c55;--failed:#8f1d16;--warn:#5f3c00;--quiet:#444444;--hatch:#777777;--sea:#dcecea;--function:#5f3470;--attack:#8f1d16;--disruption:#5f3c00}
html{font-size:10pt}.data{display:none}.page{max-width:none;padding:0}nav,.skip{display:none}h2,h3,h4,h5{break-after:avoid}
.strip,.bars li,.fixes li,.finding,figure,.lines li{break-inside:avoid}details:not(.data)::details-content{content-visibility:visible;block-size:auto}
.practice>summary::before{content:""}}
`;
