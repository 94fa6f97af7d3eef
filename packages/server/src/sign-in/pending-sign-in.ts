/**
 * A browser that left for a provider and comes back: what its form said and what the provider's answer is checked with.
 * It lies sealed in a `txn#` row, under a key from the `state` in the URL and the browser's cookie: the table, the URL or
 * the cookie alone open nothing. It is handed out once. Which page goes on with it is in it.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import type { Permission } from '../caller.ts'
import type { PendingRedirect } from '../provider-tokens/openid-library.ts'
import type { OnceStore } from '../store/once-store.ts'
import { createBrowserSeal } from './browser-seal.ts'

/** Which page is to go on. */
export type TripPage = 'connect' | 'link' | 'connections'

export interface PendingSignIn {
  readonly kind: 'mailbox'
  readonly page: TripPage
  /** What the form said, but for the password. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** A provider that was set up again meanwhile is another one. */
  readonly issuer: string
  readonly clientId: string
  readonly permission: Permission
  readonly lasting: boolean
  readonly address?: string
  readonly redirect: PendingRedirect
}

/** On the way to the organisation's login, which comes before any mailbox (sign-in/gate.ts). */
export type PendingGate = Pick<PendingSignIn, 'page' | 'fields' | 'issuer' | 'clientId' | 'redirect'> & {
  readonly kind: 'gate'
}

export interface PendingSignIns {
  /** The Set-Cookie value for the browser that leaves. */
  keep(pending: Pending): Promise<string>
  /** Undefined: unknown, used, expired, or another browser's. `cookie` ends the browser's own. */
  take(request: Request, state: string): Promise<{ pending: Pending; cookie: string } | undefined>
}

type Pending = PendingSignIn | PendingGate

/** As long as the sign-in around it. */
const lifetimeSeconds = 15 * 60

export function createPendingSignIns(options: {
  readonly store: Pick<OnceStore, 'createPending' | 'takePending'>
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): PendingSignIns {
  const { store, publicUrl, now } = options
  const seal = createBrowserSeal('provider', publicUrl)
  return {
    async keep(pending) {
      const { state } = pending.redirect
      const value = seal.createValue()
      const sealed = seal.seal(state, value, pending)
      await store.createPending(seal.idOf(state), { sealed, expiresAt: now() + lifetimeSeconds })
      return seal.cookie(state, value, lifetimeSeconds)
    },

    async take(request, state) {
      const value = seal.valueOf(request, state)
      // Without the cookie the row stays: a stranger who has the URL must not use it up.
      if (value === undefined) return undefined
      const sealed = await store.takePending(seal.idOf(state), now())
      if (sealed === undefined) return undefined
      // Authenticated, so it is what `keep` wrote.
      const pending = seal.open(state, value, sealed) as Pending | undefined
      return pending === undefined ? undefined : { pending, cookie: seal.cookie(state, '', 0) }
    },
  }
}
