/** What a handler of untagged responses throws: the library drops it, here it is the failure of the command. */

import { MailError } from '../mail-error.ts'
import type { UntaggedHandlers } from './protocol.ts'

export interface GuardedHandlers {
  readonly untagged: UntaggedHandlers
  /** Throws what a handler threw, as MailError: an answer that cannot be read is none. */
  rethrow(): void
}

/** The first fault closes the connection; no handler is called after it. */
export function guardHandlers(handlers: UntaggedHandlers, close: () => void): GuardedHandlers {
  let fault: MailError | undefined
  const untagged = Object.entries(handlers).map(([name, handle]): [string, UntaggedHandlers[string]] => [
    name,
    async (response) => {
      if (fault !== undefined) return
      try {
        await handle(response)
      } catch (cause) {
        fault =
          cause instanceof MailError ? cause : new MailError('connection_lost', { cause, protocol: 'imap' })
        close()
      }
    },
  ])
  return {
    untagged: Object.fromEntries(untagged),
    rethrow() {
      if (fault !== undefined) throw fault
    },
  }
}
