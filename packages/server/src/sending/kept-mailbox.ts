/**
 * The one IMAP connection of a sending call: what is read over it first, whom the owner has written to, and the copy in
 * Sent at last. It stays open while SMTP runs, which hides its round trips. A connection that was lost in between costs
 * a new one, and no email its copy.
 */
import { type ImapSession, MailError } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { SendingCall } from './sending-call.ts'

/** `isAgain`: over a new connection, after one that broke off in the middle of it. */
type Use<T> = (session: ImapSession, isAgain: boolean) => Promise<T>

export interface KeptMailbox {
  /** One at a time. The first opens the connection; only that one ends with a client that goes away. */
  run<T>(use: Use<T>): Promise<T>
}

/** Runs `work` with a connection that ends with it. */
export async function withKeptMailbox<T>(
  call: SendingCall,
  opened: OpenedAccount,
  work: (mailbox: KeptMailbox) => Promise<T>,
): Promise<T> {
  let kept: { readonly session: ImapSession; readonly closed: Promise<void> } | undefined
  let close = () => {}
  const over = new Promise<void>((resolve) => {
    close = resolve
  })

  function open<R>(use: Use<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const closed = call
        .withSession(opened, async (session) => {
          const result = await use(session, false)
          // From here on nothing fails in it, so that what it did is never done over.
          kept = { session, closed }
          resolve(result)
          await over
        })
        .catch(reject)
    })
  }

  try {
    return await work({
      async run(use) {
        if (kept === undefined) return await open(use)
        try {
          return await use(kept.session, false)
        } catch (error) {
          if (!isLost(error)) throw error
          return await call.toCompletion().withSession(opened, (session) => use(session, true))
        }
      },
    })
  } finally {
    close()
    // What was learned of the server is written by then.
    await kept?.closed
  }
}

function isLost(error: unknown): boolean {
  return error instanceof MailError && (error.code === 'connection_lost' || error.code === 'timeout')
}
