/**
 * The parts of a form that signs in to a mailbox: provider, servers where they are typed, address, password, and the
 * summary of what was wrong. Without script the stylesheet shows what belongs to the chosen provider, and the server
 * knows its hosts. What was typed comes back; the password never does.
 */
import type { Provider } from '@email-connector/mail'
import type { Fault, FieldName, FormValues } from '../sign-in/form.ts'
import type { SignInProvider } from '../sign-in-provider.ts'
import { type Html, html } from './html.ts'

export interface MailboxForm {
  readonly providers: readonly Provider[]
  /** Providers whose own sign-in has a button. */
  readonly signIns: readonly SignInProvider[]
  /** The embedded mailbox; its password is no secret. */
  readonly demo?: { readonly address: string; readonly password: string }
  readonly values: FormValues
  readonly faults: readonly Fault[]
}

/** Faults in the order of the form, each linked to its field; focused when the page opens. */
export function errorSummary(faults: readonly { readonly field?: string; readonly message: string }[]): Html {
  return html`<div class="errors" role="alert" tabindex="-1" autofocus id="errors">
<h2>${faults.some((fault) => fault.field !== undefined) ? 'Please check the form' : 'That did not work'}</h2>
<ul>${faults.map(
    (fault) =>
      html`<li>${fault.field === undefined ? fault.message : html`<a href="#${anchorOf(fault.field)}">${fault.message}</a>`}</li>`,
  )}</ul>
</div>`
}

function anchorOf(field: string): string {
  if (field === 'provider') return 'provider-gmail'
  if (field === 'permission') return 'permission-read'
  return field
}

export function mailboxFields(page: MailboxForm): Html {
  const fault = faultOf(page, 'provider')
  return html`<fieldset${described('provider', fault)}><legend>Your mailbox</legend>
<p class="soft">Who provides it?</p>
<div class="tiles" role="radiogroup" aria-label="Mail provider"${fault !== undefined && html` aria-invalid="true"`}>
${page.demo !== undefined && providerTile(page, { id: 'demo', name: 'Demo mailbox', hint: 'Try it out' }, page.demo)}
${organisationsOf(page).map(({ id, name }) => providerTile(page, { id, name, hint: `Sign in with ${name}` }))}
${page.providers.map((provider) =>
  providerTile(page, { id: provider.id, name: shortName(provider), hint: hintOf(page, provider) }),
)}
</div>${faultText('provider', fault)}</fieldset>
${
  page.demo !== undefined &&
  html`<div class="note" data-provider="demo">
<p><strong>A mailbox with sample mail, on this computer only.</strong><br>Address <code>${page.demo.address}</code><br>Password <code>${page.demo.password}</code></p>
</div>`
}
${organisationsOf(page).map(organisationNote)}
${page.providers.map((provider) => providerNote(page, provider))}
<fieldset class="servers" data-provider="generic">${hosts(page)}</fieldset>
${textField(page, {
  name: 'address',
  label: 'Email address',
  type: 'email',
  attributes: html` autocomplete="username" inputmode="email" autocapitalize="none" spellcheck="false"`,
})}
${passwordField(page)}`
}

/** An organisation's own provider is in none of our lists. */
function organisationsOf({ signIns }: MailboxForm): readonly SignInProvider[] {
  return signIns.filter(({ id }) => id === 'organisation')
}

function signInOf({ signIns }: Pick<MailboxForm, 'signIns'>, { id }: Pick<Provider, 'id'>) {
  return signIns.find((signIn) => signIn.id === id)
}

function hintOf(page: MailboxForm, provider: Provider): string {
  const signIn = signInOf(page, provider)
  if (signIn !== undefined) return `Sign in with ${signIn.name}`
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
  page: MailboxForm,
  tile: { id: string; name: string; hint: string },
  demo?: { address: string; password: string },
): Html {
  return html`<label class="tile"><input type="radio" name="provider" id="provider-${tile.id}" value="${tile.id}"${
    page.values.provider === tile.id && html` checked`
  }${demo !== undefined && html` data-address="${demo.address}" data-password="${demo.password}"`}><span><b>${tile.name}</b><small>${tile.hint}</small></span></label>`
}

/** One button for each provider with a sign-in of its own, shown while it is chosen; it sends the same form. */
export function signInButtons(page: MailboxForm): Html {
  return html`${page.signIns.map(
    ({ id, name }) =>
      html`<button type="submit" formaction="/oauth/provider/start" data-provider="${id}" name="action" value="connect" data-busy="Opening ${name}…">Sign in with ${name}</button>
`,
  )}`
}

