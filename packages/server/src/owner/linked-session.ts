/** One connection to the mailbox that a link leads to: hidden folders are not there, and no memory of the server is at hand. */
import {
  type ImapSession,
  type MailAccount,
  type MailDeps,
  MailError,
  withImapSession,
} from '@email-connector/mail'
import type { LinkedMailbox } from '../accounts/linked-mailbox.ts'

export async function withLinkedSession<T>(
  mailbox: Pick<LinkedMailbox<unknown>, 'settings' | 'withNewToken'>,
  account: MailAccount,
  deps: MailDeps,
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  const { hidden, readOnly = [] } = mailbox.settings
  const known = { ...deps, hidden, readOnly }
  return await withImapSession(account, known, use).catch(async (error: unknown) => {
    // A token may be withdrawn before its time. Nothing was done on the server yet.
    const isRefused = error instanceof MailError && error.code === 'token_refused'
    const renewed = isRefused ? await mailbox.withNewToken() : undefined
    if (renewed === undefined) throw error
    return await withImapSession(renewed, known, use)
  })
}
