/**
 * The text of messages: of each only the parts that will be read, and those of several messages in as few commands as
 * their structures allow. Rendering makes text safe to show; what is hidden or misleading in it becomes a warning.
 */

import { decodeCharset, decodeTransfer } from '../body-text/decode-part.ts'
import { readText } from '../body-text/read-text.ts'
import type { ReadableText } from '../body-text/readable-text.ts'
import type { RenderJob } from '../body-text/render.ts'
import type { CallTime } from '../connect/deadline.ts'
import { peek } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import type { MessageBody } from '../message.ts'
import type { MessageParts, TextPart } from './structure.ts'

type Format = 'text' | 'html' | 'source'

export interface GetMessageOptions {
  /** `source`: plain text as its writer typed it, links and all: for a draft that is changed or sent on, not to be shown. */
  readonly format: Format
  /** Characters to leave out at the start, to read a long body in slices. */
  readonly offset: number
  /** 0: the body is not wanted, and not fetched. */
  readonly maxChars: number
}

/** More encoded octets than this of one part are not fetched: 150,000 words. Ten parts fit into one response. */
const maxPartBytes = 1024 * 1024
const maxBatchBytes = 8 * maxPartBytes
export interface StructuredMessage {
  readonly message: FetchedMessage
  readonly parts: MessageParts
}

export interface ReadBody {
  readonly body: MessageBody
  readonly warnings: string[]
}

/** By UID; a message that has gone meanwhile is left out. */
export async function readBodies(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly StructuredMessage[],
  options: GetMessageOptions,
): Promise<Map<number, ReadBody>> {
  const chosen = messages.map(({ message: { uid }, parts }) => ({
    uid,
    parts: options.maxChars === 0 ? [] : chooseParts(parts, options.format),
    bodies: parts.bodies,
  }))
  const read = new Map<number, ReadBody>()
  for (const some of toBatches(chosen)) {
    const contents = await fetchParts(session, mailbox, some)
    // "This message needs an HTML reader", said by an empty text part.
    const instead = new Map<TextPart, TextPart>()
    for (const { parts, bodies } of some)
      for (const { plain, html } of bodies)
        if (plain && html && parts.includes(plain) && contents.get(plain)?.trim() === '')
          instead.set(plain, html)
    const replaced = some.map(({ uid, parts }) => ({
      uid,
      parts: parts.flatMap((part) => instead.get(part) ?? []),
    }))
    for (const [part, text] of await fetchParts(session, mailbox, replaced)) contents.set(part, text)
    for (const { uid, parts } of some) {
      // Every part that is there was answered for, if only as empty.
      if (parts.some((part) => !contents.has(part))) continue
      const shown = parts.map((part) => instead.get(part) ?? part)
      read.set(uid, await toBody(shown, contents, options, session.time))
    }
  }
  return read
}

function chooseParts({ bodies }: MessageParts, format: Format): TextPart[] {
  return bodies.flatMap(({ plain, html }) => (format === 'html' ? (html ?? plain) : (plain ?? html)) ?? [])
}

async function toBody(
  parts: readonly TextPart[],
  contents: ReadonlyMap<TextPart, string>,
  { format, offset, maxChars }: GetMessageOptions,
  time: CallTime,
): Promise<ReadBody> {
  const read: ReadableText[] = []
  for (const part of parts) read.push(await toReadable(part, contents.get(part) ?? '', format, time))
  const whole = read
    .map(({ text }) => text)
    .filter((text) => text !== '')
    .join('\n\n')
  const warnings = read.flatMap((one) => one.warnings)
  const text = sliceText(whole, offset, maxChars)
  if (offset + text.length < whole.length || parts.some(({ size }) => size > maxPartBytes))
    warnings.push('body_truncated')
  const sources = parts.map(({ type }) => type)
  const source = sources.includes('text/html') ? 'text/html' : (sources[0] ?? 'none')
  return { body: { source, text, offset, totalChars: whole.length }, warnings }
}

interface WantedParts {
  readonly uid: number
  readonly parts: readonly TextPart[]
}

/** What is in memory at once. */
function toBatches<T extends WantedParts>(messages: readonly T[]): T[][] {
  const batches: T[][] = []
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

/** One FETCH for all messages whose parts have the same numbers. A part that was not answered for has no entry. */
async function fetchParts(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly WantedParts[],
): Promise<Map<TextPart, string>> {
  const texts = new Map<TextPart, string>()
  const alike = new Map<string, WantedParts[]>()
  for (const message of messages) {
    if (message.parts.length === 0) continue
    const ids = message.parts.map(({ partId }) => partId).join()
    alike.set(ids, [...(alike.get(ids) ?? []), message])
  }
  for (const group of alike.values()) {
    const peeks = (group[0]?.parts ?? []).map((part) => peek(part.partId, 0, maxPartBytes))
    const set = toUidSet(group.map(({ uid }) => uid))
    const rows = await session.fetch(mailbox, 'uid', set, [{ type: 'ATOM', value: 'UID' }, ...peeks])
    for (const { uid, parts } of group) {
      const row = rows.find((one) => one.uid === uid)
      for (const part of row === undefined ? [] : parts) {
        const content = row?.bodyParts?.get(part.partId)
        const isThere = Buffer.isBuffer(content)
        texts.set(part, isThere ? decodeCharset(decodeTransfer(content, part.encoding), part.charset) : '')
      }
    }
  }
  return texts
}

/** How a text part is written, as the renderer names it. */
function formOf({ type, flowed, deleteSpace }: TextPart): RenderJob['from'] {
  if (type === 'text/html') return 'html'
  if (!flowed) return 'plain'
  return deleteSpace ? 'flowed-delsp' : 'flowed'
}

async function toReadable(
  part: TextPart,
  content: string,
  format: Format,
  time: CallTime,
): Promise<ReadableText> {
  const from = formOf(part)
  // Of HTML there is no source that goes out again.
  const to = from === 'html' && format === 'source' ? 'text' : format
  const read = await readText({ content, from, to }, time)
  return to === 'source' ? read : { ...read, text: read.text.trim() }
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
