/**
 * The sign-in and consent page: who asks, where the answer goes, the mailbox, and what is granted (R18). Nothing is
 * preselected that grants anything.
 */
import type { GrantSettings } from '../accounts/settings.ts'
import type { Permission } from '../caller.ts'
import { formActionOf } from '../http/headers.ts'
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
import { askTexts, permissionTexts } from './permission-texts.ts'

export interface SignInPage extends MailboxForm {
  readonly handle: string
  readonly client: { readonly name: string; readonly host?: string; readonly loopbackOnly: boolean }
  readonly redirectUri: string
  readonly redirectHost: string
  readonly mayWrite: boolean
  /** From the second mailbox on: what is connected, and the permission that was chosen with the first. */
  readonly soFar?: {
    readonly sealed: string
    readonly permission: Permission
    readonly ask: GrantSettings['ask']
    readonly addresses: readonly string[]
  }
  readonly idleDays: number
  readonly absoluteDays: number
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export function signInPage(page: SignInPage): Response {
  const { client, faults } = page
  return toPageResponse({
    title: faults.length > 0 ? 'Please check the form' : `Connect your mailbox to ${client.name}`,
    status: page.status ?? 200,
    formAction: formActionOf(page.redirectUri),
    ...(page.headers === undefined ? {} : { headers: page.headers }),
    body: html`
<div class="hero">
<h1><bdi>${client.name}</bdi> asks to use your mailbox</h1>
<p class="lead">Sign in to the mailbox and choose what it may do. Your password stays on this server, encrypted; the app never sees it.</p>
</div>
${faults.length > 0 && errorSummary(faults)}
<div class="columns">
<aside>${about(page)}</aside>
<div>
<form method="post" action="/oauth/connect" novalidate data-once data-domains="${providerDomains(page.providers)}" autocomplete="on">
<input type="hidden" name="state" value="${page.handle}">
${
  page.soFar !== undefined &&
  html`<input type="hidden" name="so_far" value="${page.soFar.sealed}">
<div class="note" role="status">
<p><strong>Signed in so far:</strong> ${page.soFar.addresses.map((address, index) => html`${index > 0 && ', '}<bdi>${address}</bdi>`)}. Now the next mailbox.</p>
</div>`
}
<section class="card">${mailboxFields(page)}</section>
<section class="card">${page.soFar === undefined ? consent(page) : agreed(page, page.soFar)}</section>
<div class="actions">
${signInButtons(page)}<button type="submit" name="action" value="connect" data-plain data-busy="Connecting…">Connect mailbox</button>
<button type="submit" class="quiet" name="action" value="another" data-busy="Connecting…">Connect and add another</button>${
      page.soFar !== undefined &&
      html`<button type="submit" class="quiet" name="action" value="finish" data-busy="Connecting…">Finish without this one</button>`
    }<button type="submit" class="quiet" name="action" value="deny">Deny</button>
</div>
</form>
</div>
</div>`,
  })
}

function about(page: SignInPage): Html {
  const { client } = page
  return html`<section class="card" aria-labelledby="about-title">
<h2 id="about-title">Who is asking</h2>
${
  client.loopbackOnly &&
  html`<div class="note warn">
<p><strong>A program on your own computer.</strong> Any program there can call itself <bdi>${client.name}</bdi>. Go on only if you started this yourself just now.</p>
</div>`
}
<dl>
<dt>App</dt>
<dd><bdi>${client.name}</bdi></dd>
<dt>Published by</dt>
<dd>${client.host ?? html`<span class="soft">Not verified: the app chose its own name</span>`}</dd>
<dt>You will be sent back to</dt>
<dd class="mono">${page.redirectHost}</dd>
<dt>For how long</dt>
<dd>Until you revoke it; at most ${page.absoluteDays} ${page.absoluteDays === 1 ? 'day' : 'days'}${page.idleDays < page.absoluteDays && `, and it ends after ${page.idleDays} days without use`}. See <a href="/oauth/connections">your connections</a></dd>
</dl>
</section>`
}

function consent(page: SignInPage): Html {
  const fault = faultOf(page, 'permission')
  const choice = (permission: Permission) => {
    const text = permissionTexts[permission]
    return html`<label class="choice"><input type="radio" name="permission" id="permission-${permission}" value="${permission}"${
      page.values.permission === permission && html` checked`
    }${permission !== 'read' && !page.mayWrite && html` disabled`}><span><b>${text.title}</b><small>${text.text(page.client.name)}</small></span></label>`
  }
  return html`<fieldset${described('permission', fault)}><legend>What <bdi>${page.client.name}</bdi> may do</legend>
<p class="soft">${page.mayWrite ? 'You can revoke this at any time.' : 'This app asked only to read mail.'}</p>
<div role="radiogroup" aria-label="Permission"${fault !== undefined && html` aria-invalid="true"`}>${choice('read')}${choice('write')}${choice('send')}</div>${faultText('permission', fault)}</fieldset>
${page.mayWrite && asking(page)}
${pairing(page)}`
}

/** Counts where sending is granted, and is there without a choice: being asked is the safe answer. */
function asking(page: SignInPage): Html {
  const fault = faultOf(page, 'ask')
  const { ask: chosen = 'ask' } = page.values
  const choice = (ask: GrantSettings['ask']) =>
    html`<label class="choice"><input type="radio" name="ask" id="ask-${ask}" value="${ask}"${
      chosen === ask && html` checked`
    }><span><b>${askTexts[ask].title}</b><small>${askTexts[ask].text(page.client.name)}</small></span></label>`
  return html`<fieldset id="ask" tabindex="-1"${described('ask', fault)}><legend>Before a mail goes out</legend>
<p class="soft">If <bdi>${page.client.name}</bdi> may send.</p>
<div role="radiogroup" aria-label="Before a mail goes out"${fault !== undefined && html` aria-invalid="true"`}>${choice('ask')}${choice('always')}${choice('never')}</div>${faultText('ask', fault)}</fieldset>`
}

/** Off unless it is ticked: the browser may be a shared one. */
function pairing(page: SignInPage): Html {
  return html`<fieldset><legend>This browser</legend>
<label class="choice"><input type="checkbox" name="pair" value="on"${
    page.values.pair === 'on' && html` checked`
  }><span><b>Pair it</b><small>What <bdi>${page.client.name}</bdi> links to opens here for 30 days: mails to review before they go out, and large files. Leave it out on a shared computer, and in a browser that an assistant controls.</small></span></label></fieldset>`
}

function agreed({ client }: SignInPage, { permission, ask }: NonNullable<SignInPage['soFar']>): Html {
  const { title, text } = permissionTexts[permission]
  return html`<h2>What <bdi>${client.name}</bdi> may do with all of them</h2>
<p><b>${title}.</b> ${text(client.name)}</p>${
    permission === 'send' &&
    html`
<p><b>${askTexts[ask].title}.</b> ${askTexts[ask].text(client.name)}</p>`
  }`
}
