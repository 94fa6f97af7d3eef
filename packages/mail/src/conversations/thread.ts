/**
 * The conversation a message belongs to, oldest first, each message once and with its own words: what it repeats of the
 * others is left out. The texts of several mailboxes come in one flight. A long conversation goes on by a cursor, which
 * names the message that comes next.
 */
import { createHash } from 'node:crypto'
import { tellOwnWords } from '../body-text/own-words.ts'
import { bytesOfFetch } from '../imap/byte-budget.ts'
import { peek } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession } from '../imap/session.ts'
import { type Visit, visitMailboxes } from '../imap/visits.ts'
import { invalid } from '../input.ts'
import type { AttachmentPart, MailAddress, MessageRef } from '../message.ts'
import { chooseParts, maxPartBytes, readBodies } from '../reading/bodies.ts'
import { findDraftsPath } from '../reading/draft-tag.ts'
import { cleanLine, toAddresses, toDate } from '../reading/envelope-text.ts'
import { isClosed, maxOpenedBytes, openParts } from '../reading/open-parts.ts'
import { type BodyStructure, sortParts, type TextPart } from '../reading/structure.ts'
import { isDraft, toRef } from '../reading/summary.ts'
import { findMembers, identityOf, type Member } from './thread-members.ts'

/** How much of a conversation to read, and from where. */
export interface ThreadOptions {
  /** Of all texts of a page together. */
  readonly maxChars: number
  /** `shown`: each text whole, with all that it repeats. */
  readonly quotes: 'folded' | 'shown'
  readonly cursor?: string
}

/** One message of a conversation, with its own words. */
export interface ThreadMessage {
  readonly ref: MessageRef
  readonly date: string
  readonly from: readonly MailAddress[]
  readonly subject: string
  readonly isDraft: boolean
  readonly attachments: readonly AttachmentPart[]
  readonly text: string
  /** Of the message's words that come before `text`. */
  readonly offset: number
  readonly warnings: readonly string[]
  /** For a cursor that starts here. */
  readonly place: string
}

/** A piece of a conversation. */
export interface ThreadPage {
  readonly items: readonly ThreadMessage[]
  /** Messages of the whole conversation. */
  readonly total: number
  readonly searched: readonly string[]
  readonly failed: readonly string[]
  /** Some of it may not have been found: a bound was reached. */
  readonly isCut: boolean
  readonly next?: string
}

/** A page never holds more, however short they are. */
const maxPageMessages = 40
/** Texts that come together. */
const maxBatchMessages = 20
const maxBatchBytes = 6 * 1024 * 1024
/** What a message costs beside its text. */
const headChars = 100
const maxTextChars = 200_000

/** Throws `stale_id`, `message_not_found`, `mailbox_not_found`, `invalid_input` for a cursor that is not ours. */
export async function getThread(
  session: ImapSession,
  ref: MessageRef,
  { maxChars, quotes, cursor }: ThreadOptions,
): Promise<ThreadPage> {
  const from = cursor === undefined ? undefined : readCursor(cursor)
  const { members, searched, failed, isCut } = await findMembers(session, ref)
  const start = from === undefined ? 0 : startOf(members, from)
  const drafts = findDraftsPath(session.knownMailboxes)
  const marked: MarkedText[] = []
  const items: ThreadMessage[] = []
  let next: string | undefined
  let left = maxChars
  // What a message repeats is judged by those before it, so these are read again for a later page.
  for (let at = quotes === 'shown' ? start : 0; at < members.length && next === undefined; ) {
    const batch = toBatch(members.slice(at))
    const isNeeded = at + batch.length > start
    const texts = await readTexts(session, batch, quotes)
    marked.push(...texts)
    const own =
      !isNeeded || quotes === 'shown'
        ? marked.map(({ text }) => text)
        : await tellOwnWords(marked.map(({ text }) => text))
    const offsetOfBatch = marked.length - texts.length
    for (const [index, member] of batch.entries()) {
      if (at + index < start) continue
      const offset = at + index === start ? (from?.offset ?? 0) : 0
      const whole = (own[offsetOfBatch + index] ?? '').slice(offset)
      const place = placeOf(member)
      if (items.length > 0 && (left < headChars || items.length >= maxPageMessages)) {
        next = printThreadCursor(place, 0)
        break
      }
      const text = sliceWhole(whole, Math.max(headChars, left))
      left -= text.length + headChars
      items.push(
        toThreadMessage(member, drafts, { text, offset, place, warnings: texts[index]?.warnings ?? [] }),
      )
      if (text.length < whole.length) {
        next = printThreadCursor(place, offset + text.length)
        break
      }
    }
    at += batch.length
  }
  return {
    items,
    total: members.length,
    searched,
    failed,
    isCut,
    ...(next === undefined ? {} : { next }),
  }
}

