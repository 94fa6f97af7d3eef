/**
 * The conversation a message belongs to, oldest first: by the server's own thread id on Gmail, else by the first
 * Message-ID of its References, which every later reply repeats (RFC 5322 §3.6.4). Looks where replies and their
 * answers are kept: the mailbox of the message, INBOX, Sent and Archive.
 */

import { parseHeaders } from '../headers.ts'
import { peekHeaders, summaryItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { FetchedMessage, ImapSession, ImapToken } from '../imap/session.ts'
import { takeNewest, toUidSet } from '../imap/uid-set.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import type { MessageRef, MessageSummary } from '../message.ts'
import { fetchByRef } from './get.ts'
import { toSummary } from './summary.ts'

/** One conversation, oldest first; `searched` has the paths of the mailboxes it was looked for in. */
export interface ThreadPage {
  readonly items: readonly MessageSummary[]
  readonly searched: readonly string[]
  /** Older messages were left out. */
  readonly truncated: boolean
}

const text = (value: string): ImapToken => ({ type: 'STRING', value })

/** The newest `limit` of the conversation. Throws as getMessage does. */
export async function listThread(
  session: ImapSession,
  ref: MessageRef,
  { limit }: { limit: number },
): Promise<ThreadPage> {
  const items = [...summaryItems(session), peekHeaders(['REFERENCES'])]
  const { mailbox, message } = await fetchByRef(session, ref, items)
  const criteria = toCriteria(session, message)
  const own = await toSummary(message, mailbox)
  if (criteria === undefined) return { items: [own], searched: [ref.mailbox], truncated: false }

  const searched = [...new Set([ref.mailbox, ...(await mailboxesOfThreads(session))])]
  const found = new Map<string, { summary: MessageSummary; messageId: string | undefined }>()
  let truncated = false
  for (const path of searched) {
    const selected = await session.select(path, 'read')
    const matching = selected.exists === 0 ? [] : await searchUids(session, criteria)
    const uids = takeNewest(matching, limit + 1)
    if (uids.length > limit) truncated = true
    if (uids.length === 0) continue
    const rows = await session.fetch(selected, 'uid', toUidSet(uids.slice(0, limit)), summaryItems(session))
    for (const row of rows) {
      const messageId = row.envelope?.messageId
      const summary = await toSummary(row, selected)
      // the same mail in two mailboxes (Gmail's labels, a copy to oneself) is one message of the conversation
      const key = messageId ?? `${path}\n${row.uid}`
      if (!found.has(key)) found.set(key, { summary, messageId })
    }
  }
  found.set(message.envelope?.messageId ?? '', { summary: own, messageId: message.envelope?.messageId })
  const sorted = [...found.values()]
    .map(({ summary }) => summary)
    .sort((a, b) => Date.parse(a.date) - Date.parse(b.date))
  return { items: sorted.slice(-limit), searched, truncated: truncated || sorted.length > limit }
}

function toCriteria(session: ImapSession, message: FetchedMessage): ImapToken[] | undefined {
  if (session.has('X-GM-EXT-1') && message.threadId !== undefined && /^\d+$/.test(message.threadId)) {
    return [atom('X-GM-THRID'), atom(message.threadId)]
  }
  const references = (parseHeaders(message.headers).get('references') ?? []).join(' ')
  const { inReplyTo, messageId } = message.envelope ?? {}
  const root = [references, inReplyTo, messageId]
    .map((one) => /<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>/.exec(one ?? '')?.[0])
    .find((one) => one !== undefined)
  if (root === undefined) return undefined
  const header = (name: string) => [atom('HEADER'), text(name), text(root)]
  return [atom('OR'), ...header('Message-ID'), atom('OR'), ...header('References'), ...header('In-Reply-To')]
}

/** The mailbox that holds everything, else INBOX, Sent and Archive. */
async function mailboxesOfThreads(session: ImapSession): Promise<string[]> {
  const mailboxes = session.knownMailboxes ?? (await listMailboxes(session, { includeCounts: false }))
  const selectable = mailboxes.filter((one) => one.selectable)
  const everything = selectable.find((one) => one.specialUse === 'all')
  if (everything) return [everything.path]
  return ['inbox', 'sent', 'archive'].flatMap(
    (use) => selectable.find((one) => one.specialUse === use)?.path ?? [],
  )
}
