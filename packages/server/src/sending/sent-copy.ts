/**
 * Exactly one copy in Sent: the bytes that were sent, with their Message-ID; none from us where the provider files its
 * own. The IMAP connection is open while SMTP runs and waits for its outcome, which hides its round trips. A copy that
 * cannot be filed never turns a sent email into a failure. After `unknown` Sent is looked at and left as it is.
 */
import {
  appendMessage,
  filesSentCopy,
  type ImapSession,
  MailError,
  type Mark,
  type MessageBytes,
  type MessageRef,
  markMessage,
  openForFinding,
  setFlags,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { orNothing } from './answered-mark.ts'
import type { KeptMailbox } from './kept-mailbox.ts'
import type { SendOutcome } from './send-outcome.ts'

export interface SentCopy {
  /** `found`: it was there without us. `by_provider`: it is the provider's to file. */
  readonly state: 'filed' | 'found' | 'by_provider' | 'failed' | 'none'
  readonly ref?: MessageRef
}

export interface CopyOptions {
  /** Absent where an earlier call sent, or tried: then nothing is filed. */
  readonly raw?: MessageBytes | undefined
  readonly outcome: Promise<SendOutcome>
  /** On the email that is answered or forwarded, which this call has read; set where the email is sent now. */
  readonly mark?: Mark | undefined
}

export async function fileSentCopy(
  mailbox: KeptMailbox,
  { account }: OpenedAccount,
  { raw, outcome, mark }: CopyOptions,
): Promise<SentCopy> {
  if (filesSentCopy(account)) {
    const { state, repeated } = await outcome
    if (state === 'sent' && !repeated && mark !== undefined)
      await mailbox.run((session, isAgain) => markParent(session, mark, isAgain)).catch(orNothing)
    if (state !== 'unknown') return { state: state === 'sent' ? 'by_provider' : 'none' }
  }
  // Nothing to file: only what is unknown is looked for.
  if (raw === undefined && (await outcome).state !== 'unknown') return { state: 'none' }
  try {
    const early = await mailbox.run((session) => openForCopy(session, raw))
    const { state, repeated, messageId } = await outcome
    if (state === 'rejected' || state === 'held' || (state === 'sent' && repeated)) return { state: 'none' }
    return await mailbox.run(async (session, isAgain) => {
      const find = isAgain ? await openToFind(session) : early
      if (state === 'unknown' || raw === undefined) {
        const ref = await (find ?? (await openToFind(session)))?.(messageId)
        return ref === undefined ? { state: 'none' } : { state: 'found', ref }
      }
      const own = await find?.(messageId)
      if (own === undefined) {
        if (find !== undefined) session.memory.rememberOwnSentCopies()
        return await fileIn(session, { raw, mark, isAgain })
      }
      if (mark !== undefined) await markParent(session, mark, isAgain)
      return { state: 'found', ref: own }
    })
  } catch {
    // The sending itself speaks for itself: its failure is thrown where its outcome is awaited.
    return { state: 'failed' }
  }
}

/** Some servers file what they send without anybody saying so: a second copy would be one too many. */
async function openForCopy(session: ImapSession, raw: MessageBytes | undefined) {
  return raw === undefined || session.memory.sentCopiesAreOurs ? undefined : await openToFind(session)
}

/** Where there is no Sent yet, no copy is in it. */
async function openToFind(session: ImapSession) {
  return await openForFinding(session, 'sent').catch((error: unknown) => {
    if (error instanceof MailError && error.code === 'mailbox_not_found') return undefined
    throw error
  })
}

async function fileIn(
  session: ImapSession,
  { raw, mark, isAgain }: { raw: MessageBytes; mark: Mark | undefined; isAgain: boolean },
): Promise<SentCopy> {
  // Over a new connection UIDVALIDITY may be another: there the mark is checked, and comes last.
  const ahead = isAgain ? undefined : mark
  const { ref } = await appendMessage(session, { mailbox: 'sent', raw, flags: ['\\Seen'], mark: ahead })
  if (isAgain && mark !== undefined) await markParent(session, mark, isAgain)
  return ref === undefined ? { state: 'filed' } : { state: 'filed', ref }
}

async function markParent(session: ImapSession, mark: Mark, isAgain: boolean): Promise<void> {
  if (!isAgain) return await markMessage(session, mark)
  await setFlags(session, [mark.ref], { add: [mark.flag], remove: [] }).catch(orNothing)
}
