/**
 * A message as it is quoted or sent on (R83): what its reader sees, as HTML and as plain text, with the pictures that
 * stand in that HTML and, for a forward, the files beside it. HTML is what a mail program shows, so it comes before the
 * plain text of the same place. Text, pictures and small files come in one flight, a large file in pieces; \Seen is
 * never set.
 */
import { type ForPeople, renderForPeople } from '../body-text/render-for-people.ts'
import type { OutgoingAttachment } from '../composing/attachment-node.ts'
import type { CallTime } from '../connect/deadline.ts'
import { parseHeaders } from '../headers.ts'
import { peekHeaders, summaryItems } from '../imap/fetch-items.ts'
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { AttachmentPart, MessageDetail, MessageRef } from '../message.ts'
import { detailHeaders, fetchByRef, toDetail } from './get.ts'
import { maxOpenedBytes, openParts } from './open-parts.ts'
import { fetchOriginalParts, type OriginalParts } from './original-parts.ts'
import { namePictures, type PictureSource } from './original-pictures.ts'
import { formOf, isBlank } from './render-part.ts'
import { type Routing, readRouting, routingHeaders } from './routing.ts'
import { type BodyPlace, findPart, sortParts, type TextPart } from './structure.ts'

/** A message to quote or to send on. */
export interface Original extends ForPeople {
  /** Without its body. */
  readonly email: MessageDetail
  readonly routing: Routing
  /** It was HTML, which shows more than its words. */
  readonly isRich: boolean
  /** There is no text that could be read: it goes on as it is, or not at all. */
  readonly isEncrypted: boolean
  /** There is more of it than was wanted. */
  readonly isCut: boolean
  /** Those that `html` shows, each with the `cid` it has there. */
  readonly pictures: readonly OutgoingAttachment[]
  /** What stands beside the text, where it was wanted. */
  readonly files: readonly OutgoingAttachment[]
}

/** How much of it is wanted. */
export interface OriginalOptions {
  /** Of the words. 0: nothing of its content is wanted, and nothing fetched. */
  readonly maxChars: number
  readonly withFiles: boolean
  /** Of files and pictures together, decoded. */
  readonly maxBytes: number
}

/** Throws `stale_id`, `message_not_found`, and `too_large` naming `attachments` where the files exceed `maxBytes`. */
export async function fetchOriginal(
  session: ImapSession,
  ref: MessageRef,
  { maxChars, withFiles, maxBytes }: OriginalOptions,
): Promise<Original> {
  const items = [...summaryItems(session), peekHeaders([...detailHeaders, ...routingHeaders])]
  const { mailbox, message: listed } = await fetchByRef(session, ref, items)
  const [message = listed] = await openParts(session, mailbox, [listed], maxOpenedBytes)
  const structure = message.bodyStructure
  const parts = sortParts(structure)
  const email = toDetail(session, ref, { message, parts }, notRead)
  const routing = readRouting(parseHeaders(message.headers))
  const places = maxChars === 0 ? [] : parts.bodies
  const own = parts.files.filter(({ inPart }) => inPart === undefined)
  const idOf = ({ partId }: AttachmentPart) => findPart(structure, partId)?.id

  const files = withFiles ? own : []
  const sizeOf = (list: readonly AttachmentPart[]) => list.reduce((sum, { size }) => sum + size, 0)
  if (sizeOf(files) > maxBytes) throw new MailError('too_large', { protocol: 'imap', field: 'attachments' })
  const isHtml = places.some(({ html }) => html.length > 0)
  const shown = own.filter(
    (file) => isHtml && file.contentType.startsWith('image/') && idOf(file) !== undefined,
  )
  // A quote does without the pictures that are too many; their words take their places.
  const pictured = withFiles ? shown : shown.filter((_, at) => sizeOf(shown.slice(0, at + 1)) <= maxBytes)
  const wanted = {
    texts: places.flatMap(({ plain, html }) => [...html, ...plain]),
    files: [...new Set([...pictured, ...files])],
  }
  const fetched = await fetchOriginalParts(session, { mailbox, ref, structure }, wanted, maxBytes)
  const body = await renderBody(places, fetched.texts, maxChars, session.time)
  const sources = pictured.flatMap((file): PictureSource[] => {
    const [contentId, picture] = [idOf(file), fetched.files.get(file.partId)]
    return contentId === undefined || picture === undefined
      ? []
      : [{ partId: file.partId, contentId, picture }]
  })
  const { html, pictures, used } = namePictures(body.html, sources)
  return {
    ...body,
    html,
    email,
    routing,
    isEncrypted: parts.bodies.length === 0 && parts.closed.some(({ kind }) => kind.endsWith('_encrypted')),
    pictures,
    files: files.flatMap(({ partId }) => (used.has(partId) ? [] : (fetched.files.get(partId) ?? []))),
  }
}

const notRead = { body: { source: 'none', text: '', offset: 0, totalChars: 0 }, report: [], warnings: [] }

type Body = Pick<Original, 'text' | 'html' | 'isRich' | 'isCut'>

async function renderBody(
  places: readonly BodyPlace[],
  texts: OriginalParts['texts'],
  maxChars: number,
  time: CallTime,
): Promise<Body> {
  const bodies: Body[] = []
  let left = maxChars
  for (const { plain, html } of places) {
    if (left <= 0) break
    const asHtml = await renderTexts(html, texts, left, time)
    // HTML of nothing but a background leaves its reader with the plain text.
    const isEmpty = isBlank(asHtml.text) && !asHtml.html.includes('<img')
    const body = isEmpty ? await renderTexts(plain, texts, left, time) : asHtml
    if (isBlank(body.text) && !body.html.includes('<img')) continue
    bodies.push(body)
    left -= body.text.length
  }
  return {
    text: bodies.map(({ text }) => text).join('\n\n'),
    html: bodies.map(({ html }) => html).join('\n'),
    isRich: bodies.some(({ isRich }) => isRich),
    isCut: left <= 0 || bodies.some(({ isCut }) => isCut),
  }
}

async function renderTexts(
  parts: readonly TextPart[],
  texts: OriginalParts['texts'],
  maxChars: number,
  { signal, leftMs }: CallTime,
): Promise<Body> {
  const rendered: ForPeople[] = []
  let isCut = false
  for (const part of parts) {
    const found = texts.get(part)
    // What goes out must be the mail, or nothing.
    if (found === undefined || found.isFailed === true)
      throw new MailError('message_not_found', { protocol: 'imap', field: 'id' })
    const options = { from: formOf(part), maxChars, signal, deadlineMs: leftMs() }
    const one = await renderForPeople(found.text, options)
    isCut ||= found.isCut || one.text.length >= maxChars
    rendered.push({ html: one.html, text: one.text.trimEnd().replace(/^\s*\n/, '') })
  }
  return {
    text: rendered.map(({ text }) => text).join('\n\n'),
    html: rendered.map(({ html }) => html).join('\n'),
    isRich: parts.some(({ type }) => type === 'text/html'),
    isCut,
  }
}
