/**
 * A change of many messages in commands of a length that every server takes (RFC 7162 §4: 8192 octets), one after the
 * other, so that each is answered before the next. What fails or is out of time after the first does not hide what was
 * done by then.
 */
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { UidOutcome } from './refs-by-mailbox.ts'

/** Leaves room for a long path, or for a dozen keywords. */
const maxSetChars = 6_000
/** Kept of the call's time for the answer. */
const reservedShare = 0.15

export async function changeInPieces(
  session: ImapSession,
  uids: readonly number[],
  change: (uids: number[]) => Promise<ReadonlyMap<number, UidOutcome>>,
): Promise<ReadonlyMap<number, UidOutcome>> {
  const outcomes = new Map<number, UidOutcome>()
  const pieces = cutUids(uids)
  for (const [at, piece] of pieces.entries()) {
    try {
      if (at > 0 && session.shareOfTimeLeft < reservedShare)
        throw new MailError('timeout', { protocol: 'imap' })
      for (const [uid, outcome] of await change(piece)) outcomes.set(uid, outcome)
    } catch (error) {
      if (!(error instanceof MailError) || outcomes.size === 0) throw error
      for (const uid of pieces.slice(at).flat()) outcomes.set(uid, { ok: false, code: error.code })
      break
    }
  }
  return outcomes
}

/** In ascending order, each piece as long as its set may be. */
function cutUids(uids: readonly number[]): number[][] {
  const pieces: number[][] = []
  let piece: number[] = []
  let chars = 0
  let inRun = 0
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    inRun = piece.at(-1) === uid - 1 ? inRun + 1 : 1
    // A run costs what its two ends do.
    const length = inRun > 2 ? 0 : String(uid).length + 1
    if (chars + length > maxSetChars) {
      pieces.push(piece)
      piece = []
      chars = 0
      inRun = 1
    }
    piece.push(uid)
    chars += length
  }
  if (piece.length > 0) pieces.push(piece)
  return pieces
}
