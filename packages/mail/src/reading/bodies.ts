/**
 * The text of messages: of each only the parts that will be read, those of several messages in one flight. Both texts of
 * an alternative are read, since which of them is the mail is a matter of their words. Rendering makes text safe to
 * show; what is hidden or misleading in it becomes a warning, and a text that is empty says why.
 */
import { escapeText } from '../body-text/escape-text.ts'
import { isForwardSubject, isReplySubject } from '../body-text/quote-marks.ts'
import type { Reading } from '../body-text/readable-text.ts'
import type { CallTime } from '../connect/deadline.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import type { DeliveryReport, Invitation, MessageBody } from '../message.ts'
import { type BodyReader, type Contents, createBodyReader } from './body-reader.ts'
import { describeEmpty } from './empty-body.ts'
import { cleanLine } from './envelope-text.ts'
import { type FetchedText, fetchTexts, toText } from './fetch-texts.ts'
import { createPictureSkipper, toTextWithoutPictures } from './inline-pictures.ts'
import { findCalendar, readInvitation } from './invitation.ts'
import { nestedMails, toHeading } from './nested-mails.ts'
import type { Format } from './render-part.ts'
import { isReport, readReport } from './report.ts'
import {
  type BodyStructure,
  findParts,
  type MessageParts,
  sortParts,
  type TextPart,
  toTextPart,
} from './structure.ts'

export interface GetMessageOptions {
  readonly format: Format
  /** Characters to leave out at the start, to read a long body in slices. */
  readonly offset: number
  /** 0: the body is not wanted, and not fetched. */
  readonly maxChars: number
  /** Of earlier emails at the end of a reply; `shown` where it is left out. */
  readonly quotes?: Reading['quotes']
  /** The whole targets of links, numbered. */
  readonly links?: boolean
}

/** More encoded octets than this of one part are not fetched: 150,000 words. Ten parts fit into one response. */
export const maxPartBytes = 1024 * 1024
/** A calendar that is longer is somebody's year, no invitation: of it only the structure is told. */
const maxInvitationBytes = 512 * 1024
const maxBatchBytes = 8 * maxPartBytes

export interface StructuredMessage {
  readonly message: FetchedMessage
  readonly parts: MessageParts
}

export interface ReadBody {
  readonly body: MessageBody
  readonly invitation?: Invitation
  readonly report: readonly DeliveryReport[]
  readonly warnings: string[]
}

interface ChosenParts {
  readonly uid: number
  readonly parts: readonly TextPart[]
  readonly from: StructuredMessage
}

/** By UID; a message that has gone meanwhile is left out. */
export async function readBodies(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly StructuredMessage[],
  options: GetMessageOptions,
): Promise<Map<number, ReadBody>> {
  const chosen = messages.map((from) => ({
    uid: from.message.uid,
    parts: options.maxChars === 0 ? [] : chooseParts(from, options.format),
    from,
  }))
  const read = new Map<number, ReadBody>()
  const skipPictures = createPictureSkipper(session, mailbox, maxPartBytes)
  for (const some of toBatches(chosen)) {
    const contents = await fetchTexts(session, mailbox, some, maxPartBytes)
    for (const { uid, parts, from } of some) {
      await skipPictures(uid, parts, contents)
      // Every part that is there was answered for, if only as empty.
      if (parts.some((part) => !contents.has(part))) continue
      read.set(
        uid,
        await toBody(from.message, from.parts, byNumber(parts, contents), options, {
          nested: true,
          reading: readingOf(from.message, options),
          time: session.time,
        }),
      )
    }
  }
  return read
}

function byNumber(parts: readonly TextPart[], contents: ReadonlyMap<TextPart, FetchedText>): Contents {
  const numbered = new Map<string, FetchedText>()
  for (const part of parts) {
    const text = contents.get(part)
    if (text !== undefined) numbered.set(part.partId, text)
  }
  return numbered
}

/** Of a structure whose content is here; mails inside it are left to the caller. */
export async function readParsed(
  structure: BodyStructure,
  time: CallTime,
  envelope?: FetchedMessage['envelope'],
): Promise<ReadBody> {
  const parts = sortParts(structure)
  const reports = findParts(structure, isReport).map(toTextPart)
  const texts = parts.bodies.flatMap(({ plain, html }) => [...plain, ...html])
  const contents = new Map<string, FetchedText>()
  for (const part of [...texts, ...reports]) {
    const content = part.content ?? Buffer.alloc(0)
    const text = await toText(part, content, maxPartBytes)
    const isLong = text.isCut && part.type === 'text/html'
    contents.set(part.partId, isLong ? await toTextWithoutPictures(part, content, maxPartBytes) : text)
  }
  const whole = { format: 'text', offset: 0, maxChars: Number.MAX_SAFE_INTEGER } as const
  return await toBody({ bodyStructure: structure }, parts, contents, whole, {
    ...{ nested: false, reading: { senderHost: senderHostOf(envelope) }, time },
  })
}

