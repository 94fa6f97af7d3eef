/**
 * Ends every connection of a mailbox on the operator's word. As much as there is time for; asked
 * again, it goes on with what is left, since an ended connection is found no more.
 */
import type { AuthorizationServer } from '@email-connector/oauth'
import type { Clock } from '../clock.ts'
import type { MailboxOwner } from '../keys/owner-index.ts'
import { hashGrantId, type Log } from '../log.ts'
import type { OwnedGrants } from './owned-grants.ts'

export interface Ended {
  readonly ended: number
  /** Connections of the mailbox that are live still. */
  readonly left: number
}

/** Throws StoreUnavailableError; what was ended by then stays ended. `dryRun`: only counts. */
export type EndConnections = (owner: MailboxOwner, options?: { readonly dryRun?: boolean }) => Promise<Ended>

/** A function of AWS has 28 s. */
const longestMs = 15_000

export function createEndConnections(options: {
  readonly owned: Pick<OwnedGrants, 'list'>
  readonly oauth: Pick<AuthorizationServer, 'revokeGrant'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}): EndConnections {
  const { owned, oauth, clock, log } = options
  return async (owner, { dryRun = false } = {}) => {
    const startedAt = clock.now()
    const grants = await owned.list(owner)
    let ended = 0
    for (const { grantId } of dryRun ? [] : grants) {
      if (clock.now() - startedAt > longestMs) break
      await oauth.revokeGrant(grantId, 'operator')
      log({ event: 'revoke', outcome: 'ok', grant: hashGrantId(grantId) })
      ended += 1
    }
    return { ended, left: grants.length - ended }
  }
}
