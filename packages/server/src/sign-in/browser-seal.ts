/**
 * What is kept for a browser that is away, sealed under a key from a handle in its URL and the value of a cookie of its own:
 * the store, the URL or the cookie alone open nothing. Each handle has its own cookie, so that two tabs do not end each
 * other. Where the sealed text lies, and how often it is handed out, is the caller's to say.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readCookie, toSetCookie } from '@email-connector/oauth'
import { openForBrowser, sealForBrowser, secretOfCookie } from '../keys/page-seal.ts'
import { isKeyText } from '../keys/seal.ts'

export interface BrowserSeal {
  /** Of its row. */
  idOf(handle: string): string
  /** The value of a cookie for a browser that leaves. */
  createValue(): string
  /** Undefined also when the value cannot be one. */
  valueOf(request: Request, handle: string): string | undefined
  /** The Set-Cookie value; `maxAgeSeconds` 0 ends it. */
  cookie(handle: string, value: string, maxAgeSeconds: number): string
  seal(handle: string, value: string, content: unknown): string
  /** As `seal` was given it; undefined: the text belongs to another handle or cookie, or was changed. */
  open(handle: string, value: string, sealed: string): unknown
}

export function createBrowserSeal(kind: 'provider' | 'device', publicUrl: string): BrowserSeal {
  const purpose = `${kind}-sign-in`
  const idOf = (handle: string) => createHash('sha256').update(`${kind}\0${handle}`).digest('hex')
  const cookieName = (handle: string) => `${kind}-${idOf(handle).slice(0, 16)}`
  const keyOf = (handle: string, value: string) => ({
    ...{ secret: secretOfCookie(value), handle, purpose, id: idOf(handle) },
  })

  return {
    idOf,

    createValue: () => randomBytes(32).toString('base64url'),

    valueOf(request, handle) {
      const value = readCookie(request, publicUrl, cookieName(handle))
      return value !== undefined && isKeyText(value) ? value : undefined
    },

    cookie: (handle, value, maxAgeSeconds) =>
      toSetCookie(publicUrl, { name: cookieName(handle), value, maxAgeSeconds }),

    seal: (handle, value, content) => sealForBrowser(keyOf(handle, value), content),

    open: (handle, value, sealed) => openForBrowser(keyOf(handle, value), sealed),
  }
}
