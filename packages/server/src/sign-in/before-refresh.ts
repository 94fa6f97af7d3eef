/**
 * What a refresh does with S before its commit: it makes the owner's room of a grant of 0.1.0, and seals it for the newest
 * seed; and it ends a grant none of whose mailboxes may connect any more, or whose person the identity gate does not vouch
 * for (R96). Rows that were changed in the store leave the grant as it is, on the defaults or refusing changes, and are
 * reported: a client's connection does not end by it.
 */
import type { BeforeRefresh } from '@email-connector/oauth'
import { openGrantHint } from '../accounts/grant-hint.ts'
import { createEnsureOwnerRoom } from '../accounts/owner-room.ts'
import { type Admission, isAdmitted } from '../admission.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { hashGrantId, type Log } from '../log.ts'

export function createBeforeRefresh(
  options: Parameters<typeof createEnsureOwnerRoom>[0] & {
    readonly admission: Admission
    /** The identity gate, asked about the person again. */
    readonly askGate?: BeforeRefresh
    readonly log: Log
  },
): BeforeRefresh {
  const ensureOwnerRoom = createEnsureOwnerRoom(options)
  return async (grant, secret) => {
    const vouched = await options.askGate?.(grant, secret)
    if (vouched !== undefined) return vouched
    try {
      const hints = openGrantHint(secret, grant.grantId, grant.sealedHint)
      if (!hints.some((one) => one.provider === 'demo' || isAdmitted(options.admission, one)))
        return 'refused'
      await ensureOwnerRoom(grant, secret)
    } catch (error) {
      if (!(error instanceof KeyRefusedError)) throw error
      options.log({ event: 'key_refused', outcome: 'refused', grant: hashGrantId(grant.grantId) })
    }
    return undefined
  }
}
