/**
 * That a browser came back from the organisation's login and was let in, for the forms that follow. It lies sealed in a
 * `txn#` row under a key from the browser's cookie, and for a sign-in from the handle in its page too: the table, the page
 * or the deployment's secrets alone make no pass and open none.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type EpochSeconds, readCookie, toSetCookie } from '@email-connector/oauth'
import { openForBrowser, sealForBrowser, secretOfCookie } from '../keys/page-seal.ts'
import { isKeyText } from '../keys/seal.ts'
import type { OnceStore } from '../store/once-store.ts'
import type { GateWord } from './gate-word.ts'

export interface GatePasses {
  /** The Set-Cookie value. `handle`: of the one sign-in that it is for; absent: for the pages of the owner. */
  make(word: GateWord, handle?: string): Promise<string>
  /** Undefined: none, changed, too old, another browser's or another sign-in's. */
  find(request: Request, handle?: string): Promise<GateWord | undefined>
}

/** As long as a sign-in, or the page of the owner, at the most. */
const signInSeconds = 15 * 60
const ownerSeconds = 60 * 60

interface Sealed {
  readonly word: GateWord
  readonly expiresAt: EpochSeconds
}

export function createGatePasses(options: {
  readonly store: Pick<OnceStore, 'createPageState' | 'findPageState'>
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): GatePasses {
  const { store, publicUrl, now } = options
  return {
    async make(word, handle) {
      const value = randomBytes(32).toString('base64url')
      const maxAgeSeconds = handle === undefined ? ownerSeconds : signInSeconds
      const expiresAt = now() + maxAgeSeconds
      const key = keyOf(value, handle)
      const sealed = sealForBrowser(key, { word, expiresAt } satisfies Sealed)
      await store.createPageState(key.id, { sealed, expiresAt })
      return toSetCookie(publicUrl, { name: cookieName(handle), value, maxAgeSeconds })
    },

    async find(request, handle) {
      const value = readCookie(request, publicUrl, cookieName(handle))
      if (value === undefined || !isKeyText(value)) return undefined
      const key = keyOf(value, handle)
      const text = await store.findPageState(key.id, now())
      // Authenticated, so it is what `make` wrote.
      const sealed = text === undefined ? undefined : (openForBrowser(key, text) as Sealed | undefined)
      return sealed !== undefined && sealed.expiresAt > now() ? sealed.word : undefined
    },
  }
}

function cookieName(handle: string | undefined): string {
  return handle === undefined ? 'gate' : `gate-${sha256(handle).slice(0, 16)}`
}

function keyOf(value: string, handle = '') {
  return {
    ...{ secret: secretOfCookie(value), handle, purpose: 'gate-pass' },
    // Never the id of another kind of row.
    id: sha256(`gate-pass\0${value}\0${handle}`),
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
