/**
 * Mails of our own in the manner of the programs that people write with, and of what shops, lists and services send:
 * their wrappers, quotes, signatures, footers, and what each of them hides. Nothing is copied from a real mail.
 */
import { type Chance, createChance } from './chance.ts'

type Writer = (chance: Chance) => string

/** A mail of each, in turn. */
export const writers: readonly [name: string, write: Writer][] = [
  ['Outlook', outlook],
  ['Outlook.com', outlookCom],
  ['Gmail', gmail],
  ['Apple Mail', appleMail],
  ['iOS Mail', iosMail],
  ['Thunderbird', thunderbird],
  ['Yahoo', yahoo],
  ['Exchange mobile', exchangeMobile],
  ['K-9 Mail', k9],
  ['Proton', proton],
  ['mailing list', mailingList],
  ['newsletter', newsletter],
  ['receipt', receipt],
  ['notification', notification],
]

export function makeOwnMail(number: number): { readonly program: string; readonly html: string } {
  const [program, write] = writers[number % writers.length] ?? ['Gmail', gmail]
  return { program, html: write(createChance(9_000 + number)) }
}

const times = (count: number, make: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join('')
const some = ({ next }: Chance, most: number) => 1 + Math.floor(next() * most)

function outlook(chance: Chance): string {
  const { words, isTrue } = chance
  const paragraph = () =>
    `<p class=MsoNormal><span lang=EN-US style='font-size:11.0pt;font-family:"Calibri",sans-serif'>${words(some(chance, 14))}<o:p></o:p></span></p>`
  const list = `<ul style='margin-top:0cm' type=disc>${times(3, () => `<li class=MsoListParagraph style='margin-left:0cm;mso-list:l0 level1 lfo1'>${words(4)}<o:p></o:p></li>`)}</ul>`
  const bullet = `<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l1 level1 lfo2'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>${words(5)}<o:p></o:p></p>`
  const table = `<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;border:none'>${times(3, () => `<tr>${times(3, () => `<td width=150 valign=top style='width:112.5pt;border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt'><p class=MsoNormal>${words(1)}<o:p></o:p></p></td>`)}</tr>`)}</table>`
  const quoted = `<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> Ann &lt;ann@elsewhere.example&gt; <br><b>Sent:</b> Tuesday, 3 March 2026 10:12<br><b>To:</b> Bob<br><b>Subject:</b> ${words(3)}<o:p></o:p></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>${paragraph()}`
  return `<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]--><style><!--
@font-face {font-family:Calibri; panose-1:2 15 5 2 2 2 4 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;}
a:link, span.MsoHyperlink {mso-style-priority:99; color:#0563C1; text-decoration:underline;}
.MsoChpDefault {mso-style-type:export-only;}
@page WordSection1 {size:612.0pt 792.0pt; margin:70.85pt 70.85pt 2.0cm 70.85pt;}
div.WordSection1 {page:WordSection1;}
--></style><!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]--></head><body lang=EN-US link="#0563C1" vlink="#954F72" style='word-wrap:break-word'><div class=WordSection1>${times(some(chance, 4), paragraph)}${isTrue(0.5) ? list : bullet}${isTrue(0.5) ? table : ''}<p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal><b><span style='color:#1F3864'>${words(2)}</span></b><br>${words(3)} | <a href="https://www.elsewhere.example/">www.elsewhere.example</a><o:p></o:p></p>${quoted}</div></body></html>`
}

function outlookCom(chance: Chance): string {
  const { words } = chance
  const block = () =>
    `<div class="elementToProof" style="font-family: Aptos, Calibri, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);">${words(some(chance, 12))}</div>`
  return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style></head><body dir="ltr">${times(some(chance, 4), block)}<div class="elementToProof"><br></div><div id="Signature">${block()}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>From:</b> Ann &lt;ann@elsewhere.example&gt;<br><b>Sent:</b> ${words(2)}<br><b>Subject:</b> ${words(3)}</font><div>&nbsp;</div></div><div style="background-color:#FFFFFF">${block()}</div></body></html>`
}

function gmail(chance: Chance): string {
  const { words, isTrue } = chance
  const signature = `<div><br></div>-- <br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div dir="ltr">${words(2)}<div><font color="#888888">${words(3)}</font></div></div></div>`
  return `<div dir="ltr"><div>${words(some(chance, 12))}</div><div><br></div><div>${words(some(chance, 12))} <b>${words(1)}</b>, <i>${words(1)}</i></div>${isTrue(0.5) ? `<ol>${times(3, () => `<li>${words(3)}</li>`)}</ol>` : ''}<div><a href="https://docs.example/d/1?usp=sharing">${words(2)}</a></div>${isTrue(0.5) ? signature : ''}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, 3 Mar 2026 at 10:12, Ann &lt;<a href="mailto:ann@elsewhere.example">ann@elsewhere.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div dir="ltr">${words(some(chance, 12))}</div></blockquote></div>`
}

function appleMail(chance: Chance): string {
  const { words, isTrue } = chance
  const signature = `<div><span class="Apple-style-span" style="border-collapse: separate; color: rgb(0, 0, 0); font-family: Helvetica; orphans: auto; widows: auto;"><div>${words(2)}</div></span></div>`
  return `<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">${words(some(chance, 14))}<div><br></div><div>${words(some(chance, 12))}</div>${isTrue(0.5) ? `<div><ul class="Apple-dash-list">${times(2, () => `<li>${words(3)}</li>`)}</ul></div>` : ''}<div apple-content-edited="true">${signature}</div><div><br><blockquote type="cite"><div>On 3 Mar 2026, at 10:12, Ann &lt;ann@elsewhere.example&gt; wrote:</div><br class="Apple-interchange-newline"><div><div style="overflow-wrap: break-word;">${words(some(chance, 12))}</div></div></blockquote></div><br></body></html>`
}

function iosMail(chance: Chance): string {
  const { words } = chance
  return `<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto"><div dir="ltr"></div><div dir="ltr">${words(some(chance, 10))}</div><div dir="ltr"><br></div><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 3 Mar 2026, at 10:12, Ann &lt;ann@elsewhere.example&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">﻿<div>${words(some(chance, 14))}</div></div></blockquote></body></html>`
}

function thunderbird(chance: Chance): string {
  const { words } = chance
  return `<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=UTF-8"></head><body text="#000000" bgcolor="#FFFFFF"><p>${words(some(chance, 12))}</p><pre class="moz-quote-pre" wrap="">${words(3)}\n  ${words(2)}</pre><p><br></p><div class="moz-cite-prefix">Am 03.03.26 um 10:12 schrieb Ann:<br></div><blockquote type="cite" cite="mid:1@elsewhere.example"><p>${words(some(chance, 12))}</p><blockquote type="cite"><p>${words(4)}</p></blockquote></blockquote><div class="moz-signature">-- <br>${words(3)}</div></body></html>`
}

function yahoo(chance: Chance): string {
  const { words } = chance
  return `<html><head></head><body><div class="ydp1yahoo-style-wrap" style="font-family:Helvetica Neue, Helvetica, Arial, sans-serif;font-size:13px;"><div dir="ltr" data-setdir="false">${words(some(chance, 12))}</div><div><br></div></div><div id="yahoo_quoted_1" class="yahoo_quoted"><div style="font-family:'Helvetica Neue', Helvetica, Arial, sans-serif;font-size:13px;color:#26282a;"><div>On Tuesday, March 3, 2026, Ann &lt;ann@elsewhere.example&gt; wrote:</div><div><br></div><div><div id="yiv1"><div>${words(some(chance, 12))}</div></div></div></div></div></body></html>`
}

function exchangeMobile(chance: Chance): string {
  const { words } = chance
  return `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><div style="font-family: Aptos, sans-serif; font-size: 12pt;" dir="auto">${words(some(chance, 10))}</div><div id="ms-outlook-mobile-body-separator-line" style="font-family: Aptos;" dir="auto"><br></div><div id="ms-outlook-mobile-signature" style="font-family: Aptos; font-size: 12pt;">Get <a href="https://aka.example/o0ukef">Outlook for iOS</a></div><div class="ms-outlook-mobile-reference-message skipProofing" style="padding: 3pt 0in 0in; border-width: 1pt medium medium; border-style: solid none none; border-color: rgb(181, 196, 223) currentcolor currentcolor;"><b>From: </b>Ann &lt;ann@elsewhere.example&gt;<br><b>Subject: </b>${words(3)}</div><div>${words(some(chance, 12))}</div></body></html>`
}

function k9(chance: Chance): string {
  const { words } = chance
  return `<!DOCTYPE html><html><body>${words(some(chance, 12))}<br><br>${words(3)}<br><br><div class="gmail_quote"><div dir="auto">On 3 March 2026 10:12:00 CET, Ann &lt;ann@elsewhere.example&gt; wrote:</div><blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt 0.8ex; border-left: 1px solid rgb(204, 204, 204); padding-left: 1ex;"><pre dir="auto" class="k9mail">${words(4)}<br>${words(4)}</pre></blockquote></div></body></html>`
}

function proton(chance: Chance): string {
  const { words } = chance
  return `<div style="font-family: Arial, sans-serif; font-size: 14px;">${words(some(chance, 12))}<br></div><div style="font-family: Arial, sans-serif; font-size: 14px;"><br></div><div class="protonmail_signature_block protonmail_signature_block-empty" style="font-family: Arial, sans-serif; font-size: 14px;"><div class="protonmail_signature_block-user protonmail_signature_block-empty"></div></div><div class="protonmail_quote">On Tuesday, March 3rd, 2026 at 10:12, Ann &lt;ann@elsewhere.example&gt; wrote:<br><br><blockquote class="protonmail_quote" type="cite"><p>${words(some(chance, 12))}</p></blockquote><br></div>`
}

function mailingList(chance: Chance): string {
  const { words } = chance
  return `${gmail(chance)}<br>\n<p></p>\n\n-- <br />\nYou received this message because you are subscribed to the group &quot;${words(1)}&quot;.<br />\nTo unsubscribe, send an email to <a href="mailto:leave@lists.example">leave@lists.example</a>.<br />\n<fieldset class="listFooter"><legend></legend><pre>_______________________________________________\n${words(2)} mailing list\nhttps://lists.example/options/${words(1)}</pre></fieldset>`
}

const preheader = (words: string) =>
  `<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;">${words}${'&#847;&zwnj;&nbsp;'.repeat(40)}</div>`

function newsletter(chance: Chance): string {
  const { words, isTrue, oneOf } = chance
  const card = () =>
    `<!--[if (gte mso 9)|(IE)]><table width="300" align="left"><tr><td><![endif]--><div style="width:100%;max-width:300px;display:inline-block;vertical-align:top;"><table width="100%" role="presentation"><tr><td style="padding:10px;font-size:14px;color:#333333;"><img src="https://img.example/1.jpg" width="280" alt="${words(2)}" style="display:block"><h3 style="margin:0">${words(3)}</h3><p class="text-${oneOf(['a', 'b'])}">${words(some(chance, 14))}</p><a href="https://click.example/t/1?u=abc" style="background:#d33;color:#fff;padding:8px 12px;text-decoration:none">${words(2)}</a></td></tr></table></div><!--[if (gte mso 9)|(IE)]></td></tr></table><![endif]-->`
  const mobileOnly = `<div class="mobile" style="display:none;max-height:0;overflow:hidden;mso-hide:all">${words(3)}</div>`
  return `<!doctype html><html><head><meta name="viewport" content="width=device-width"><title>${words(2)}</title><style>@media only screen and (max-width:600px){.mobile{display:block!important;max-height:none!important}.desktop{display:none!important}}@media (prefers-color-scheme:dark){.dark{display:block!important;color:#fff!important}}u + #body a{color:inherit}.ExternalClass{width:100%}[data-ogsc] .text-a{color:#fff!important}</style></head><body id="body" style="margin:0;padding:0;background:#eeeeee">${preheader(words(8))}<center><table width="600" role="presentation" style="background:#ffffff;margin:0 auto"><tr><td align="center" class="desktop" style="font-size:11px"><a href="https://news.example/view" style="color:#888">${words(3)}</a></td></tr><tr><td style="font-size:0;text-align:center">${times(some(chance, 4), card)}</td></tr>${isTrue(0.5) ? `<tr><td>${mobileOnly}</td></tr>` : ''}<tr><td style="background:#222;color:#aaa;font-size:12px;padding:20px">${words(8)}<br><a href="https://news.example/leave?x=y" style="color:#fff">${words(1)}</a></td></tr></table></center><img src="https://track.example/o.gif" width="1" height="1" alt=""></body></html>`
}

function receipt(chance: Chance): string {
  const { words, next } = chance
  const price = () => `${Math.floor(next() * 900) + 100}.${Math.floor(next() * 90) + 10} EUR`
  const row = () =>
    `<tr><td style="padding:8px;border-bottom:1px solid #eee">${words(3)}</td><td align="center">${some(chance, 9)}</td><td align="right" style="white-space:nowrap">${price()}</td></tr>`
  return `<html><head><style>.total td{font-weight:bold}.sr{position:absolute;left:-9999px}</style></head><body style="font-family:Arial">${preheader(words(5))}<table width="640" align="center"><tr><td><h1>${words(3)}</h1><span class="sr">${words(2)}</span><p>${words(8)}</p><table width="100%" cellspacing="0"><thead><tr><th align="left">Item</th><th>Qty</th><th align="right">Price</th></tr></thead><tbody>${times(some(chance, 5), row)}</tbody><tfoot><tr class="total"><td colspan="2">Total</td><td align="right">${price()}</td></tr></tfoot></table><p style="font-size:12px;color:#767676">${words(10)}</p></td></tr></table><div itemscope itemtype="http://schema.org/Order"><meta itemprop="orderNumber" content="1"></div><script type="application/ld+json">{"@type":"Order","x":"${words(2)}"}</script></body></html>`
}

function notification(chance: Chance): string {
  const { words, isTrue } = chance
  return `<html><body><p>${words(some(chance, 8))}</p>${isTrue(0.5) ? `<pre style="background:#f6f8fa">${words(3)}\n+ ${words(2)}\n- ${words(2)}</pre>` : `<ul class="task-list">${times(3, () => `<li><del>${words(2)}</del></li>`)}</ul>`}<p style="font-size:small;-webkit-text-size-adjust:none;color:#666;">&mdash;<br />${words(3)} <a href="https://code.example/n/1">${words(2)}</a>.<img src="https://code.example/b/1" height="1" width="1" alt="" /><span style="color: transparent; font-size: 0; display: none; visibility: hidden; overflow: hidden; opacity: 0; width: 0; height: 0; max-width: 0; max-height: 0; mso-hide: all">${words(4)}</span></p></body></html>`
}
