/**
 * The one stylesheet, inlined with a nonce. System fonts, no external resource. Colours are pairs that hold 4.5:1 in
 * light and in dark; touch targets are 48 px; one column below 900 px.
 */
import { type Html, trusted } from './html.ts'

const providerIds = ['gmail', 'icloud', 'outlook', 'yahoo', 'fastmail', 'protonmail', 'generic', 'demo']

/** Shows what belongs to the chosen provider without script; a browser without :has() shows everything. */
const providerRules = providerIds
  .map((id) => `form:has(#provider-${id}:checked) [data-provider~="${id}"]{display:block}`)
  .join('\n')

const css = `
:root{color-scheme:light dark;
--paper:#f6f5f1;--card:#fff;--ink:#1b1f24;--soft:#565d66;--line:#dcdad2;--field:#8b8f96;--accent:#0b5d4b;--accent-ink:#fff;
--tint:#e7f1ee;--bad:#a3231b;--bad-tint:#fcebe9;--warn:#7a4b00;--warn-tint:#fdf3dc;--code:#f0eee8;--shadow:0 1px 2px #0000000d,0 8px 24px #0000000a}
@media (prefers-color-scheme:dark){:root{--paper:#121518;--card:#1a1e22;--ink:#e9ebee;--soft:#a7aeb7;--line:#31373e;--field:#757d87;
--accent:#6fd3b9;--accent-ink:#06251e;--tint:#17302b;--bad:#ff9d94;--bad-tint:#3a1e1c;--warn:#f3c677;--warn-tint:#33290f;--code:#111417;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:8px;background:var(--card);padding:8px 16px;z-index:1}
header.top,main,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header.top{display:flex;align-items:center;justify-content:space-between;min-height:72px}
.brand{display:inline-flex;align-items:center;gap:10px;min-height:48px;font-weight:650;letter-spacing:-.01em;color:inherit;text-decoration:none}
.brand svg{width:30px;height:30px}
header.top nav a{display:inline-flex;align-items:center;min-height:48px;padding:0 4px}
footer{color:var(--soft);font-size:14px;padding-top:32px;padding-bottom:40px}
h1{font-size:clamp(27px,4.2vw,40px);line-height:1.15;letter-spacing:-.022em;margin:0 0 12px;font-weight:680}
h2{font-size:21px;line-height:1.3;letter-spacing:-.012em;margin:0 0 8px;font-weight:650}
h3{font-size:16px;margin:0 0 4px}
p{margin:0 0 12px}.text{max-width:75ch}
a{color:var(--accent);text-underline-offset:3px}
.soft{color:var(--soft)}.small{font-size:14px;font-weight:400}
.lead{font-size:18px;color:var(--soft);max-width:62ch}
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:24px;box-shadow:var(--shadow);margin:0 0 20px}
.hero{padding:24px 0 28px}
.url{display:flex;gap:10px;align-items:stretch;flex-wrap:wrap}
.url code{flex:1 1 260px;display:flex;align-items:center;min-height:52px;padding:8px 16px;font-size:16px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;background:var(--code);border:1px solid var(--line);border-radius:10px}
code{font-size:.9em;padding:1px 6px}
pre{margin:8px 0 12px;padding:14px 16px;font-size:14px;line-height:1.5;white-space:pre-wrap}
pre code{border:0;padding:0;background:none;font-size:inherit}
ol{padding-left:22px;margin:0 0 12px}li{margin:0 0 6px}
details{border-top:1px solid var(--line)}details:last-of-type{border-bottom:1px solid var(--line)}
summary{display:flex;align-items:center;justify-content:space-between;gap:12px;min-height:56px;cursor:pointer;font-weight:600;list-style:none}
summary::-webkit-details-marker{display:none}
summary::after{content:"";flex:none;width:9px;height:9px;margin-right:4px;border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(45deg);transition:transform .15s}
details[open]>summary::after{transform:rotate(225deg)}
details .in{padding:0 0 12px}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;vertical-align:top;padding:12px 12px 12px 0;border-top:1px solid var(--line)}
tr:first-child>*{border-top:0}
th{font-weight:600;width:190px}
.tag{display:inline-block;padding:1px 10px;border-radius:99px;font-size:13px;font-weight:600;background:var(--tint);color:var(--accent);white-space:nowrap}
.tag.no{background:var(--bad-tint);color:var(--bad)}.tag.maybe{background:var(--warn-tint);color:var(--warn)}
.note{border-radius:12px;padding:14px 16px;margin:0 0 16px;background:var(--tint)}
.note.bad{background:var(--bad-tint)}.note.warn{background:var(--warn-tint)}
.note>:last-child{margin-bottom:0}
.note.bad strong,.fault{color:var(--bad)}.note.warn strong{color:var(--warn)}
.errors{border:2px solid var(--bad);background:var(--bad-tint);border-radius:16px;padding:18px 20px;margin:0 0 20px}
.errors h2{color:var(--bad);font-size:18px}.errors ul{margin:0;padding-left:20px}.errors a{color:var(--bad)}
.columns{display:grid;gap:20px;grid-template-columns:minmax(0,1fr)}
dl{margin:0}dt{color:var(--soft);font-size:14px}dd{margin:0 0 12px;font-weight:550}dd:last-child{margin-bottom:0}
fieldset{border:0;margin:0;padding:0;min-width:0}
legend{padding:0;font-size:21px;font-weight:650;letter-spacing:-.012em;margin:0 0 4px}
legend+p{margin-bottom:16px}
label.text{display:block;max-width:none;font-weight:600;margin:0 0 6px}
.field{margin:0 0 18px}.card>.field:last-child{margin:0}
.hint{color:var(--soft);font-size:14px;margin:6px 0 0}
.fault{font-size:14px;font-weight:600;margin:6px 0 0}fieldset>.fault{margin:0 0 14px}
input:not([type=radio]),select{width:100%;min-height:50px;padding:10px 14px;border:1px solid var(--field);border-radius:10px;background:var(--card);color:inherit;font:inherit}
input[aria-invalid=true],select[aria-invalid=true]{border:2px solid var(--bad)!important}
.secret{display:flex;gap:10px}.secret button{flex:none;min-height:50px}
button{overflow-wrap:normal;display:inline-flex;align-items:center;justify-content:center;min-height:52px;padding:12px 22px;border:1px solid transparent;border-radius:12px;font:inherit;font-weight:650;cursor:pointer;background:var(--accent);color:var(--accent-ink)}
button.quiet{background:transparent;color:var(--ink);border-color:var(--field)}
button.danger{background:var(--bad);color:var(--card)}
button:hover{filter:brightness(1.08)}button[aria-busy=true]{opacity:.65;cursor:progress}
.actions{display:flex;gap:12px;flex-wrap:wrap}.actions button{flex:1 1 180px}
.tiles{display:grid;gap:10px;grid-template-columns:repeat(2,minmax(0,1fr));margin:0 0 16px}
.tile,.choice{position:relative;display:flex;gap:12px;align-items:flex-start;padding:14px;min-height:56px;border:1px solid var(--field);border-radius:12px;cursor:pointer}
.tile{align-items:center}
.tile b,.choice b{display:block;font-weight:620;line-height:1.35}
.tile small,.choice small{display:block;color:var(--soft);font-size:14px;line-height:1.4}
.choice{margin:0 0 10px}
input[type=radio]{flex:none;width:20px;height:20px;margin:2px 0 0;accent-color:var(--accent)}
.tile input{margin:0}
.tile:has(:checked),.choice:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent);background:var(--tint)}
.tile:hover,.choice:hover{border-color:var(--accent)}
.choice:has(:disabled){opacity:.6;cursor:not-allowed}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.tile:has(:focus-visible),.choice:has(:focus-visible){outline:3px solid var(--accent);outline-offset:2px}
.tile input:focus-visible,.choice input:focus-visible{outline:0}
form.narrow,.errors:has(+.narrow){max-width:740px}
.rows{list-style:none;margin:0;padding:0}.rows li{display:flex;flex-wrap:wrap;gap:12px 20px;align-items:center;justify-content:space-between;padding:16px 0;margin:0;border-top:1px solid var(--line)}.rows li:first-child{border:0;padding-top:0}.rows li:last-child{padding-bottom:0}.rows li>div{flex:1 1 300px}.rows h2{font-size:16px;margin:0 0 4px}.rows p{margin:0}
.hosts{display:grid;gap:0 14px;grid-template-columns:minmax(0,1fr) 110px}
fieldset.servers legend{font-size:18px}.hosts .wide{grid-column:1/-1}
.hosts h3{grid-column:1/-1;margin-top:4px}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:15px;font-weight:500}
[hidden]{display:none!important}
@supports selector(:has(*)){[data-provider]{display:none}
${providerRules}
}
@media (max-width:599px){.card{padding:20px 18px}.tile{padding:10px;gap:8px}.tile b{font-size:15px}.tile small{font-size:13px}.tile input[type=radio]{width:18px;height:18px}.tile:last-child:nth-child(odd){grid-column:1/-1}}
@media (max-width:359px){.tiles{grid-template-columns:minmax(0,1fr)}}
@media (min-width:600px){.tiles{grid-template-columns:repeat(3,minmax(0,1fr))}.tile:last-child:nth-child(3n+1){grid-column:1/-1}.tile:last-child:nth-child(3n+2){grid-column:span 2}.card{padding:28px 32px}}
@media (min-width:900px){.columns{grid-template-columns:340px minmax(0,1fr);gap:28px;align-items:start}.columns>aside{position:sticky;top:20px}.hero{padding:40px 0 36px}.actions button{flex:0 1 auto;min-width:180px}}
@media (max-width:599px){header.top,main,footer{padding-left:16px;padding-right:16px}th,td{display:block;width:auto;padding:0 0 6px;border:0}tr{display:block;padding:12px 0;border-top:1px solid var(--line)}tr:first-child{border-top:0}thead{position:absolute;left:-999px}td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:14px}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){.tile:has(:checked),.choice:has(:checked){outline:3px solid}}
`

export const styleSheet: Html = trusted(css)