function organisationNote({ id, name }: SignInProvider): Html {
  return html`<div class="note" data-provider="${id}"><p><strong>${name}.</strong> You sign in at ${name}, and this server never sees your password. Press “Sign in with ${name}” below.</p>
</div>`
}

function providerNote(page: MailboxForm, provider: Provider): Html {
  const signIn = signInOf(page, provider)
  if (signIn !== undefined) return signInNote(provider, signIn)
  const tone = provider.signIn === 'oauth' ? ' bad' : provider.signIn === 'bridge' ? ' warn' : ''
  return html`<div class="note${tone}" data-provider="${provider.id}"><p><strong>${provider.name}.</strong> ${provider.note}${
    provider.appPasswordUrl !== undefined &&
    html` <a href="${provider.appPasswordUrl}" target="_blank" rel="noopener noreferrer">Create an app password (new tab)</a>`
  }</p>
</div>`
}

function signInNote(provider: Provider, { name }: SignInProvider): Html {
  const more =
    provider.signIn === 'oauth'
      ? html` Passwords and app passwords no longer work there.`
      : html` Or enter an app password, where you have one.${
          provider.appPasswordUrl !== undefined &&
          html` <a href="${provider.appPasswordUrl}" target="_blank" rel="noopener noreferrer">Create an app password (new tab)</a>`
        }`
  return html`<div class="note" data-provider="${provider.id}"><p><strong>${provider.name}.</strong> Press “Sign in with ${name}” below: you sign in at ${name}, and this server never sees your password.${more}</p>
</div>`
}

function passwordField(page: MailboxForm): Html {
  const fault = faultOf(page, 'password')
  return html`<div class="field" data-password>
<label class="text" for="password">Password or app password</label>
<div class="secret">
<input id="password" name="password" type="password" autocomplete="current-password" aria-required="true"${described('password', fault)}>
<button type="button" class="quiet" data-script data-reveal hidden aria-pressed="false" aria-controls="password">Show</button>
</div>${faultText('password', fault)}</div>`
}

function textField(
  page: MailboxForm,
  field: { name: keyof FormValues; label: string; type: string; attributes: Html },
): Html {
  const fault = faultOf(page, field.name)
  return html`<div class="field">
<label class="text" for="${field.name}">${field.label}</label>
<input id="${field.name}" name="${field.name}" type="${field.type}" value="${page.values[field.name]}" aria-required="true"${field.attributes}${described(field.name, fault)}>${faultText(field.name, fault)}</div>`
}

function hosts(page: MailboxForm): Html {
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
  return html`<legend>Your mail servers</legend>
<p class="soft">Your provider's help pages name them. Or leave them empty: your domain is asked for them.</p>
<div class="hosts">
<h3>Incoming mail (IMAP)</h3>${host('imap_host', 'imap.example.com')}${port('imap_port', '993')}${security(page, 'imap_tls', '993', '143')}
<h3>Outgoing mail (SMTP)</h3>${host('smtp_host', 'smtp.example.com')}${port('smtp_port', '465')}${security(page, 'smtp_secure', '465', '587')}
</div>`
}

function security(
  page: MailboxForm,
  name: 'imap_tls' | 'smtp_secure',
  implicitPort: string,
  startTlsPort: string,
): Html {
  const fault = faultOf(page, name)
  return html`<div class="field wide">
<label class="text" for="${name}">Security</label>
<select id="${name}" name="${name}"${described(name, fault)}>
<option value="true">TLS (port ${implicitPort})</option>
<option value="false"${
    page.values[name] === 'false' && html` selected`
  }>STARTTLS, required (port ${startTlsPort})</option></select>${faultText(name, fault)}</div>`
}

export function faultOf(page: MailboxForm, field: FieldName): string | undefined {
  return page.faults.find((fault) => fault.field === field)?.message
}

export function described(field: FieldName, fault: string | undefined): Html | false {
  return fault !== undefined && html` aria-invalid="true" aria-describedby="${field}-fault"`
}

export function faultText(field: FieldName, fault: string | undefined): Html | false {
  return fault !== undefined && html`<p class="fault" id="${field}-fault">${fault}</p>`
}

/** Which provider a domain belongs to, for the script. */
export function providerDomains(providers: readonly Provider[]): string {
  return JSON.stringify(
    Object.fromEntries(providers.flatMap(({ id, domains }) => domains.map((domain) => [domain, id]))),
  )
}

/** `Outlook.com and Microsoft 365`, `Proton Mail (through Bridge)`: a tile has room for the first part. */
function shortName(provider: Provider): string {
  return provider.name.split(/ and | \(/)[0] ?? provider.name
}
