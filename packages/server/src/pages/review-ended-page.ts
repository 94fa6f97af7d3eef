/** What `/review` says after an answer: what became of the email, or why nothing was done. */
import { type Html, html } from './html.ts'
import { messagePage } from './page.ts'

export type ReviewDone =
  | { readonly state: 'kept' | 'discarded' | 'not_discarded' }
  | {
      readonly state: 'sent' | 'rejected' | 'unknown'
      /** What became of it, in a sentence. */
      readonly message: string
      readonly recipients: readonly {
        readonly address: string
        readonly ok: boolean
        readonly code?: string | undefined
      }[]
      readonly hasCopy: boolean
      /** By an earlier answer, or by the app. */
      readonly repeated: boolean
    }

const doneTexts = {
  kept: ['Kept in Drafts', 'It was not sent. Any mail program of yours can change and send it.'],
  discarded: ['Discarded', 'It was not sent, and its draft is in the bin.'],
  not_discarded: [
    'Not discarded',
    'It was not sent. The draft could not be moved to the bin: it is still in Drafts.',
  ],
  sent: ['Sent', 'You can close this page.'],
  rejected: ['Not sent', 'Your outgoing mail server refused it. The draft is still in Drafts.'],
  unknown: [
    'Perhaps sent',
    'Your outgoing mail server took it and did not confirm. It is not sent again from here: look into Sent, or ask who should have got it.',
  ],
} as const

export function reviewDonePage(done: ReviewDone): Response {
  const [title, text] = doneTexts[done.state]
  return messagePage({
    status: 200,
    title: 'repeated' in done && done.repeated && done.state === 'sent' ? 'Sent before' : title,
    text: 'repeated' in done && done.repeated ? done.message : text,
    ...('recipients' in done && { more: outcome(done) }),
  })
}

function outcome({
  state,
  message,
  recipients,
  hasCopy,
  repeated,
}: Extract<ReviewDone, { message: string }>): Html {
  const list = (ok: boolean) => recipients.filter((one) => one.ok === ok)
  const [took, refused] = [list(true), list(false)]
  return html`${state === 'rejected' && !repeated && html`<p>${message}</p>`}<dl>
${took.length > 0 && html`<dt>To</dt><dd>${took.map(({ address }) => html`<div><bdi>${address}</bdi></div>`)}</dd>`}
${refused.length > 0 && html`<dt>Refused by the mail server</dt><dd>${refused.map(({ address, code }) => html`<div><bdi>${address}</bdi> <span class="tag no">${(code ?? '').replaceAll('_', ' ')}</span></div>`)}</dd>`}
</dl>
${state === 'sent' && !hasCopy && html`<p class="note warn">No copy could be filed in Sent.</p>`}`
}

const newLink = 'Ask your app for it: send_draft or update_draft of the draft answers with a new link.'
const stops = {
  ended: {
    status: 403,
    title: 'This link has ended',
    text: `It is too old, was opened in another browser, or its connection has ended. The draft is still in your Drafts. ${newLink}`,
  },
  gone: {
    status: 404,
    title: 'The draft is no longer there',
    text: 'Nothing was done: it was sent, moved, changed or deleted by another program.',
  },
  permission: {
    status: 403,
    title: 'This connection may not do that',
    text: 'Nothing was done. What the app may do was chosen when it was connected; any mail program of yours can send or delete the draft.',
  },
  not_sendable: {
    status: 409,
    title: 'It cannot be sent as it is',
    text: 'Nothing was sent. Its sender or a recipient cannot be used. Correct it in your mail program, or ask your app to, and open the link again.',
  },
  in_progress: {
    status: 409,
    title: 'It is being sent',
    text: 'Another answer or your app is sending it right now, and it is not sent twice. Open the link again in a minute to see what became of it.',
  },
  settings: {
    status: 409,
    title: 'Your limits cannot be read',
    text: 'So nothing was done. Open “Your connections” and save the settings of this connection, or revoke it.',
  },
  too_large: {
    status: 413,
    title: 'Too large to show',
    text: 'Open the draft in your own mail program: it can show and send it.',
  },
  altered: {
    status: 502,
    title: 'The files did not arrive whole',
    text: 'Your mail server keeps them in another form. Nothing was sent. Look at the draft in your own mail program, and add the files there.',
  },
  busy: {
    status: 429,
    title: 'Too many uploads at once',
    text: 'Wait until one of them is over, then try again.',
  },
  sign_in: {
    status: 409,
    title: 'Your mail provider did not let us in',
    text: 'Nothing was done. The password or sign-in of this mailbox has to be renewed. Your app can show you the link for that.',
  },
  mail_server: {
    status: 502,
    title: 'Your mail server did not answer',
    text: 'Nothing was sent. The draft is still in your Drafts: open the link again in a minute.',
  },
} as const
export type ReviewStop = keyof typeof stops

export function reviewStoppedPage(stop: ReviewStop): Response {
  return messagePage(stops[stop])
}

/** A limit that the owner set, in the sentence that names it. */
export function reviewRefusedPage(sentence: string): Response {
  return messagePage({ status: 409, title: 'One of your limits forbids it', text: sentence })
}
