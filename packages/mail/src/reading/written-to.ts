/**
 * Which of some addresses the owner has written to: those that stand in To, Cc or Bcc of an email in Sent, compared
 * whole. Only the mailbox that the server itself calls \Sent counts (RFC 6154): one that merely has such a name may have
 * been filled by others. SEARCH finds parts of words, so the envelopes decide. Nothing is kept.
 */
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, toUidSet } from '../imap/uid-set.ts'
import { listMailboxes } from '../mailboxes/list.ts'

/** In one SEARCH; three keys each. */
const maxTogether = 20
/** Of one SEARCH. An address that so many newer emails hold back is asked for by itself. */
const maxEnvelopes = 200
/** So many are asked for by themselves. */
const maxAlone = 20

/**
 * In lower case. Undefined: the server names no \Sent, so that nobody can say. What the bounds leave out counts as never
 * written to.
 */
export async function findWrittenTo(
  session: ImapSession,
  addresses: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const known = session.knownMailboxes?.find(isSent)
  const sent = known ?? (await listMailboxes(session, { includeCounts: false })).find(isSent)
  if (sent === undefined) return undefined
  const wanted = new Set(addresses.map((one) => one.toLowerCase()))
  const found = new Set<string>()
  if (wanted.size === 0) return found
  const mailbox = await session.select(sent.path, 'read')
  const together = [...wanted].slice(0, maxTogether)
  await lookFor(session, mailbox, together, found)
  const left = [...wanted].filter((one) => !found.has(one))
  // A SEARCH for one that had room for all its envelopes has said everything.
  if (together.length > 1) {
    for (const one of left.slice(0, maxAlone)) {
      if (!found.has(one)) await lookFor(session, mailbox, [one], found)
    }
  }
  return new Set([...found].filter((one) => wanted.has(one)))
}

function isSent({
  specialUse,
  declared,
  selectable,
}: {
  specialUse?: string
  declared?: boolean
  selectable: boolean
}) {
  return specialUse === 'sent' && declared === true && selectable
}

async function lookFor(
  session: ImapSession,
  mailbox: SelectedMailbox,
  addresses: readonly string[],
  found: Set<string>,
): Promise<void> {
  const keys = addresses.flatMap((address) =>
    ['TO', 'CC', 'BCC'].map((field): ImapToken[] => [atom(field), { type: 'STRING', value: address }]),
  )
  const isAscii = addresses.every((one) => /^[\x20-\x7e]+$/.test(one))
  const ranges = await searchUids(session, anyOf(keys), !isAscii)
  const uids = takeNewest(ranges, maxEnvelopes)
  if (uids.length === 0) return
  const rows = await session.fetch(mailbox, 'uid', toUidSet(uids), [atom('UID'), atom('ENVELOPE')])
  for (const { envelope } of rows) {
    for (const one of [...(envelope?.to ?? []), ...(envelope?.cc ?? []), ...(envelope?.bcc ?? [])]) {
      if (one.address) found.add(one.address.toLowerCase())
    }
  }
}

/** RFC 9051 §6.4.4: OR takes two keys. */
function anyOf(keys: readonly ImapToken[][]): ImapToken[] {
  const [first = [], ...rest] = keys
  return rest.length === 0 ? first : [atom('OR'), ...first, ...anyOf(rest)]
}