/** A cursor that starts at a message, `offset` characters into its words. */
export function printThreadCursor(place: string, offset: number): string {
  return `${place}.${offset}`
}

interface ThreadCursor {
  readonly at: number
  readonly hash: string
  readonly offset: number
}

function readCursor(cursor: string): ThreadCursor {
  const [, at = '', hash = '', offset = ''] = /^(-?\d{1,16})\.([\w-]{8})\.(\d{1,7})$/.exec(cursor) ?? []
  if (hash === '') throw invalid('cursor')
  return { at: Number(at), hash, offset: Number(offset) }
}

function placeOf({ at, row }: Member): string {
  return `${at}.${hashOf(row)}`
}

function hashOf(row: Member['row']): string {
  return createHash('sha256').update(identityOf(row)).digest('base64url').slice(0, 8)
}

/** Where the message has gone, at the first one behind its date. */
function startOf(members: readonly Member[], { at, hash }: ThreadCursor): number {
  const named = members.findIndex((one) => hashOf(one.row) === hash)
  if (named >= 0) return named
  const later = members.findIndex((one) => one.at >= at)
  return later < 0 ? members.length : later
}

function toBatch(members: readonly Member[]): Member[] {
  let bytes = 0
  const batch: Member[] = []
  for (const member of members) {
    bytes += textBytes(member)
    if (batch.length > 0 && (bytes > maxBatchBytes || batch.length >= maxBatchMessages)) break
    batch.push(member)
  }
  return batch
}

function textBytes({ row }: Member): number {
  return textPartsOf(row.bodyStructure).reduce((sum, { size }) => sum + Math.min(size, maxPartBytes), 0)
}

function textPartsOf(structure: BodyStructure | undefined): TextPart[] {
  return sortParts(structure).bodies.flatMap(({ plain, html }) => [...plain, ...html])
}

interface MarkedText {
  readonly text: string
  readonly warnings: readonly string[]
}

async function readTexts(
  session: ImapSession,
  batch: readonly Member[],
  quotes: ThreadOptions['quotes'],
): Promise<MarkedText[]> {
  const there = await fetchContents(session, batch)
  const read = new Map<Member, MarkedText>()
  const options = {
    format: 'text',
    offset: 0,
    maxChars: maxTextChars,
    quotes: quotes === 'shown' ? 'shown' : 'marked',
  } as const
  for (const path of new Set(batch.map(({ mailbox }) => mailbox.path))) {
    const here = batch.filter((one) => one.mailbox.path === path && there.has(one))
    const [first] = here
    if (first === undefined) continue
    const rows = here.map((one) => there.get(one) ?? one.row)
    const isOnServer = rows.some(
      (row) => isClosed(row) || textPartsOf(row.bodyStructure).some(({ content }) => content === undefined),
    )
    const opened = isOnServer && session.examined !== path ? await session.select(path, 'read') : undefined
    if (opened !== undefined && opened.uidValidity !== first.mailbox.uidValidity) continue
    const messages = await openParts(session, first.mailbox, rows, maxOpenedBytes)
    const wanted = messages.map((message) => ({ message, parts: sortParts(message.bodyStructure) }))
    const bodies = await readBodies(session, first.mailbox, wanted, options)
    for (const one of here) {
      const body = bodies.get(one.row.uid)
      if (body === undefined) continue
      const { text, note = '' } = body.body
      read.set(one, { text: text === '' ? note : text, warnings: body.warnings })
    }
  }
  return batch.map((one) => read.get(one) ?? { text: '', warnings: ['message_not_found'] })
}

