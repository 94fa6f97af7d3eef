/** The owner's page: sign in with the mailbox again, then every connected client, with a button to revoke it. */
import type { Grant } from '@email-connector/oauth'
import { permissions } from '../caller.ts'
import type { OwnerRow } from '../store/owner-room-store.ts'
import { day, dayText } from './dates.ts'
import { type Html, html } from './html.ts'
import {
  errorSummary,
  type MailboxForm,
  mailboxFields,
  providerDomains,
  signInButtons,
} from './mailbox-fields.ts'
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
${signInButtons(page)}<button type="submit" data-plain data-busy="Signing in…">Show my connections</button>
</div>
</form>`,
  })
}

export function connectionsPage(page: {
  readonly address: string
  readonly proof: string
  readonly grants: readonly Grant[]
  /** Of connections that ended: what is kept of them for a while. */
  readonly ended: readonly OwnerRow[]
  /** How many were revoked just now. */
  readonly revoked?: number
  /** More is left to erase than one form had time for. */
  readonly isLeft?: boolean
  readonly isErased?: boolean
}): Response {
  const { address, grants, ended, revoked, isErased, isLeft } = page
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
${isErased === true && isLeft !== true && html`<div class="note" role="status" tabindex="-1" autofocus><p><strong>Erased.</strong> Nothing is kept of it for this mailbox.</p></div>`}
${isLeft === true && html`<div class="note warn" role="status"><p><strong>Some entries are still there.</strong> There were more than one request erases. Nobody can read them any more; press again to erase the rest.</p></div>`}
<form method="post" action="/oauth/connections" data-once>
<input type="hidden" name="proof" value="${page.proof}">
<section class="card">${
      grants.length === 0
        ? html`<h2>Nothing is connected</h2>
<p class="soft">No app may use this mailbox through this server.</p>`
        : html`<ul class="rows">${grants.map(connection)}</ul>`
    }</section>
${
  ended.length > 0 &&
  html`<section class="card">
<h2>Ended</h2>
<p class="soft">What these apps did is kept for 90 days, for you to look at.</p>
<ul class="rows">${ended.map(endedConnection)}</ul>
</section>`
}
${
  grants.length + ended.length > 0 &&
  html`<details>
<summary>Delete everything…</summary>
<div class="in">
<p class="text">This revokes every app above and erases what this server stores for it, for all its mailboxes, and the lists of what apps did with this one. Your mail stays as it is.</p>
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
<button type="submit" class="quiet" name="browsers" value="${grant.grantId}" aria-label="Paired browsers of ${grant.clientName}, connected ${dayText(grant.createdAt)}">Paired browsers</button>
${
  permission === 'send' &&
  html`<button type="submit" class="quiet" name="sending" value="${grant.grantId}" aria-label="What may go out through ${grant.clientName}, connected ${dayText(grant.createdAt)}">What may go out</button>`
}
<button type="submit" class="quiet" name="activity" value="${grant.grantId}" aria-label="What it did: ${grant.clientName}, connected ${dayText(grant.createdAt)}">What it did</button>
<button type="submit" class="quiet" name="revoke" value="${grant.grantId}" aria-label="Revoke ${grant.clientName}, connected ${dayText(grant.createdAt)}">Revoke</button>
</div>
</li>`
}

const endedBy: Readonly<Record<NonNullable<OwnerRow['ended']>['cause'], string>> = {
  owner: 'by a mailbox’s owner',
  operator: 'by the operator of this server',
  client: 'by the app',
  code_replayed: 'because a code was used twice',
  refresh_token_reused: 'because a token was used twice',
  resumed: '',
  orphan: '',
}

function endedConnection({ grantId, ended }: OwnerRow): Html {
  const { clientName = '', at = 0, cause } = ended ?? {}
  return html`<li>
<div>
<h2><bdi>${clientName}</bdi></h2>
<p class="soft small">Ended ${day(at)}${cause && ` ${endedBy[cause]}`}</p>
</div>
<div class="buttons">
<button type="submit" class="quiet" name="activity" value="${grantId}" aria-label="What it did: ${clientName}, ended ${dayText(at)}">What it did</button>
<button type="submit" class="quiet" name="erase" value="${grantId}" aria-label="Erase what ${clientName}, ended ${dayText(at)}, did">Erase</button>
</div>
</li>`
}
