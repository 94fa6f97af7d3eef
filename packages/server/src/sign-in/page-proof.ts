/**
 * What a live login proved, for the forms that follow it on the owner's page. It lies sealed in a `txn#` row under a key from
 * the handle in the page and the cookie of the browser: the table, the page or the cookie alone open nothing, and the
 * deployment's secrets make no proof. A form renews it, so that somebody who types long is not sent back to the password.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ProviderId } from '@email-connector/mail'
import { type EpochSeconds, readCookie, toSetCookie } from '@email-connector/oauth'
import type { MailboxOwner } from '../keys/owner-index.ts'
import { openForBrowser, sealForBrowser } from '../keys/page-seal.ts'
import type { OnceStore } from '../store/once-store.ts'

/** Whose mailbox was proved; which connections hold it is looked up at each form. */
export interface ProvedOwner extends MailboxOwner {
  readonly address: string
  readonly provider: ProviderId
}

export interface PageProof {
  readonly owner: ProvedOwner
  /** For a hidden field of the page. */
  readonly handle: string
  /** The Set-Cookie values to send with the page. */
  readonly cookies: readonly string[]
}

export interface PageProofs {
  /** After a live login. Throws StoreUnavailableError. */
  make(request: Request, owner: ProvedOwner): Promise<PageProof>
  /** Undefined: unknown, changed, too old, or another browser's. */
  open(request: Request, handle: string): Promise<PageProof | undefined>
}

/** Without a form for so long the page asks for the password again, and after an hour in any case. */
const idleSeconds = 600
const longestSeconds = 3600
const cookieName = 'owner-page'
const secretText = /^[\w-]{43}$/

interface Sealed {
  readonly owner: ProvedOwner
  readonly provedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
}

export function createPageProofs(options: {
  readonly store: Pick<OnceStore, 'createPageState' | 'findPageState'>
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): PageProofs {
  const { store, publicUrl, now } = options

  async function keep(cookie: string, owner: ProvedOwner, provedAt: EpochSeconds): Promise<PageProof> {
    const handle = randomBytes(32).toString('base64url')
    const expiresAt = Math.min(now() + idleSeconds, provedAt + longestSeconds)
    const key = keyOf(cookie, handle)
    const sealed = sealForBrowser(key, { owner, provedAt, expiresAt } satisfies Sealed)
    await store.createPageState(key.id, { sealed, expiresAt })
    const maxAgeSeconds = longestSeconds - (now() - provedAt)
    return {
      owner,
      handle,
      cookies: [toSetCookie(publicUrl, { name: cookieName, value: cookie, maxAgeSeconds })],
    }
  }

  /** Undefined also when somebody set it to something else. */
  function cookieOf(request: Request): string | undefined {
    const value = readCookie(request, publicUrl, cookieName)
    return value !== undefined && secretText.test(value) ? value : undefined
  }

  return {
    // The pages of one browser share its cookie, so that a second login leaves the first tab as it is.
    make: (request, owner) => keep(cookieOf(request) ?? randomBytes(32).toString('base64url'), owner, now()),

    async open(request, handle) {
      const cookie = cookieOf(request)
      if (cookie === undefined || !secretText.test(handle)) return undefined
      const key = keyOf(cookie, handle)
      const text = await store.findPageState(key.id, now())
      // Authenticated, so it is what `keep` wrote.
      const sealed = text === undefined ? undefined : (openForBrowser(key, text) as Sealed | undefined)
      if (sealed === undefined || sealed.expiresAt <= now()) return undefined
      const { owner, provedAt, expiresAt } = sealed
      const isFresh = expiresAt - now() > idleSeconds / 2 || expiresAt === provedAt + longestSeconds
      return isFresh ? { owner, handle, cookies: [] } : await keep(cookie, owner, provedAt)
    },
  }
}

function keyOf(cookie: string, handle: string) {
  return {
    secret: Uint8Array.from(createHash('sha256').update(cookie).digest()),
    ...{ handle, purpose: 'owner-page' },
    // Never the id of a sign-in, whatever the handle.
    id: createHash('sha256').update(`owner-page\0${handle}`).digest('hex'),
  }
}
