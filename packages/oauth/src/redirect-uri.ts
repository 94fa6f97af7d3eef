/**
 * Where a code may be sent: a list compared character by character, and loopback addresses with three fixed paths
 * and any port (RFC 8252 §7.3). Nothing is parsed or normalised before it is compared, since every parser disagrees
 * with some browser. The types carry the rule: without a RedirectUri there is nothing to redirect to.
 */
import { type KnownClientId, knownClients } from './known-clients.ts'

declare const accepted: unique symbol
/** A redirect URI that this deployment accepts. Only `accept` makes one. */
export type RedirectUri = string & { readonly [accepted]: true }

export interface RedirectUriPolicy {
  accept(uri: string): RedirectUri | undefined
}

export interface RedirectUriSettings {
  /**
   * Known clients the owner switched off: neither their redirect URIs nor their documents count any more. What is
   * connected already is the owner's to revoke.
   */
  readonly withoutClients?: readonly KnownClientId[]
  /** What the owner adds; checked by `isAcceptableRedirectUri`. */
  readonly extra?: readonly string[]
}

const loopback =
  /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})(?:\/callback|\/oauth\/callback(?:\/debug)?)$/

/** A registration may leave the port out: it stands for any (RFC 8252 §7.3). */
const loopbackOrigin = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?(?=\/)/

export function createRedirectUriPolicy(settings: RedirectUriSettings = {}): RedirectUriPolicy {
  const { withoutClients = [], extra = [] } = settings
  for (const uri of extra) {
    if (!isAcceptableRedirectUri(uri)) throw new Error('An additional redirect URI is not acceptable')
  }
  const exact = new Set([
    ...knownClients.filter(({ id }) => !withoutClients.includes(id)).flatMap((client) => client.redirectUris),
    ...extra,
  ])
  return {
    accept: (uri) => (exact.has(uri) || isLoopbackCallback(uri) ? (uri as RedirectUri) : undefined),
  }
}

/** Whether an owner may add it: https, a loopback address, or an application's own scheme named after its domain. */
export function isAcceptableRedirectUri(uri: string): boolean {
  if (uri.length > 500 || !URL.canParse(uri)) return false
  const url = new URL(uri)
  // Only the spelling that parsers give back: what is compared is then what the browser goes to.
  if (url.href !== uri || url.username !== '' || url.password !== '' || uri.includes('#')) return false
  if (['code', 'state', 'iss', 'error'].some((name) => url.searchParams.has(name))) return false
  // RFC 8252 §7.1: a private scheme holds a dot, which keeps javascript:, data: and file: out.
  return url.protocol === 'https:' || url.protocol.includes('.') || isLoopback(uri)
}

/** Whether the code goes to a program on the reader's own computer: anyone can claim to be that program. */
export function isLoopback(uri: string): boolean {
  return loopbackOrigin.test(uri)
}

/** Whether a client registered it: the same characters, or the same loopback address with any port. */
export function isRegistered(uri: RedirectUri, registered: readonly string[]): boolean {
  return registered.some((one) => one === uri || (isLoopback(uri) && withoutPort(one) === withoutPort(uri)))
}

/** Whether a registration may name it: an accepted URI, or a loopback callback without its port. */
export function isRegistrable(uri: string, policy: RedirectUriPolicy): boolean {
  return policy.accept(uri) !== undefined || (isLoopback(uri) && isLoopbackCallback(withPort(uri)))
}

function isLoopbackCallback(uri: string): boolean {
  const port = loopback.exec(uri)?.[1]
  return port !== undefined && Number(port) <= 65535
}

function withoutPort(uri: string): string {
  return uri.replace(loopbackOrigin, 'http://$1')
}

function withPort(uri: string): string {
  return uri.replace(loopbackOrigin, (origin, host, port) =>
    port === undefined ? `http://${host}:1` : origin,
  )
}
