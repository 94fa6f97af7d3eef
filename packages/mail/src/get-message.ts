/**
 * One message: its structure first, then only the text parts that will be read, never setting \Seen. EXAMINE and the
 * first FETCH share a flight; UIDVALIDITY is checked before anything of the answer is used.
 */
import { readAuthentication } from './authentication-results.ts'
import { type MessageParts, sortParts, type TextPart } from './body-structure.ts'
import { decodeCharset, decodeTransfer, unflow } from './body-text/decode-part.ts'
import { htmlToText, type ReadableText } from './body-text/html-to-text.ts'
import { removeInvisible } from './body-text/invisible-characters.ts'
import { neutraliseLinks } from './body-text/links.ts'
import { escapeText, sanitizeHtml } from './body-text/sanitize-html.ts'
import { peek, peekHeaders, summaryItems } from './fetch-items.ts'
import { parseHeaders } from './headers.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from './imap-session.ts'
import { MailError } from './mail-error.ts'
import type { MessageBody, MessageDetail, MessageRef } from './message.ts'
import { cleanLine, toAddresses, toDate } from './message-summary.ts'
import { isUid } from './uid-set.ts'

export interface GetMessageOptions {
  readonly format: 'text' | 'html'
  /** Characters to leave out at the start, to read a long body in slices. */
  readonly offset: number
  readonly maxChars: number
}

/** More encoded octets than this of one part are not fetched: 150,000 words. Ten parts fit into one response. */
const maxPartBytes = 1024 * 1024
const wantedHeaders = ['FROM', 'REFERENCES', 'AUTHENTICATION-RESULTS']
const maxReferences = 100

/** Throws `stale_id`, `message_not_found`, `mailbox_not_found`. */
export async function getMessage(
  session: ImapSession,
  ref: MessageRef,
  options: GetMessageOptions,
): Promise<MessageDetail> {
  const { mailbox, message } = await fetchByRef(session, ref, [
    ...summaryItems(session),
    peekHeaders(wantedHeaders),
  ])
  const parts = sortParts(message.bodyStructure)
  const { body, warnings } = await readBody(session, mailbox, message, parts, options)
  const headers = parseHeaders(message.headers)
  const { envelope } = message
  const domain = envelope?.from?.[0]?.address?.split('@').at(-1)
  const authentication = readAuthentication(
    headers.get('authentication-results') ?? [],
    domain,
    session.receiver,
  )
  const messageId = cleanLine(envelope?.messageId)
  const inReplyTo = cleanLine(envelope?.inReplyTo)
  return {
    ref,
    date: toDate(message),
    from: toAddresses(envelope?.from),
    sender: toAddresses(envelope?.sender),
    replyTo: toAddresses(envelope?.replyTo),
    to: toAddresses(envelope?.to),
    cc: toAddresses(envelope?.cc),
    bcc: toAddresses(envelope?.bcc),
    subject: cleanLine(envelope?.subject),
    ...(messageId === '' ? {} : { messageId }),
    ...(inReplyTo === '' ? {} : { inReplyTo }),
    references: ((headers.get('references') ?? []).join(' ').match(/<[^<>\s]{1,998}>/g) ?? []).slice(
      -maxReferences,
    ),
    flags: [...(message.flags ?? [])],
    size: message.size ?? 0,
    body,
    attachments: parts.attachments,
    ...(authentication ? { authentication } : {}),
    warnings: [
      ...new Set([
        ...warnings,
        ...fromWarnings(headers.get('from') ?? [], message),
        ...(authentication?.dmarc === 'fail' ? ['sender_not_authenticated'] : []),
      ]),
    ],
  }
}

/** EXAMINE and UID FETCH of one message in one flight. */
export async function fetchByRef(
  session: ImapSession,
  ref: MessageRef,
  items: Parameters<ImapSession['examineAndFetch']>[2],
): Promise<{ mailbox: SelectedMailbox; message: FetchedMessage }> {
  if (!isUid(ref.uid)) throw new MailError('invalid_input', { field: 'id' })
  const { mailbox, messages } = await session.examineAndFetch(ref.mailbox, String(ref.uid), items)
  if (mailbox.uidValidity !== ref.uidValidity) throw new MailError('stale_id', { protocol: 'imap' })
  const message = messages.find((one) => one.uid === ref.uid)
  if (!message) throw new MailError('message_not_found', { protocol: 'imap' })
  return { mailbox, message }
}