export function chooseParts({ message, parts: { bodies } }: StructuredMessage, format: Format): TextPart[] {
  const texts = bodies.flatMap(({ plain, html }) => {
    if (format === 'text') return [...plain, ...html]
    return html.length > 0 ? html : plain
  })
  const reports = findParts(message.bodyStructure, isReport).map(toTextPart)
  const calendar = findCalendar(message.bodyStructure)
  const isWanted = calendar !== undefined && (calendar.size ?? 0) <= maxInvitationBytes
  const invitation = isWanted ? [toTextPart(calendar)] : []
  // A mail that only holds other mails is read as what they say.
  const nested =
    texts.length === 0 ? nestedMails(message.bodyStructure).flatMap(({ bodies: inner }) => inner) : []
  const others = [...reports, ...invitation, ...nested.flatMap(({ plain, html }) => [...plain, ...html])]
  return [...texts, ...others.filter(({ partId }) => texts.every((text) => text.partId !== partId))]
}

/** A forwarded email is content; a block of headers is a quote only in a reply. */
function readingOf(
  { envelope }: FetchedMessage,
  { quotes = 'shown', links = false }: GetMessageOptions,
): Reading {
  const subject = cleanLine(envelope?.subject)
  const isReply = (envelope?.inReplyTo ?? '') !== '' || isReplySubject(subject)
  return {
    quotes: isForwardSubject(subject) && quotes !== 'marked' ? 'shown' : quotes,
    isReply,
    senderHost: senderHostOf(envelope),
    firstLink: links ? 1 : undefined,
  }
}

function senderHostOf(envelope: FetchedMessage['envelope']): string | undefined {
  return envelope?.from?.[0]?.address?.split('@').at(-1)
}

type Structured = Pick<FetchedMessage, 'bodyStructure'>

async function toBody(
  message: Structured,
  parts: MessageParts,
  contents: Contents,
  { format, offset, maxChars }: GetMessageOptions,
  { nested, reading, time }: { nested: boolean; reading: Reading; time: CallTime },
): Promise<ReadBody> {
  const isWanted = maxChars > 0
  const reader = createBodyReader(contents, { format, reading, time })
  const own = isWanted ? await reader.readPlaces(parts.bodies) : ''
  const whole = own === '' && isWanted && nested ? await readNested(message, reader, format) : own
  const { warnings, sources } = reader
  const text = sliceText(whole, offset, maxChars)
  if (offset + text.length < whole.length || reader.isCut()) warnings.push('body_truncated')
  const source = sources.includes('text/html') ? 'text/html' : (sources[0] ?? 'none')
  const empty =
    whole === '' && isWanted ? describeEmpty(message.bodyStructure, parts, reader.hasHidden()) : undefined
  if (empty !== undefined) warnings.push(empty.code)
  else if (isWanted && parts.closed.some(({ kind }) => kind.endsWith('_encrypted')))
    warnings.push('encrypted')
  const reports = isWanted ? findParts(message.bodyStructure, isReport) : []
  const invitation = isWanted
    ? await readInvitation(message.bodyStructure, (part) => contents.get(part)?.text)
    : undefined
  return {
    body: {
      source,
      text,
      offset,
      totalChars: whole.length,
      ...(empty ? { note: empty.note } : {}),
      ...(reading.firstLink === undefined ? {} : { links: reader.links }),
    },
    ...(invitation === undefined ? {} : { invitation }),
    report: reports.flatMap((node) => {
      const fetched = contents.get(node.part ?? '1')
      return readReport(node.type, fetched?.text ?? '')
    }),
    warnings,
  }
}

/** Mails inside one that has no text of its own, each with who wrote it: forwards, digests, journal reports. */
async function readNested(message: Structured, reader: BodyReader, format: Format): Promise<string> {
  const shown: string[] = []
  for (const { node, bodies } of nestedMails(message.bodyStructure)) {
    const text = await reader.readPlaces(bodies)
    const heading = format === 'html' ? `<pre>${escapeText(toHeading(node))}</pre>` : toHeading(node)
    shown.push([heading, text].filter((one) => one !== '').join('\n\n'))
  }
  return shown.join('\n\n')
}

/** What is in memory at once. */
function toBatches(messages: readonly ChosenParts[]): ChosenParts[][] {
  const batches: ChosenParts[][] = []
  let bytes = 0
  for (const message of messages) {
    const more = message.parts.reduce((sum, { size }) => sum + Math.min(size, maxPartBytes), 0)
    const batch = batches.at(-1)
    if (batch && bytes + more <= maxBatchBytes) {
      batch.push(message)
      bytes += more
    } else {
      batches.push([message])
      bytes = more
    }
  }
  return batches
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
