/**
 * Browsers that have signed in to a mailbox before. Each keeps a cookie per mailbox that says so, which gives it tries
 * apart from everybody else's (sign-in/rate-limits.ts): strangers' failures cannot lock its owner out. The cookie is an HMAC under
 * the pepper over the mailbox, a random id and an expiry; nothing is stored for it, and neither its name nor its value
 * tells the address. It proves no mailbox and opens nothing: the password is asked for all the same. A browser keeps few
 * of them, since it sends them all with every request.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type EpochSeconds, readCookie, toSetCookie } from '@email-connector/oauth'
import { daySeconds } from '../clock.ts'
import type { SecretKey } from '../keys/instance-secrets.ts'
import { canonical } from '../keys/seal.ts'
import type { GuessedMailbox } from './guessed-mailbox.ts'

type Mailbox = Pick<GuessedMailbox, 'server' | 'login'>

export interface KnownBrowsers {
  /** The browser's id at this mailbox; undefined: it has not signed in there for `knownSeconds`. */
  find(request: Request, mailbox: Mailbox): string | undefined
  /** The Set-Cookie values for a browser that has just signed in to these; the oldest cookies make room. */
  remember(request: Request, mailboxes: readonly Mailbox[]): readonly string[]
}

const knownSeconds = 90 * daySeconds
const idBytes = 16
/** Some 120 bytes each; API Gateway takes 10 KB of headers. */
const maxCookies = 16

export function createKnownBrowsers(options: {
  publicUrl: string
  /** The first signs, all verify. */
  peppers: readonly SecretKey[]
  now: () => EpochSeconds
}): KnownBrowsers {
  const { publicUrl, peppers, now } = options

  function find(request: Request, mailbox: Mailbox): string | undefined {
    for (const { key } of peppers) {
      const value = readCookie(request, publicUrl, cookieName(key, mailbox))
      const [, id, expiresAt, mac] = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/.exec(value ?? '') ?? []
      if (id === undefined || expiresAt === undefined || mac === undefined) continue
      if (isEqual(mac, macOf(key, mailbox, id, expiresAt)) && Number(expiresAt) > now()) return id
    }
    return undefined
  }

  return {
    find,

    remember(request, mailboxes) {
      const [newest] = peppers
      if (newest === undefined) throw new Error('There is no pepper')
      const kept = mailboxes.map((mailbox) => {
        const id = find(request, mailbox) ?? randomBytes(idBytes).toString('base64url')
        const expiresAt = String(now() + knownSeconds)
        return {
          name: cookieName(newest.key, mailbox),
          value: `${id}.${expiresAt}.${macOf(newest.key, mailbox, id, expiresAt)}`,
          maxAgeSeconds: knownSeconds,
        }
      })
      const others = namesByAge(request).filter((name) => kept.every((cookie) => cookie.name !== name))
      const dropped = others.slice(0, Math.max(0, others.length + kept.length - maxCookies))
      return [...kept, ...dropped.map((name) => ({ name, value: '', maxAgeSeconds: 0 }))].map((cookie) =>
        toSetCookie(publicUrl, cookie),
      )
    },
  }
}

/** Beside a cookie that the response may set already. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
  return response
}

/** The names of all such cookies that the browser sent, the oldest first. What a browser made up ages as it says. */
function namesByAge(request: Request): readonly string[] {
  const sent = request.headers.get('cookie') ?? ''
  return [...sent.matchAll(/(?:^|;) ?(?:__Host-)?(known-[\w-]{22})=[\w-]*\.?(\d{0,12})/g)]
    .map(([, name = '', expiresAt = '']) => ({ name, expiresAt: Number(expiresAt) }))
    .sort((one, other) => one.expiresAt - other.expiresAt)
    .map(({ name }) => name)
}

function cookieName(key: Uint8Array, { server, login }: Mailbox): string {
  return `known-${hmac(key, ['known-mailbox', server, login]).slice(0, 22)}`
}

function macOf(key: Uint8Array, { server, login }: Mailbox, id: string, expiresAt: string): string {
  return hmac(key, ['known-browser', server, login, id, expiresAt])
}

function hmac(key: Uint8Array, parts: readonly string[]): string {
  return createHmac('sha256', key).update(canonical(parts)).digest('base64url')
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
