/**
 * The page of a sign-in by device code: where to enter which code, and how long it is good for. It loads itself again while
 * the person is at the provider, with script or without; a browser that does neither has a link. What the provider said is text here,
 * and its addresses were checked (provider-tokens/device-client.ts). The device code itself never comes here.
 */
import type { DeviceCodes } from '../provider-tokens/device-client.ts'
import { type Html, html } from './html.ts'
import { toPageResponse } from './page.ts'

export interface DevicePage {
  readonly name: string
  readonly codes: Pick<DeviceCodes, 'userCode' | 'verificationUri' | 'filledUri'>
  /** Of the mailbox, where it was typed. */
  readonly address?: string
  /** This page. */
  readonly path: string
  readonly secondsLeft: number
  readonly secondsToNext: number
  /** The provider did not answer last time. */
  readonly isSilent: boolean
  /** The form that came here, to start over with. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

export function devicePage(page: DevicePage): Response {
  const { name, codes, address, path, secondsToNext } = page
  return toPageResponse({
    title: `Sign in with ${name}`,
    head: html`<noscript><meta http-equiv="refresh" content="${secondsToNext};url=${path}"></noscript>`,
    body: html`<div class="hero">
<section class="card" data-next="${path}" data-seconds="${secondsToNext}">
<h1>Sign in with ${name}</h1>
<p class="lead">You sign in on a page of ${name}, here or on your phone. This server does not see your password, and this page goes on by itself.</p>
<ol>
<li>Open ${newTab(codes.verificationUri, codes.verificationUri)}.</li>
<li>Enter this code there:
<span class="url"><code class="user-code" id="user-code">${codes.userCode}</code><button type="button" class="quiet" data-script hidden data-copy="${codes.userCode}" data-source="user-code">Copy</button></span></li>
<li>${address === undefined ? html`Sign in to your mailbox` : html`Sign in as <bdi>${address}</bdi>`} and allow access to your mail.</li>
</ol>
${
  codes.filledUri !== undefined &&
  html`<p>Or ${newTab(codes.filledUri, 'open the page with the code filled in')}, and check that it shows the same code.</p>
`
}${status(page)}
<div class="actions">
<a class="button" href="${path}">Continue</a>
<form method="post" action="/oauth/provider/start" data-once>
${page.fields.map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">\n`)}<button type="submit" class="quiet" data-busy="Asking ${name}…">Get a new code</button>
</form>
</div>
</section>
</div>`,
  })
}

function newTab(url: string, text: string): Html {
  return html`<a href="${url}" target="_blank" rel="noopener noreferrer">${text}</a> (new tab)`
}

function status({ name, secondsLeft, isSilent }: DevicePage): Html {
  const minutes = Math.max(1, Math.floor(secondsLeft / 60))
  const life = `The code works for another ${minutes === 1 ? 'minute' : `${minutes} minutes`}.`
  return isSilent
    ? html`<div class="note warn" role="status"><p><strong>${name} does not answer at the moment.</strong> This page asks again by itself, less often. If it stays so, get a new code. ${life}</p></div>`
    : html`<p class="soft" role="status">Waiting for you to sign in at ${name}. ${life}</p>`
}
