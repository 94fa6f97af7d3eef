/**
 * Opens the one IMAP connection of a call, logs in, lets it be used and closes it: LOGOUT would cost a round trip. Bounded
 * by one absolute deadline. What was remembered of the server may be wrong; then it is done once more without it.
 */
import type { MailAccount } from '../account.ts'
import { type CallTime, withDeadline } from '../connect/deadline.ts'
import { assertAccount } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { type ImapDeps, ImapSession } from './session.ts'

/**
 * Opens, logs in, runs `use`, closes. A memory that turns out wrong costs one more connection, unless something was
 * already changed on the server. Throws MailError.
 */
export async function withImapSession<T>(
  account: MailAccount,
  deps: ImapDeps,
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  assertAccount(account)
  return await withDeadline(deps, async (signal, leftMs) => {
    const time = { signal, leftMs }
    try {
      const first = await attempt(account, deps, time, use)
      if (first.retry === undefined) return first.value
      const { memory: wrong, socket: _used, ...fresh } = deps
      const second = await attempt(account, fresh, time, async (session) => {
        const value = await use(session)
        // the next call must not stumble over the same capability
        if (session.knownMailboxes === undefined) session.memory.remember(wrong?.mailboxes ?? [])
        if (first.early) session.memory.rememberLoss()
        return value
      })
      if (second.retry !== undefined) throw second.retry
      return second.value
    } catch (error) {
      // errors caused by the deadline closing the connection are reported as the timeout itself
      if (signal.aborted) throw new MailError('timeout', { cause: error, protocol: 'imap' })
      throw error
    }
  })
}

type Attempt<T> =
  | { readonly retry: MailError; readonly early: boolean }
  | { readonly retry?: undefined; readonly value: T }

async function attempt<T>(
  account: MailAccount,
  deps: ImapDeps,
  time: CallTime,
  use: (session: ImapSession) => Promise<T>,
): Promise<Attempt<T>> {
  const { signal } = time
  // the library takes 80 ms to load, once: while the connection is made
  const loading = import('./client.ts')
  const socket = await (deps.socket ?? deps.connector.connect(account.imap, { signal, protocol: 'imap' }))
  const { createImapClient } = await loading
  const { connector, memory } = deps
  const client = createImapClient({ account, connector, socket, ...(memory ? { memory } : {}) })
  const close = () => client.close()
  signal.addEventListener('abort', close)
  const session = new ImapSession(client, account, deps, time)
  try {
    signal.throwIfAborted()
    const connected = client.connect()
    // what is asked for by the time the greeting is there may leave with the LOGIN
    if (memory === undefined || memory.pipelines === false) await connected
    const [, value] = await Promise.all([connected, Promise.resolve(session).then(use)])
    if (client.firstFlight() === 'lost') session.memory.rememberLoss()
    return { value }
  } catch (error) {
    if (memory !== undefined && error instanceof MailError && !session.wrote) {
      // the login was taken, what came with it was not
      const early = client.firstFlight() !== undefined && error.code !== 'mailbox_not_found'
      const hungUp = early && error.code === 'connection_lost'
      if (hungUp || mayBeStaleMemory(error)) return { retry: error, early }
    }
    throw error
  } finally {
    signal.removeEventListener('abort', close)
    client.close()
    socket.destroy()
  }
}

function mayBeStaleMemory(error: MailError): boolean {
  return ['mailbox_not_found', 'server_refused', 'not_supported'].includes(error.code)
}