/**
 * The texts of all mailboxes in one flight, put into the structures: nothing of them is asked for again. A message whose
 * mailbox is another one by now (RFC 9051 §2.3.1.1) has no entry: its UID names a stranger there.
 */
async function fetchContents(
  session: ImapSession,
  batch: readonly Member[],
): Promise<Map<Member, Member['row']>> {
  const paths = [...new Set(batch.map(({ mailbox }) => mailbox.path))]
  const visits = paths.map((path): Visit<Member['row'][]> => {
    const here = batch.filter(({ mailbox }) => mailbox.path === path)
    const asked = here.flatMap(({ row, mailbox }) => {
      const parts = chooseParts({ message: row, parts: sortParts(row.bodyStructure) }, 'text')
      const onServer = parts.filter(({ content }) => content === undefined)
      const items = [atom('UID'), ...onServer.map(({ partId }) => peek(partId, 0, maxPartBytes))]
      return onServer.length === 0 ? [] : [{ uid: row.uid, mailbox, items }]
    })
    return {
      path,
      commands: asked.map(({ uid, items }) => ({
        command: 'UID FETCH',
        attributes: [{ type: 'SEQUENCE', value: String(uid) }, items],
        bytes: bytesOfFetch(1, items),
      })),
      collect: () => {
        const rows = session.collectRows(
          path,
          asked.length,
          asked.map(({ uid }) => ({ by: 'uid', set: String(uid) })),
        )
        return { handlers: { FETCH: rows.keep }, result: rows.all }
      },
    }
  })
  const visited = await visitMailboxes(
    session,
    visits.filter(({ commands }) => commands.length > 0),
  )
  const there = new Map<Member, Member['row']>()
  for (const one of batch) {
    const found = visited.find((visit) => visit?.mailbox.path === one.mailbox.path)
    if (found !== undefined && found.mailbox.uidValidity !== one.mailbox.uidValidity) continue
    const parts = found?.result.find(({ uid }) => uid === one.row.uid)?.bodyParts
    const { bodyStructure } = one.row
    const isFilled = parts !== undefined && bodyStructure !== undefined
    there.set(one, isFilled ? { ...one.row, bodyStructure: withContents(bodyStructure, parts) } : one.row)
  }
  return there
}

function withContents(node: BodyStructure, parts: ReadonlyMap<string, unknown>): BodyStructure {
  const content = node.part === undefined ? undefined : parts.get(node.part)
  const childNodes = node.childNodes?.map((child) => withContents(child, parts))
  return {
    ...node,
    ...(childNodes === undefined ? {} : { childNodes }),
    ...(Buffer.isBuffer(content) && (content.length > 0 || node.size === 0) ? { content } : {}),
  }
}

function toThreadMessage(
  { row, mailbox }: Member,
  drafts: string | undefined,
  read: Pick<ThreadMessage, 'text' | 'offset' | 'place' | 'warnings'>,
): ThreadMessage {
  return {
    ref: toRef(row, mailbox, drafts),
    date: toDate(row),
    from: toAddresses(row.envelope?.from),
    subject: cleanLine(row.envelope?.subject),
    isDraft: isDraft(row, mailbox, drafts),
    attachments: sortParts(row.bodyStructure).files.filter(({ inline }) => !inline),
    ...read,
  }
}

/** Cuts without halving a surrogate pair. */
function sliceWhole(text: string, chars: number): string {
  return text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(chars - 1)) ? chars - 1 : chars)
}
