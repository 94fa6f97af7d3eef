/**
 * What `/review` shows: the link to paste, and one draft with its buttons. The email's HTML is the document of a frame
 * without scripts, forms or a way out; everything else of it is text on this page. What became of it is review-ended-page.ts.
 */
import { type Html, html } from './html.ts'
import { linkFormPage } from './link-form-page.ts'
import { toPageResponse } from './page.ts'

export interface ReviewedDraft {
  readonly form: { readonly token: string; readonly approval: string }
  /** The mailbox. */
  readonly address: string
  readonly email: {
    readonly people: readonly { readonly name: string; readonly values: readonly Marked[] }[]
    readonly redirects: readonly string[]
    readonly note?: string
    readonly subject: string
    readonly files: readonly string[]
  }
  readonly texts: readonly {
    readonly plain?: string
    readonly html?: FramedHtml
    readonly differs: boolean
  }[]
  readonly isWhole: boolean
  /** It was changed after it was shown. */
  readonly isChanged?: boolean
  /** The connection may discard it. */
  readonly mayChange: boolean
  readonly noSending?: NoSending | undefined
  /** How much one form may add; absent: nothing. */
  readonly uploadMegabytes?: number
}

/** A frame without script does not know how long its document is. */
const shortChars = 1_200

interface Marked {
  readonly text: string
  readonly marks: readonly string[]
}

interface FramedHtml {
  readonly document: string
  readonly hidden: readonly string[]
  readonly hasInvisible: boolean
  readonly links: readonly { readonly text: string; readonly url: string }[]
  readonly pictureHosts: readonly string[]
  readonly missingPictures: number
}

/** Why there is no button that sends it. */
export type NoSending = keyof typeof noSendingTexts

const noSendingTexts = {
  permission: 'This connection may draft and not send. Any mail program of yours can send it.',
  unreadable:
    'Its recipients or its sender cannot be read. Correct them in your mail program, or ask your app to.',
  not_own: 'It names another sender than this mailbox. Correct it in your mail program, or ask your app to.',
  nobody: 'It names no recipient. Add one in your mail program, or ask your app to.',
  not_whole:
    'Not all of it can be shown here, and what you have not seen is not sent from here. Your own mail program can show and send it.',
} as const

export function reviewLinkPage({ isFaulty = false }: { readonly isFaulty?: boolean }): Response {
  return linkFormPage({
    path: '/review',
    title: 'Review an email',
    lead: 'Your app has put an email into your Drafts. Read it here as it will go out; nothing is sent before you say so.',
    hint: 'It works in one browser that you have paired.',
    isFaulty,
  })
}

