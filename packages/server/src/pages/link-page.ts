/**
 * The two pages behind a one-time link: proof of the grant's first mailbox, then consent and the mailbox to add. The
 * first is the same for everyone and names nobody: who holds a link is not yet its owner.
 */
import type { Permission } from '../caller.ts'
import { day } from './dates.ts'
import { type Html, html } from './html.ts'
import {
  described,
  errorSummary,
  faultOf,
  faultText,
  type MailboxForm,
  mailboxFields,
  providerDomains,
  signInButtons,
} from './mailbox-fields.ts'
import { toPageResponse } from './page.ts'
import { permissionTexts } from './permission-texts.ts'

interface LinkForm extends MailboxForm {
  readonly status?: number
}

/** `link`: the token where it is known already; else a field asks for it, which the script fills from the fragment. */
export function linkProofPage(page: LinkForm & { readonly link?: string }): Response {
  return toPageResponse({
    title: page.faults.length > 0 ? 'Please check the form' : 'Add a mailbox or renew a password',
    status: page.status ?? 200,
    body: html`
<div class="hero">
<h1>Add a mailbox or renew a password</h1>
<p class="lead">First show that this connection is yours: sign in to the mailbox that was connected to the app first. The password is checked with your mail provider and not kept.</p>
</div>
${page.faults.length > 0 && errorSummary(page.faults)}
<form class="narrow" method="post" action="/oauth/link" novalidate data-once data-domains="${providerDomains(page.providers)}">
${page.link === undefined ? linkField(page) : html`<input type="hidden" name="link" value="${page.link}">`}
<section class="card">${mailboxFields(page)}</section>
<div class="actions">
${signInButtons(page)}<button type="submit" data-plain data-busy="Signing in…">Continue</button>
</div>
</form>`,
  })
}

function linkField(page: LinkForm): Html {
  const fault = faultOf(page, 'link')
  return html`<section class="card" data-link>
<div class="field">
<label class="text" for="link">The link from your app</label>
<input id="link" name="link" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" aria-required="true"${described('link', fault)}>${faultText('link', fault)}</div>
<p class="hint">Your app shows it when you ask for your mail accounts. It works once, for 15 minutes.</p>
</section>`
}

export function linkMailboxPage(
  page: LinkForm & {
    readonly link: string
    readonly client: { readonly name: string; readonly host?: string }
    readonly permission: Permission
    readonly addresses: readonly string[]
    readonly endsAt: number
  },
): Response {
  const { client, permission } = page
  const { title, text } = permissionTexts[permission]
  return toPageResponse({
    title: page.faults.length > 0 ? 'Please check the form' : `Connect a mailbox to ${client.name}`,
    status: page.status ?? 200,
    body: html`
<div class="hero">
<h1>Let <bdi>${client.name}</bdi> use one more mailbox</h1>
<p class="lead">Sign in to the mailbox you want to add. Sign in to one that is connected already to repair it: its new password or sign-in is stored.</p>
</div>
${page.faults.length > 0 && errorSummary(page.faults)}
<div class="columns">
<aside>
<section class="card" aria-labelledby="about-title">
<h2 id="about-title">What you agree to</h2>
<dl>
<dt>App</dt>
<dd><bdi>${client.name}</bdi></dd>
<dt>Published by</dt>
<dd>${client.host ?? html`<span class="soft">Not verified: the app chose its own name</span>`}</dd>
<dt>What it may do</dt>
<dd>${title}<br><span class="soft small">${text(client.name)} It gets no more than it has; to grant more, connect the app again.</span></dd>
<dt>Connected now</dt>
<dd>${page.addresses.map((address) => html`<bdi>${address}</bdi><br>`)}</dd>
<dt>For how long</dt>
<dd>Until you revoke it, and until ${day(page.endsAt)} at the latest. See <a href="/oauth/connections">your connections</a></dd>
</dl>
</section>
</aside>
<div>
<form method="post" action="/oauth/link" novalidate data-once data-domains="${providerDomains(page.providers)}" autocomplete="on">
<input type="hidden" name="link" value="${page.link}">
<input type="hidden" name="step" value="connect">
<section class="card">${mailboxFields(page)}</section>
<div class="actions">
${signInButtons(page)}<button type="submit" name="action" value="connect" data-plain data-busy="Connecting…">Allow and connect</button>
<button type="submit" class="quiet" name="action" value="cancel">Cancel</button>
</div>
</form>
</div>
</div>`,
  })
}
