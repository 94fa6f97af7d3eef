/**
 * Exactly one copy in Sent: the bytes that were sent, with their Message-ID; none from us where the provider files its
 * own. The IMAP connection is opened while SMTP runs and waits for its outcome, which hides its round trips. A copy
 * that cannot be filed never turns a sent email into a failure. After `unknown` Sent is looked at and left as it is.
 */
import {
  appendMessage,
  filesSentCopy,
  findByMessageId,
  type ImapSession,
  MailError,
  type MessageRef,
  openForFinding,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { orNothing } from './answered-mark.ts'
import type { SendOutcome } from './send-outcome.ts'

export interface SentCopy {
  /** `found`: it was there without us. `by_provider`: it is the provider's to file. */
  readonly state: 'filed' | 'found' | 'by_provider' | 'failed' | 'none'
  readonly ref?: MessageRef
}

export type AfterSent = (session: ImapSession) => Promise<void>

export async function fileSentCopy(
  call: ToolCall,
  opened: OpenedAccount,
  /** Absent where an earlier call sent, or tried: then nothing is filed. */
  raw: Buffer | undefined,
  outcome: Promise<SendOutcome>,
  /** What is left to do in the mailbox once the email is out, in the connection that files the copy. */
  afterSent?: AfterSent,
): Promise<SentCopy> {
  if (filesSentCopy(opened.account)) {
    const { state, repeated } = await outcome
    if (state === 'sent' && !repeated && afterSent !== undefined)
      await call.withSession(opened, afterSent).catch(orNothing)
    if (state !== 'unknown') return { state: state === 'sent' ? 'by_provider' : 'none' }
  }
  try {
    return await call.withSession(opened, async (session) => {
      // Some servers file what they send without anybody saying so: a second copy would be one too many.
      const looks = raw !== undefined && !session.sentCopiesAreOurs
      const find = looks ? await openForFinding(session, 'sent') : undefined
      const { state, repeated, messageId } = await outcome
      if (state === 'rejected' || state === 'held' || (state === 'sent' && (repeated || raw === undefined)))
        return { state: 'none' }
      if (state === 'unknown') {
        const ref = await findByMessageId(session, 'sent', messageId)
        return ref === undefined ? { state: 'none' } : { state: 'found', ref }
      }
      if (raw === undefined) throw new Error('An email that was sent now has its bytes')
      const copy = await fileIn(session, raw, { find, messageId }).catch((error: unknown) => {
        if (error instanceof MailError) return { state: 'failed' as const }
        throw error
      })
      await afterSent?.(session)
      return copy
    })
  } catch {
    // The sending itself speaks for itself: its failure is thrown where its outcome is awaited.
    return { state: 'failed' }
  }
}

async function fileIn(
  session: ImapSession,
  raw: Buffer,
  { find, messageId }: { find: Awaited<ReturnType<typeof openForFinding>> | undefined; messageId: string },
): Promise<SentCopy> {
  const own = await find?.(messageId)
  if (own !== undefined) return { state: 'found', ref: own }
  if (find !== undefined) session.rememberOwnSentCopies()
  const ref = await appendMessage(session, { mailbox: 'sent', raw, flags: ['\\Seen'] })
  return ref === undefined ? { state: 'filed' } : { state: 'filed', ref }
}
