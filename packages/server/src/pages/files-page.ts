/** What `/files` says: the link to paste, the file with its button, and why there is none. */
import type { MailAddress } from '@email-connector/mail'
import { html } from './html.ts'
import { linkFormPage } from './link-form-page.ts'
import { messagePage, toPageResponse } from './page.ts'

export function filesLinkPage({ isFaulty = false }: { readonly isFaulty?: boolean }): Response {
  return linkFormPage({
    path: '/files',
    title: 'Download an attachment',
    lead: 'Your app found a file that is better opened by you. It comes straight from your mail server.',
    hint: 'It works for 15 minutes, in one browser that you have paired.',
    isFaulty,
  })
}

export function filePage(file: {
  readonly token: string
  readonly filename: string
  readonly size: number
  readonly from: readonly MailAddress[]
  readonly subject: string
  readonly address: string
  readonly isTooLarge: boolean
}): Response {
  const { filename, size, from, subject, address, isTooLarge } = file
  return toPageResponse({
    title: 'Download an attachment',
    body: html`<div class="hero">
<h1>Download an attachment</h1>
<p class="lead">From your mailbox <b><bdi>${address}</bdi></b>. Open it only if you expect it from this sender.</p>
</div>
<form class="narrow" method="post" action="/files">
<input type="hidden" name="link" value="${file.token}">
<section class="card">
<dl>
<dt>File</dt>
<dd><bdi>${filename}</bdi></dd>
<dt>Size</dt>
<dd>about ${sizeText(size)}</dd>
<dt>From</dt>
<dd>${from.length === 0 ? html`<span class="soft">Nobody is named</span>` : from.map(({ name, address: sender }) => html`<bdi>${name}</bdi> <bdi>${sender}</bdi><br>`)}</dd>
<dt>Email</dt>
<dd><bdi>${subject === '' ? '(no subject)' : subject}</bdi></dd>
</dl>
${isTooLarge && html`<div class="note warn"><p><strong>Too large for this server.</strong> ${stops.too_large.text}</p></div>`}
</section>
${
  !isTooLarge &&
  html`<div class="actions">
<button type="submit" name="action" value="download">Download</button>
</div>`
}
</form>`,
  })
}

const stops = {
  ended: {
    status: 403,
    title: 'This link has ended',
    text: 'It is older than 15 minutes, was opened in another browser, or its connection has ended. Ask your app for the attachment again.',
  },
  gone: {
    status: 404,
    title: 'The attachment is no longer there',
    text: 'The email was moved, changed or deleted. Ask your app to find it again.',
  },
  too_large: {
    status: 413,
    title: 'Too large for this server',
    text: 'Open the email in your own mail program and save the attachment there.',
  },
  sign_in: {
    status: 409,
    title: 'Your mail provider did not let us in',
    text: 'The password or sign-in of this mailbox has to be renewed. Your app can show you the link for that.',
  },
  mail_server: {
    status: 502,
    title: 'Your mail server did not answer',
    text: 'Nothing was downloaded. Try again in a minute.',
  },
  busy: {
    status: 429,
    title: 'Too many downloads at once',
    text: 'Wait until one of them is over, then try again.',
  },
} as const
export type FileStop = keyof typeof stops

export function fileStoppedPage(stop: FileStop): Response {
  return messagePage(stops[stop])
}

/** In the units that mail programs show. */
function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const amount = bytes / 1000 ** power
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount)} ${units[power]}`
}
