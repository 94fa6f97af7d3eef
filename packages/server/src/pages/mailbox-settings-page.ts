/** One mailbox in one connection: name, other addresses, signatures, time zone, and the folders the app may see. */
import { type Html, html } from './html.ts'
import { limitFields } from './limit-fields.ts'
import { areaField, lineField, type OwnerForm, ownerFormPage, selectField } from './owner-form.ts'

export interface MailboxSettingsPage extends OwnerForm {
  readonly mayWrite: boolean
  /** Shown where the connection has more mailboxes than this; else the connection's own limits say all. */
  readonly withLimits: boolean
}

export function mailboxSettingsPage(form: MailboxSettingsPage): Response {
  return ownerFormPage(form, {
    title: 'Names and folders',
    lead: html`What <b><bdi>${form.clientName}</bdi></b> knows of <b><bdi>${form.address}</bdi></b>, and which folders it may use.`,
    save: 'mailbox',
    body: html`${form.mayWrite && writing(form)}
<section class="card">
<h2>Time</h2>
${selectField(form, {
  name: 'time_zone',
  label: 'Your time zone',
  options: [
    ['', 'Not said: UTC'],
    ...zones(form.values.time_zone ?? '').map((zone) => [zone, zone] as const),
  ],
  hint: 'What “today” means when the app looks for mail, and the times it shows.',
})}
</section>
<section class="card">
<h2>Folders</h2>
${areaField(form, {
  name: 'hidden',
  label: 'Folders the app does not see',
  rows: 3,
  hint: 'One a line, with the whole name your mail program shows, such as Private or Work/Salaries. Folders inside are hidden too.',
})}
${
  form.mayWrite &&
  areaField(form, {
    name: 'read_only',
    label: 'Folders the app only reads',
    rows: 3,
    hint: 'One a line. It moves, marks and deletes nothing there.',
  })
}
</section>
${
  form.withLimits &&
  html`<section class="card">
<h2>Limits for this mailbox</h2>
<p class="soft">They hold beside the limits of the whole connection.</p>
${limitFields(form)}
</section>`
}`,
  })
}

function writing(form: MailboxSettingsPage): Html {
  return html`<section class="card">
<h2>Writing</h2>
${lineField(form, {
  name: 'name',
  label: 'Your name',
  hint: 'As readers see it beside your address.',
  attributes: html` autocomplete="name"`,
})}
${areaField(form, {
  name: 'aliases',
  label: 'Other addresses you write from',
  rows: 3,
  hint: html`One a line, with a name if it has its own: <code>Ann Smith &lt;ann@example.com&gt;</code>. Your mail server must let this mailbox send from them. Save to give one a signature.`,
})}
${signature(form, 0, 'Signature')}
${otherSignatures(form)}
</section>`
}

/** One for each address that was named beside it; the first is that of all. */
function otherSignatures(form: MailboxSettingsPage): Html[] {
  const indexes = Array.from({ length: 15 }, (_, index) => index + 1)
  return indexes.flatMap((index) => {
    const address = form.values[`signature_address_${index}`]
    if (address === undefined) return []
    const isUsed = form.values[`signature_text_${index}`] || form.values[`signature_html_${index}`]
    const isWrong = form.faults.some(({ field }) => field.endsWith(`_${index}`))
    return [
      html`<details${(isUsed || isWrong) && html` open`}>
<summary><span>Another signature for <bdi>${address}</bdi></span></summary>
<div class="in">
<input type="hidden" name="signature_address_${index}" value="${address}">
${signature(form, index, `Signature of ${address}`)}
</div>
</details>`,
    ]
  })
}

function signature(form: MailboxSettingsPage, index: number, label: string): Html {
  return html`${areaField(form, { name: `signature_text_${index}`, label, rows: 4, hint: 'Below what you write, as plain text.' })}
${areaField(form, {
  name: `signature_html_${index}`,
  label: `${label}, as HTML`,
  rows: 3,
  isCode: true,
  hint: 'If you want one with links or a picture. Scripts, colours and everything hidden are taken out. Empty: the plain text.',
})}`
}

/** With the stored one, which may have an older name. */
function zones(stored: string): readonly string[] {
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
  return stored === '' || known.includes(stored) ? known : [stored, ...known]
}
