/**
 * A browser that left for a provider and comes back: what its form said and what the provider's answer is checked with.
 * It lies sealed in a `txn#` row, under a key from the `state` in the URL and the browser's cookie: the table, the URL or
 * the cookie alone open nothing. It is handed out once. Which page goes on with it is in it.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type EpochSeconds, readCookie, toSetCookie } from '@email-connector/oauth'
import type { Permission } from '../caller.ts'
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText, zero } from '../keys/seal.ts'
import type { PendingRedirect } from '../provider-tokens/provider-client.ts'
import type { OnceStore } from '../store/once-store.ts'

/** Which page is to go on. */
export type TripPage = 'connect' | 'link' | 'connections'

export interface PendingSignIn {
  readonly kind: 'mailbox'
  readonly page: TripPage
  /** What the form said, but for the password. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** A provider that was set up anew meanwhile is another one. */
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
  return {
    async keep(pending) {
      const { state } = pending.redirect
      const id = idOf(state)
      const value = randomBytes(32).toString('base64url')
      const plain = Buffer.from(JSON.stringify(pending))
      const sealed = withKey(value, state, (key) => toText(seal(key, plain, associated(id))))
      zero(plain)
      await store.createPending(id, { sealed, expiresAt: now() + lifetimeSeconds })
      return toSetCookie(publicUrl, { name: cookieName(id), value, maxAgeSeconds: lifetimeSeconds })
    },

    async take(request, state) {
      const id = idOf(state)
      const value = readCookie(request, publicUrl, cookieName(id))
      // Without the cookie the row stays: a stranger who has the URL must not use it up.
      if (value === undefined || !/^[\w-]{43}$/.test(value)) return undefined
      const sealed = await store.takePending(id, now())
      if (sealed === undefined) return undefined
      try {
        const plain = withKey(value, state, (key) => open(key, fromText(sealed), associated(id)))
        // Authenticated, so it is what `keep` wrote.
        const pending = JSON.parse(Buffer.from(plain).toString('utf8')) as Pending
        zero(plain)
        return {
          pending,
          cookie: toSetCookie(publicUrl, { name: cookieName(id), value: '', maxAgeSeconds: 0 }),
        }
      } catch (error) {
        if (error instanceof SealBrokenError) return undefined
        throw error
      }
    },
  }
}

function idOf(state: string): string {
  return createHash('sha256').update(`provider\0${state}`).digest('hex')
}

function cookieName(id: string): string {
  return `provider-${id.slice(0, 16)}`
}

function associated(id: string): Uint8Array {
  return canonical(['provider-sign-in', 1, id])
}

function withKey<T>(cookie: string, state: string, use: (key: Uint8Array) => T): T {
  const secret = Uint8Array.from(Buffer.from(cookie, 'base64url'))
  const key = deriveKey(secret, Buffer.from(state, 'utf8'), 'provider-sign-in')
  try {
    return use(key)
  } finally {
    zero(secret, key)
  }
}