/** RFC 5322 §3.6 allows one From; a second, or an address inside the name, is there to be mistaken. */
function fromWarnings(raw: readonly string[], { envelope }: FetchedMessage): string[] {
  const from = envelope?.from ?? []
  const named = from.some(({ name, address }) => {
    const inName = /[^\s<>"']+@[\w.-]+\.\w+/.exec(name ?? '')?.[0]
    return inName !== undefined && inName.toLowerCase() !== address?.toLowerCase()
  })
  return raw.length > 1 || from.length !== 1 || named ? ['suspicious_from'] : []
}

async function readBody(
  session: ImapSession,
  mailbox: SelectedMailbox,
  message: FetchedMessage,
  { bodies }: MessageParts,
  { format, offset, maxChars }: GetMessageOptions,
): Promise<{ body: MessageBody; warnings: string[] }> {
  const chosen = bodies.flatMap(
    ({ plain, html }) => (format === 'html' ? (html ?? plain) : (plain ?? html)) ?? [],
  )
  const contents = await fetchParts(session, mailbox, message.uid, chosen)
  // "This message needs an HTML reader", said by an empty text part.
  const instead = bodies.flatMap(({ plain, html }) =>
    plain && html && chosen.includes(plain) && (contents.get(plain) ?? '').trim() === ''
      ? [{ plain, html }]
      : [],
  )
  const replaced = await fetchParts(
    session,
    mailbox,
    message.uid,
    instead.map(({ html }) => html),
  )
  const read = chosen.map((part) => {
    const html = instead.find(({ plain }) => plain === part)?.html
    return html
      ? render(html, replaced.get(html) ?? '', format)
      : render(part, contents.get(part) ?? '', format)
  })
  const sources = chosen.map((part) => instead.find(({ plain }) => plain === part)?.html.type ?? part.type)
  const whole = read
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join('\n\n')
  const warnings = read.flatMap((one) => one.warnings)
  const text = sliceText(whole, offset, maxChars)
  if (offset + text.length < whole.length || chosen.some(({ size }) => size > maxPartBytes))
    warnings.push('body_truncated')
  const source = sources.includes('text/html') ? 'text/html' : (sources[0] ?? 'none')
  return { body: { source, text, offset, totalChars: whole.length }, warnings }
}

async function fetchParts(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  parts: readonly TextPart[],
): Promise<Map<TextPart, string>> {
  const texts = new Map<TextPart, string>()
  if (parts.length === 0) return texts
  const items = [{ type: 'ATOM', value: 'UID' }, ...parts.map((part) => peek(part.partId, 0, maxPartBytes))]
  const rows = await session.fetch(mailbox, 'uid', String(uid), items)
  const row = rows.find((one) => one.uid === uid)
  if (!row) throw new MailError('message_not_found', { protocol: 'imap' })
  for (const part of parts) {
    const content = row.bodyParts?.get(part.partId)
    if (!Buffer.isBuffer(content)) continue
    texts.set(part, decodeCharset(decodeTransfer(content, part.encoding), part.charset))
  }
  return texts
}

function render(part: TextPart, text: string, format: 'text' | 'html'): ReadableText {
  if (part.type === 'text/html') return format === 'html' ? sanitizeHtml(text) : htmlToText(text)
  const clean = removeInvisible(
    part.flowed ? unflow(text, part.deleteSpace) : text.replaceAll(/\r\n?/g, '\n'),
  )
  const neutral = neutraliseLinks(clean.text)
  const shown = neutral.text.trim()
  return {
    text: format === 'html' ? `<pre>${escapeText(shown)}</pre>` : shown,
    warnings: [
      ...(clean.removed ? ['hidden_text_removed'] : []),
      ...(neutral.mismatch ? ['link_text_mismatch'] : []),
    ],
  }
}

/** Never ends or begins inside a surrogate pair. */
function sliceText(text: string, offset: number, maxChars: number): string {
  const from = isLowSurrogate(text, offset) ? offset - 1 : offset
  const to = offset + maxChars
  return text.slice(Math.max(0, from), isLowSurrogate(text, to) ? to - 1 : to)
}

function isLowSurrogate(text: string, at: number): boolean {
  return at > 0 && at < text.length && /[\uDC00-\uDFFF]/.test(text.charAt(at))
}
