/**
 * The connection to the outgoing server, opened while the mailbox is still read: by the time an answer is composed, its
 * login is done. Nothing goes out over it before the ledger has its row. Where a person is asked first, or the email is
 * held, it is not opened; whether it goes out is decided elsewhere (confirmation.ts), this only guesses.
 */
import { openSubmission, type Submission } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { SendingCall } from './sending-call.ts'

/** Of the time that is left: a server that goes silent after the final dot must leave some to look at Sent. */
const smtpShare = 0.75

/** Runs `work` with a connection that ends with it. */
export async function withEarlySubmission<T>(
  call: SendingCall,
  opened: OpenedAccount,
  work: (early: Submission | undefined) => Promise<T>,
  /** A person has said yes on a review card. */
  isReleased = false,
): Promise<T> {
  const early = isReleased || sendsNow(call, opened) ? openNow(call, opened) : undefined
  try {
    return await work(early)
  } finally {
    early?.close()
  }
}

/** A client that goes away ends no email that is on its way. */
export function openNow(call: SendingCall, { account }: OpenedAccount): Submission {
  return openSubmission(account, call.toCompletion().mailDeps(smtpShare))
}

function sendsNow({ asking }: SendingCall, { settings }: OpenedAccount): boolean {
  if (settings.state === 'open' && settings.grant.ask === 'never') return true
  return asking.state !== undefined && asking.answer === 'accept'
}
