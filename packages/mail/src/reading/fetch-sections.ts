/**
 * Several parts of one message as the server holds them: in one flight as far as they fit, a large one piece by piece.
 * The size that a structure names is taken for what it is, a guess (Exchange counts characters): a piece shorter than
 * what was asked for is the end.
 */
import { collectBytes } from '../collected-bytes.ts'
import { peek } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession, SelectedMailbox } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'

export interface WantedSection {
  readonly section: string
  /** Encoded octets, as the structure says. */
  readonly size: number
  /** What lies behind is not fetched. */
  readonly maxBytes: number
}

export interface FetchedSection {
  readonly bytes: Buffer
  /** There is more of it than was wanted. */
  readonly isCut: boolean
}

/** The largest literal that is taken. */
const pieceBytes = 4 * 1024 * 1024
const flightBytes = 8 * 1024 * 1024
const slackBytes = 1024
/** Parts in one command: its line stays short. */
const maxInFlight = 60

/** What the server does not give has no entry; it is to be asked for another way. */
export async function fetchSections(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  wanted: readonly WantedSection[],
): Promise<Map<string, FetchedSection>> {
  const fetched = new Map<string, FetchedSection>()
  const waiting = wanted.map((one) => ({
    ...one,
    bytes: collectBytes(Math.min(one.size, one.maxBytes) + 1),
  }))
  while (waiting.length > 0) {
    const flight: { part: (typeof waiting)[number]; asked: number }[] = []
    let room = flightBytes
    for (const part of waiting) {
      if (flight.length >= maxInFlight) break
      const asked = Math.min(
        pieceBytes,
        part.maxBytes - part.bytes.length + 1,
        Math.max(slackBytes, part.size - part.bytes.length + slackBytes),
      )
      if (asked > room && flight.length > 0) break
      room -= asked
      flight.push({ part, asked })
    }
    const items = flight.map(({ part, asked }) => peek(part.section, part.bytes.length, asked))
    const rows = await session.fetch(mailbox, 'uid', String(uid), [atom('UID'), ...items])
    const row = rows.find((one) => one.uid === uid)
    if (row === undefined) throw new MailError('message_not_found', { protocol: 'imap' })
    for (const { part, asked } of flight) {
      const piece = row.bodyParts?.get(part.section)
      if (Buffer.isBuffer(piece)) part.bytes.add(piece)
      const { length } = part.bytes
      const isCut = length > part.maxBytes
      const isWhole = !Buffer.isBuffer(piece) || piece.length < asked || isCut
      if (!isWhole) continue
      waiting.splice(waiting.indexOf(part), 1)
      // Listed with a size and not given: another numbering, or a structure that is wrong.
      if (length === 0 && part.size > 0) continue
      fetched.set(part.section, { bytes: part.bytes.toBuffer().subarray(0, part.maxBytes), isCut })
    }
  }
  return fetched
}