export function reviewPage(draft: ReviewedDraft): Response {
  const { form, email, texts, noSending, isChanged = false } = draft
  const title = noSending === undefined ? 'Send this email?' : 'A draft to review'
  return toPageResponse({
    title,
    framesMail: true,
    body: html`<div class="hero">
<h1>${title}</h1>
<p class="lead">It is in the Drafts of <b><bdi>${draft.address}</bdi></b>. ${noSending === undefined && 'It goes out as you see it here, or not at all.'}</p>
</div>
${isChanged && note('It was changed.', 'Nothing was done: this email is not what you were shown before. Here it is as it is now.')}
${noSending !== undefined && note('It cannot be sent from here.', noSendingTexts[noSending])}
<section class="card review" aria-labelledby="head-title">
<h2 id="head-title" class="subject"><bdi>${email.subject === '' ? '(no subject)' : email.subject}</bdi></h2>
<dl>
${email.people.map(({ name, values }) => html`<dt>${name}</dt><dd>${values.map(marked)}</dd>`)}
</dl>
${email.note !== undefined && html`<p class="hint">${email.note}</p>`}
${email.redirects.map((line) => html`<p class="note warn"><bdi>${line}</bdi></p>`)}
${!draft.isWhole && noSending !== 'not_whole' && html`<p class="hint">Not all of it can be shown here.</p>`}
${email.files.length > 0 && html`<ul class="files">${email.files.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`}
</section>
${texts.length === 0 && html`<section class="card"><p class="soft">It has no text.</p></section>`}
${texts.map((text, index) => textSection(text, texts.length > 1 ? ` ${index + 1} of ${texts.length}` : ''))}
<form class="narrow" method="post" action="/review" data-once>
<input type="hidden" name="link" value="${form.token}">
<input type="hidden" name="approval" value="${form.approval}">
<div class="actions">
${noSending === undefined && html`<button type="submit" name="action" value="send" data-busy="Sending…">Send</button>`}
<button type="submit" class="quiet" name="action" value="keep">Keep in Drafts</button>
${draft.mayChange && html`<button type="submit" class="danger" name="action" value="discard" data-busy="Discarding…">Discard</button>`}
</div>
</form>
${draft.mayChange && draft.uploadMegabytes !== undefined && addForm(form, draft.uploadMegabytes)}`,
  })
}

/** Apart, so that nothing is uploaded with an answer. */
function addForm({ token, approval }: ReviewedDraft['form'], megabytes: number): Html {
  return html`<details class="add"><summary>Add files</summary>
<form class="in" method="post" action="/review" enctype="multipart/form-data" data-once>
<input type="hidden" name="link" value="${token}">
<input type="hidden" name="approval" value="${approval}">
<div class="field">
<label class="text" for="file">Files from this device</label>
<input id="file" name="file" type="file" multiple required aria-describedby="file-hint">
<p class="hint" id="file-hint">Up to 20 at once, ${megabytes} MB together. Larger ones your own mail program can add. You are shown the email again before it is sent.</p>
</div>
<div class="actions"><button type="submit" class="quiet" name="action" value="add" data-busy="Adding…">Add to the draft</button></div>
</form></details>`
}

function marked({ text, marks }: Marked): Html {
  return html`<div><bdi>${text}</bdi>${marks.map((mark) => html` <span class="tag maybe">${mark}</span>`)}</div>`
}

function note(title: string, text: string): Html {
  return html`<div class="note warn" role="status" tabindex="-1" autofocus><p><strong>${title}</strong> ${text}</p></div>`
}

function textSection({ plain, html: framed, differs }: ReviewedDraft['texts'][number], number: string): Html {
  const plainText =
    plain !== undefined &&
    html`<pre class="mail" tabindex="0" role="region" aria-label="Plain text${number}">${plain}</pre>`
  if (framed === undefined)
    return html`<section class="card review" aria-label="Text${number}">${plainText}</section>`
  return html`<section class="card review" aria-label="Text${number}">
${differs && html`<div class="note warn"><p><strong>It says two things.</strong> Readers see either the formatted or the plain text, and the words of the two differ: read both.</p></div>`}
<iframe class="mail${framed.document.length < shortChars && ' short'}" sandbox title="The email as formatted text${number}" srcdoc="${framed.document}"></iframe>
${framed.hasInvisible && html`<p class="note warn">It holds characters that print nothing.</p>`}
${pictures(framed)}
${hiddenWords(framed.hidden)}
${links(framed.links)}
${plainText !== false && html`<details${differs && html` open`}><summary>${differs ? 'What the plain text says' : 'The same as plain text'}</summary><div class="in">${plainText}</div></details>`}
</section>`
}

function pictures({ pictureHosts, missingPictures }: FramedHtml): Html | false {
  if (pictureHosts.length === 0 && missingPictures === 0) return false
  return html`<p class="hint">${pictureHosts.length > 0 && html`Pictures from elsewhere are not loaded here: <bdi>${pictureHosts.join(', ')}</bdi>. `}${
    missingPictures > 0 &&
    `${missingPictures === 1 ? 'One attached picture is' : `${missingPictures} attached pictures are`} not shown: too large, or not there.`
  }</p>`
}

function hiddenWords(hidden: readonly string[]): Html | false {
  if (hidden.length === 0) return false
  const words = hidden.reduce((sum, text) => sum + text.split(/\s+/).filter(Boolean).length, 0)
  return html`<details><summary>${words} ${words === 1 ? 'word goes' : 'words go'} out that a reader does not see</summary><div class="in">${hidden.map(
    (text) => html`<pre class="mail" tabindex="0">${text}</pre>`,
  )}</div></details>`
}

function links(found: FramedHtml['links']): Html | false {
  if (found.length === 0) return false
  return html`<details><summary>${found.length === 1 ? 'Where its link leads' : `Where its ${found.length} links lead`}</summary><ul class="in links">${found.map(
    ({ text, url }) =>
      html`<li><bdi>${text === '' ? '(a picture)' : text}</bdi><br><code><bdi>${url}</bdi></code></li>`,
  )}</ul></details>`
}
