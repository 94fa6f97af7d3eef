/** What a server cannot search for, judged by the structure of the candidates (RFC 8621 §4.1.4 says what is a file). */

import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { FetchedMessage, ImapSession, ImapToken } from '../imap/session.ts'
import { takeNewest, toUidSet } from '../imap/uid-set.ts'
import { findMethod } from '../reading/invitation.ts'
import { countFiles, sortParts } from '../reading/structure.ts'
import { isInEnvelope, isJudgedByEnvelope } from './ascii-only.ts'
import { eitherKey } from './plan.ts'
import type { Term } from './query.ts'

/** `is:awaiting` is judged by `findAnswered`. */
export function isMet(term: Term, row: FetchedMessage): boolean {
  if (isJudgedByEnvelope(term)) return isInEnvelope(term, row)
  if (term.kind === 'has' && term.what === 'attachment') return countFiles(row.bodyStructure) > 0
  if (term.kind === 'has') return findMethod(row.bodyStructure) !== undefined
  if (term.kind === 'text' && term.in === 'filename') {
    const wanted = term.value.toLowerCase()
    const { files } = sortParts(row.bodyStructure)
    return files.some(({ filename }) => filename?.toLowerCase().includes(wanted))
  }
  return false
}

/** Keys that leave few enough candidates: no message without them has what is asked for. */
export function narrowing(term: Term): ImapToken[] {
  const type = (value: string): ImapToken[] => [
    atom('HEADER'),
    { type: 'STRING', value: 'Content-Type' },
    { type: 'STRING', value },
  ]
  // A mail of a single part can be nothing but a file: then its own type is no text, or it has a name.
  if (term.kind === 'has' || (term.kind === 'text' && term.in === 'filename')) {
    return [...eitherKey([type('multipart/'), [atom('NOT'), type('text/plain')]])]
  }
  return []
}

const maxAnswers = 200

/** The Message-IDs among these that something in the mailboxes answers. Two flights a mailbox. */
export async function findAnswered(
  session: ImapSession,
  messageIds: readonly string[],
  paths: readonly string[],
): Promise<Set<string>> {
  const answered = new Set<string>()
  if (messageIds.length === 0) return answered
  for (const path of paths) {
    const examined = session.examineAhead(path)
    const asked = messageIds.map((id): ImapToken[] => [
      atom('HEADER'),
      { type: 'STRING', value: 'In-Reply-To' },
      { type: 'STRING', value: id },
    ])
    const found = await searchUids(session, [...eitherKey(asked)], false, examined.handlers)
    const uids = takeNewest(found, maxAnswers)
    if (uids.length === 0) continue
    const rows = await session.fetch(examined.toMailbox(), 'uid', toUidSet(uids), [
      atom('UID'),
      atom('ENVELOPE'),
    ])
    for (const { envelope } of rows) {
      for (const id of messageIds) if (envelope?.inReplyTo?.includes(id)) answered.add(id)
    }
  }
  return answered
}
