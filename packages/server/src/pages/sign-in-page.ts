/**
 * The sign-in and consent page: who asks, where the answer goes, the mailbox, and what is granted (R18). Nothing is
 * preselected that grants anything. What was typed comes back with the faults; the password never does.
 */
import type { Provider } from '@email-connector/mail'
import type { Permission } from '../caller.ts'
import { formActionOf } from '../http/headers.ts'
import type { Fault, FieldName, FormValues } from '../sign-in/form.ts'
import { type Html, html } from './html.ts'
import { toPageResponse } from './page.ts'

export interface SignInPage {
  readonly handle: string
  readonly client: { readonly name: string; readonly host?: string; readonly loopbackOnly: boolean }
  readonly redirectUri: string
  readonly redirectHost: string
  readonly mayWrite: boolean
  readonly providers: readonly Provider[]
  /** The embedded mailbox; its password is no secret. */
  readonly demo?: { readonly address: string; readonly password: string }
  readonly idleDays: number
  readonly absoluteDays: number
  readonly values: FormValues
  readonly faults: readonly Fault[]
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

const permissionTexts: Record<Permission, { title: string; text: (client: string) => string }> = {
  read: {
    title: 'Read only',
    text: (client) =>
      `${client} can search and read your mail and attachments. It cannot change, move or send anything.`,
  },
  write: {
    title: 'Organise and draft',
    text: (client) =>
      `${client} can also mark, move and archive mail, put it in the bin, manage folders and write drafts. It cannot send.`,
  },
  send: {
    title: 'Organise, draft and send',
    text: (client) =>
      `${client} can also send mail in your name. Apps that are able to ask show you each mail before it goes out.`,
  },
}

export function signInPage(page: SignInPage): Response {
  const { client, faults } = page
  return toPageResponse({
    title: faults.length > 0 ? 'Please check the form' : `Connect your mailbox to ${client.name}`,
    status: page.status ?? 200,
    formAction: formActionOf(page.redirectUri),
    ...(page.headers === undefined ? {} : { headers: page.headers }),
    body: html`
<div class="hero"><h1><bdi>${client.name}</bdi> asks to use your mailbox</h1>
<p class="lead">Sign in to the mailbox and choose what it may do. Your password stays on this server, encrypted; the app never sees it.</p></div>
<div class="columns">
<aside>${about(page)}</aside>
<div>
${faults.length > 0 && errorSummary(faults)}
<form method="post" action="/oauth/connect" novalidate data-once data-domains="${suggestions(page.providers)}" autocomplete="on">
<input type="hidden" name="state" value="${page.handle}">
<section class="card">${mailbox(page)}</section>
<section class="card">${consent(page)}</section>
<div class="actions"><button type="submit" name="action" value="connect" data-busy="Connecting…">Connect mailbox</button><button type="submit" class="quiet" name="action" value="deny">Deny</button></div>
</form>
</div>
</div>`,
  })
}

/** Faults in the order of the form, each linked to its field; focused when the page opens. */
function errorSummary(faults: readonly Fault[]): Html {
  return html`<div class="errors" role="alert" tabindex="-1" autofocus id="errors"><h2>${
    faults.some((fault) => fault.field !== undefined) ? 'Please check the form' : 'That did not work'
  }</h2><ul>${faults.map(
    (fault) =>
      html`<li>${fault.field === undefined ? fault.message : html`<a href="#${anchorOf(fault.field)}">${fault.message}</a>`}</li>`,
  )}</ul></div>`
}

function anchorOf(field: FieldName): string {
  if (field === 'provider') return 'provider-gmail'
  if (field === 'permission') return 'permission-read'
  return field
}

function about(page: SignInPage): Html {
  const { client } = page
  return html`<section class="card" aria-labelledby="about-title"><h2 id="about-title">Who is asking</h2>
${
  client.loopbackOnly &&
  html`<div class="note warn"><p><strong>A program on your own computer.</strong> Any program there can call itself <bdi>${client.name}</bdi>. Go on only if you started this yourself just now.</p></div>`
}
<dl>
<dt>App</dt><dd><bdi>${client.name}</bdi></dd>
<dt>Published by</dt><dd>${client.host ?? html`<span class="soft">Not verified: the app chose its own name</span>`}</dd>
<dt>You will be sent back to</dt><dd class="mono">${page.redirectHost}</dd>
<dt>For how long</dt><dd>Until you revoke it; at most ${page.absoluteDays} days, and it ends after ${page.idleDays} days without use</dd>
<dt>Revoke</dt><dd><a href="/oauth/connections">Your connections</a></dd>
</dl></section>`
}

function mailbox(page: SignInPage): Html {
  const fault = faultOf(page, 'provider')
  return html`<fieldset${described('provider', fault)}><legend>Your mailbox</legend><p class="soft">Who provides it?</p>
<div class="tiles" role="radiogroup" aria-label="Mail provider"${fault !== undefined && html` aria-invalid="true"`}>
${page.demo !== undefined && providerTile(page, { id: 'demo', name: 'Demo mailbox', hint: 'Try it out' }, page.demo)}
${page.providers.map((provider) =>
  providerTile(page, { id: provider.id, name: shortName(provider), hint: hintOf(provider) }),
)}
</div>${faultText('provider', fault)}</fieldset>
${
  page.demo !== undefined &&
  html`<div class="note" data-provider="demo"><p><strong>A mailbox with sample mail, on this computer only.</strong><br>Address <code>${page.demo.address}</code><br>Password <code>${page.demo.password}</code></p></div>`
}
${page.providers.map((provider) => providerNote(provider))}
${textField(page, {
  name: 'address',
  label: 'Email address',
  type: 'email',
  attributes: html` autocomplete="username" inputmode="email" autocapitalize="none" spellcheck="false"`,
})}
${passwordField(page)}
<fieldset data-provider="generic">${hosts(page)}</fieldset>`
}

function hintOf(provider: Provider): string {
  switch (provider.signIn) {
    case 'oauth':
      return 'Not available'
    case 'bridge':
      return 'With Bridge'
    case 'app_password':
      return 'App password'
    case 'password':
      return 'Any IMAP server'
  }
}

function providerTile(
  page: SignInPage,
  tile: { id: string; name: string; hint: string },
  demo?: { address: string; password: string },
): Html {
  return html`<label class="tile"><input type="radio" name="provider" id="provider-${tile.id}" value="${tile.id}"${
    page.values.provider === tile.id && html` checked`
  }${demo !== undefined && html` data-address="${demo.address}" data-password="${demo.password}"`}><span><b>${tile.name}</b><small>${tile.hint}</small></span></label>`
}

function providerNote(provider: Provider): Html {
  const tone = provider.signIn === 'oauth' ? ' bad' : provider.signIn === 'bridge' ? ' warn' : ''
  return html`<div class="note${tone}" data-provider="${provider.id}"><p><strong>${provider.name}.</strong> ${provider.note}${
    provider.appPasswordUrl !== undefined &&
    html` <a href="${provider.appPasswordUrl}" target="_blank" rel="noopener noreferrer">Create an app password (new tab)</a>`
  }</p></div>`
}

function passwordField(page: SignInPage): Html {
  const fault = faultOf(page, 'password')
  return html`<div class="field"><label class="text" for="password">Password or app password</label>
<div class="secret"><input id="password" name="password" type="password" autocomplete="current-password" aria-required="true"${described('password', fault)}><button type="button" class="quiet" data-script data-reveal hidden aria-pressed="false" aria-controls="password">Show</button></div>${faultText('password', fault)}</div>`
}

function textField(
  page: SignInPage,
  field: { name: Exclude<FieldName, 'password'>; label: string; type: string; attributes: Html },
): Html {
  const fault = faultOf(page, field.name)
  return html`<div class="field"><label class="text" for="${field.name}">${field.label}</label><input id="${field.name}" name="${field.name}" type="${field.type}" value="${page.values[field.name]}" aria-required="true"${field.attributes}${described(field.name, fault)}>${faultText(field.name, fault)}</div>`
}

function hosts(page: SignInPage): Html {
  const host = (name: 'imap_host' | 'smtp_host', example: string) =>
    textField(page, {
      name,
      label: 'Server',
      type: 'text',
      attributes: html` placeholder="${example}" autocapitalize="none" spellcheck="false" autocomplete="off"`,
    })
  const port = (name: 'imap_port' | 'smtp_port', usual: string) =>
    textField(
      { ...page, values: { [name]: usual, ...page.values } },
      { name, label: 'Port', type: 'text', attributes: html` inputmode="numeric" autocomplete="off"` },
    )
  return html`<legend>Your mail servers</legend><p class="soft">Your provider's help pages name them.</p><div class="hosts">
<h3>Incoming mail (IMAP)</h3>${host('imap_host', 'imap.example.com')}${port('imap_port', '993')}${security(page, 'imap_tls', '993', '143')}
<h3>Outgoing mail (SMTP)</h3>${host('smtp_host', 'smtp.example.com')}${port('smtp_port', '465')}${security(page, 'smtp_secure', '465', '587')}
</div>`
}

function security(
  page: SignInPage,
  name: 'imap_tls' | 'smtp_secure',
  implicitPort: string,
  startTlsPort: string,
): Html {
  const fault = faultOf(page, name)
  return html`<div class="field wide"><label class="text" for="${name}">Security</label><select id="${name}" name="${name}"${described(name, fault)}><option value="true">TLS (port ${implicitPort})</option><option value="false"${
    page.values[name] === 'false' && html` selected`
  }>STARTTLS, required (port ${startTlsPort})</option></select>${faultText(name, fault)}</div>`
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
<div role="radiogroup" aria-label="Permission"${fault !== undefined && html` aria-invalid="true"`}>${choice('read')}${choice('write')}${choice('send')}</div>${faultText('permission', fault)}</fieldset>`
}

function faultOf(page: SignInPage, field: FieldName): string | undefined {
  return page.faults.find((fault) => fault.field === field)?.message
}

function described(field: FieldName, fault: string | undefined): Html | false {
  return fault !== undefined && html` aria-invalid="true" aria-describedby="${field}-fault"`
}

function faultText(field: FieldName, fault: string | undefined): Html | false {
  return fault !== undefined && html`<p class="fault" id="${field}-fault">${fault}</p>`
}

/** Which provider a domain belongs to, for the script. */
function suggestions(providers: readonly Provider[]): string {
  return JSON.stringify(
    Object.fromEntries(providers.flatMap(({ id, domains }) => domains.map((domain) => [domain, id]))),
  )
}

/** `Outlook.com and Microsoft 365`, `Proton Mail (through Bridge)`: a tile has room for the first part. */
function shortName(provider: Provider): string {
  return provider.name.split(/ and | \(/)[0] ?? provider.name
}
