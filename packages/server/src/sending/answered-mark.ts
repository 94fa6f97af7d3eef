/**
 * Marks the email that was answered or forwarded, whichever way the answer went: the sending tool knows its id, a draft
 * only names its Message-ID. A mark that cannot be set takes nothing back.
 */
import {
  findByMessageId,
  type ImapSession,
  MailError,
  markMessage,
  type StoredHeaders,
} from '@email-connector/mail'

export type AnswerFlag = '\\Answered' | '$Forwarded'

/** INBOX, then where old mail lies. */
const searched = ['INBOX', 'all', 'archive']

export async function markParentOf(session: ImapSession, headers: StoredHeaders): Promise<void> {
  const parent = findParent(headers)
  if (parent === undefined) return
  for (const mailbox of searched) {
    const ref = await findByMessageId(session, mailbox, parent.messageId).catch(orNothing)
    if (ref === undefined) continue
    await markMessage(session, { ref, flag: parent.flag })
    return
  }
}

/** A forward names what it forwards in References alone, where it does not say so in a field of its own. */
function findParent({ inReplyTo, forwarded, references }: StoredHeaders) {
  if (forwarded !== undefined) return { messageId: forwarded, flag: '$Forwarded' as const }
  if (inReplyTo !== undefined) return { messageId: inReplyTo, flag: '\\Answered' as const }
  const last = references.at(-1)
  return last === undefined ? undefined : { messageId: last, flag: '$Forwarded' as const }
}

export function orNothing(error: unknown): undefined {
  if (error instanceof MailError) return undefined
  throw error
}
