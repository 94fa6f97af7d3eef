/**
 * The text of chosen parts of several messages: parts that were opened are here already, the others come in one flight,
 * one FETCH for all messages whose parts have the same numbers. What a server does not give that way is asked for alone,
 * then looked for in the source; what fails even so is named, and costs nothing beside it.
 */
import { peek } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { decodeText } from '../mime/charset.ts'
import { parseSource } from '../mime/source.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { createTurns } from '../turns.ts'
import { fetchPiece, maxOpenedBytes } from './open-parts.ts'
import { findPart, type TextPart } from './structure.ts'

export interface FetchedText {
  readonly text: string
  readonly isCut: boolean
  readonly isFailed?: boolean
}

interface WantedParts {
  readonly uid: number
  readonly parts: readonly TextPart[]
}

const uidItem = { type: 'ATOM', value: 'UID' }

/** A part of a message that is gone has no entry. */
export async function fetchTexts(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly WantedParts[],
  maxPartBytes: number,
): Promise<Map<TextPart, FetchedText>> {
  const texts = new Map<TextPart, FetchedText>()
  const alike = new Map<string, { uids: number[]; parts: readonly TextPart[] }>()
  for (const { uid, parts } of messages) {
    for (const part of parts)
      if (part.content) texts.set(part, await toText(part, part.content, maxPartBytes))
    const onServer = parts.filter(({ content }) => content === undefined)
    if (onServer.length === 0) continue
    const ids = onServer.map(({ partId }) => partId).join()
    const group = alike.get(ids) ?? { uids: [], parts: onServer }
    group.uids.push(uid)
    alike.set(ids, group)
  }
  const asked = [...alike.values()].map(({ uids, parts }) => ({
    set: toUidSet(uids),
    items: [uidItem, ...parts.map(({ partId }) => peek(partId, 0, maxPartBytes))],
  }))
  const rows = await session.fetchTogether(mailbox, asked).catch(orNothing)
  for (const { uid, parts } of messages) {
    const row = rows.find((one) => one.uid === uid)
    for (const part of parts) {
      if (texts.has(part)) continue
      const content = row?.bodyParts?.get(part.partId)
      const isThere = Buffer.isBuffer(content) && (content.length > 0 || part.size === 0)
      if (isThere) texts.set(part, await toText(part, content, maxPartBytes))
    }
    if (parts.every((part) => texts.has(part))) continue
    for (const [part, text] of await fetchAlone(session, mailbox, { uid, parts }, row, maxPartBytes))
      if (!texts.has(part)) texts.set(part, text)
  }
  return texts
}

/** One at a time, then out of the whole source: a structure may name what the server then does not find. */
async function fetchAlone(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { uid, parts }: WantedParts,
  row: FetchedMessage | undefined,
  maxPartBytes: number,
): Promise<Map<TextPart, FetchedText>> {
  const texts = new Map<TextPart, FetchedText>()
  const [there] = row ? [row] : await session.fetch(mailbox, 'uid', String(uid), [uidItem]).catch(orNothing)
  if (there === undefined) return texts
  const onServer = parts.filter(({ content }) => content === undefined)
  for (const part of row ? [] : onServer) {
    const content = await fetchPiece(session, mailbox, uid, part.partId, maxPartBytes).catch(orUndefined)
    if (content !== undefined && (content.length > 0 || part.size === 0))
      texts.set(part, await toText(part, content, maxPartBytes))
  }
  const missing = onServer.filter((part) => !texts.has(part) && !row?.bodyParts?.get(part.partId)?.length)
  if (missing.length === 0) return texts
  const source = await fetchPiece(session, mailbox, uid, '', maxOpenedBytes).catch(orUndefined)
  const root = source && parseSource(source, '', source.length >= maxOpenedBytes).root
  for (const part of missing) {
    const content = findPart(root, part.partId)?.content
    texts.set(
      part,
      content ? await toText(part, content, maxPartBytes) : { text: '', isCut: false, isFailed: true },
    )
  }
  return texts
}

/** A megabyte takes some milliseconds for its octets, and some for their letters: each is a turn of its own. */
const turnBytes = 64 * 1024

export async function toText(part: TextPart, content: Buffer, maxPartBytes: number): Promise<FetchedText> {
  const turns = createTurns(turnBytes)
  await turns(content.length)
  const bytes = decodeTransfer(content.subarray(0, maxPartBytes), part.encoding, true)
  await turns(bytes.length)
  const text = decodeText(bytes, part.charset, { isHtml: part.type === 'text/html' })
  return { text, isCut: Math.max(part.size, content.length) > maxPartBytes }
}

/** The server's refusal of one part must not cost the others. */
function orNothing(error: unknown): FetchedMessage[] {
  if (isRefusal(error)) return []
  throw error
}

function orUndefined(error: unknown): undefined {
  if (isRefusal(error)) return undefined
  throw error
}

export function isRefusal(error: unknown): boolean {
  return error instanceof MailError && ['server_refused', 'not_supported', 'too_large'].includes(error.code)
}
