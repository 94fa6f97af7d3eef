/** The owner's page: sign in with the mailbox again, then every connected client, with a button to revoke it. */
import type { Grant } from '@email-connector/oauth'
import { permissions } from '../caller.ts'
import { day, dayText } from './dates.ts'
import { type Html, html } from './html.ts'
import { errorSummary, type MailboxForm, mailboxFields, providerDomains } from './mailbox-fields.ts'
import { toPageResponse } from './page.ts'
import { permissionTexts } from './permission-texts.ts'

export function connectionsSignInPage(page: MailboxForm & { readonly status?: number }): Response {
  return toPageResponse({
    title: page.faults.length > 0 ? 'Please check the form' : 'Your connections',
    status: page.status ?? 200,
    body: html`
<div class="hero">
<h1>Your connections</h1>
<p class="lead">Sign in with a connected mailbox to see which apps may use it, and to revoke them. The password is checked with your mail provider and not kept.</p>
</div>
${page.faults.length > 0 && errorSummary(page.faults)}
<form class="narrow" method="post" action="/oauth/connections" novalidate data-once data-domains="${providerDomains(page.providers)}">
<section class="card">${mailboxFields(page)}</section>
<div class="actions">
<button type="submit" data-busy="Signing in…">Show my connections</button>
</div>
</form>`,
  })
}

export function connectionsPage(page: {
  readonly address: string
  readonly proof: string
  readonly grants: readonly Grant[]
  /** How many were revoked just now. */
  readonly revoked?: number
}): Response {
  const { address, grants, revoked } = page
  return toPageResponse({
    title: 'Your connections',
    body: html`
<div class="hero">
<h1>Your connections</h1>
<p class="lead">Apps that may use <b><bdi>${address}</bdi></b>.</p>
</div>
${
  revoked !== undefined &&
  html`<div class="note" role="status" tabindex="-1" autofocus>
<p><strong>${revoked === 1 ? 'One connection was revoked' : `${revoked} connections were revoked`}.</strong> What was stored is deleted; ${revoked === 1 ? 'the app is' : 'the apps are'} refused from now on.</p>
</div>`
}
<form method="post" action="/oauth/connections" data-once>
<input type="hidden" name="proof" value="${page.proof}">
<section class="card">${
      grants.length === 0
        ? html`<h2>Nothing is connected</h2>
<p class="soft">No app may use this mailbox through this server.</p>`
        : html`<ul class="rows">${grants.map(connection)}</ul>`
    }</section>
${
  grants.length > 0 &&
  html`<details>
<summary>Delete everything…</summary>
<div class="in">
<p class="text">This revokes every app above and erases what this server stores for it, for all its mailboxes. Your mail stays as it is.</p>
<button type="submit" class="danger" name="revoke" value="all">Delete everything</button>
</div>
</details>`
}
</form>`,
  })
}

function connection(grant: Grant): Html {
  const mailboxes = grant.accountIds.length
  const permission = permissions.find((known) => known === grant.permission) ?? 'read'
  return html`<li>
<div>
<h2><bdi>${grant.clientName}</bdi></h2>
<p class="soft small">${permissionTexts[permission].title} · ${
    mailboxes === 1 ? 'this mailbox' : `${mailboxes} mailboxes`
  }<br>Connected ${day(grant.createdAt)} · ${
    grant.lastUsedAt === undefined ? 'not used yet' : html`last used ${day(grant.lastUsedAt)}`
  } · ends ${day(grant.absoluteExpiresAt)} at the latest</p>
</div>
<div class="buttons">
<button type="submit" class="quiet" name="mailbox" value="${grant.grantId}" aria-label="Names and folders of ${grant.clientName}, connected ${dayText(grant.createdAt)}">Names and folders</button>
${
  permission === 'send' &&
  html`<button type="submit" class="quiet" name="sending" value="${grant.grantId}" aria-label="What ${grant.clientName}, connected ${dayText(grant.createdAt)}, may send">What may go out</button>`
}
<button type="submit" class="quiet" name="revoke" value="${grant.grantId}" aria-label="Revoke ${grant.clientName}, connected ${dayText(grant.createdAt)}">Revoke</button>
</div>
</li>`
}
