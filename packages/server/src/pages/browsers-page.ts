/** The browsers in which the owner of a mailbox may download and approve what one app shows them. */
import type { PairedBrowser } from '../accounts/paired-browser.ts'
import { day, dayText } from './dates.ts'
import { html } from './html.ts'
import { note } from './owner-form.ts'
import { toPageResponse } from './page.ts'

const notices = {
  paired: note(html`<strong>This browser is paired.</strong> Links of the app open here for 30 days.`),
  unpaired: note(html`<strong>Unpaired.</strong> Links open there no more.`),
  changed: note(
    html`<strong>Somebody saved at the same time.</strong> Nothing was changed; press again.`,
    'warn',
  ),
}

export function browsersPage(page: {
  readonly proof: string
  readonly grantId: string
  readonly clientName: string
  readonly address: string
  readonly browsers: readonly PairedBrowser[]
  /** Hashes of those that are this browser. */
  readonly own: readonly string[]
  readonly notice?: keyof typeof notices
}): Response {
  const { browsers, own, notice } = page
  return toPageResponse({
    title: 'Paired browsers',
    body: html`<div class="hero">
<h1>Paired browsers</h1>
<p class="lead">Where links of <b><bdi>${page.clientName}</bdi></b> open for <b><bdi>${page.address}</bdi></b>. Without one they show nothing.</p>
</div>
${notice && notices[notice]}
<form class="narrow" method="post" action="/oauth/connections" data-once>
<input type="hidden" name="proof" value="${page.proof}">
<input type="hidden" name="grant" value="${page.grantId}">
<section class="card">${
      browsers.length === 0
        ? html`<h2>No browser is paired</h2>
<p class="soft">Pair one to review mails before they go out, and to download files that are too large for the app.</p>`
        : html`<ul class="rows">${browsers.map(
            ({ hash, name, pairedAt }) => html`<li>
<div>
<h2><bdi>${name}</bdi></h2>
<p class="soft small">${own.includes(hash) && 'This browser · '}Paired ${day(pairedAt)}</p>
</div>
<div class="buttons">
<button type="submit" class="quiet" name="unpair" value="${hash}" aria-label="Unpair ${name}, paired ${dayText(pairedAt)}">Unpair</button>
</div>
</li>`,
          )}</ul>`
    }</section>
<p class="soft text">Pair only a browser that no assistant controls: everyone who uses it can open what the app links to. Eight at most; an older one makes room.</p>
<div class="actions">
<button type="submit" name="pair" value="${page.grantId}">${own.length === 0 ? 'Pair this browser' : 'Pair this browser again'}</button>
<button type="submit" class="quiet" name="list" value="yes">Back to your connections</button>
</div>
</form>`,
  })
}
