/**
 * Where a code may be sent: a list compared character by character, and loopback addresses with any port (RFC 8252
 * §7.3) at a path that the client itself named. Nothing is parsed or normalised before it is compared, since every
 * parser disagrees with some browser. The types carry the rule: without a RedirectUri there is nothing to redirect to.
 */
import { type KnownClientId, knownClients } from './known-clients.ts'
import { isLoopback, parseLoopbackUri, withoutPort } from './loopback-uri.ts'
import { hasPrivateScheme } from './private-scheme.ts'

declare const accepted: unique symbol
/** A redirect URI that this deployment accepts from this client. Only `accept` makes one. */
export type RedirectUri = string & { readonly [accepted]: true }

export interface RedirectUriPolicy {
  /** `registered`: what the client itself named. Absent: a pre-registered client that names nothing. */
  accept(uri: string, registered?: readonly string[]): RedirectUri | undefined
  /** Whether a registration may name it; a loopback address may leave its port out. */
  isRegistrable(uri: string): boolean
  readonly extraName: string | undefined
}

/** Which redirect URIs a deployment takes beyond, or short of, those of the known clients. */
export interface RedirectUriSettings {
  /**
   * Known clients the owner switched off: neither their redirect URIs nor their documents count any more. What is
   * connected already is the owner's to revoke.
   */
  readonly withoutClients?: readonly KnownClientId[]
  /** What the owner adds; checked by `isAcceptableRedirectUri`. A loopback address without a port means any port. */
  readonly extra?: readonly string[]
  /** The owner's name for `extra`, for the answers that refuse an address. */
  readonly extraName?: string
}

/** What a client that names nothing may use on its owner's computer. */
const usualCallbacks = ['http://localhost', 'http://127.0.0.1', 'http://[::1]'].flatMap((origin) =>
  ['/callback', '/oauth/callback', '/oauth/callback/debug'].map((path) => `${origin}${path}`),
)
const maxLength = 500

export function createRedirectUriPolicy(settings: RedirectUriSettings = {}): RedirectUriPolicy {
  const { withoutClients = [], extra = [], extraName } = settings
  for (const uri of extra) {
    if (!isAcceptableRedirectUri(uri)) throw new Error('An additional redirect URI is not acceptable')
  }
  const listed = [
    ...knownClients.filter(({ id }) => !withoutClients.includes(id)).flatMap((client) => client.redirectUris),
    ...extra,
  ]
  const exact = new Set(listed.filter((uri) => !isPortless(uri)))
  const anyPort = new Set([...usualCallbacks, ...listed.filter(isPortless)])

  function isOpen(uri: string, registered: readonly string[] | undefined): boolean {
    if (exact.has(uri)) return true
    const loopback = parseLoopbackUri(uri)
    if (loopback?.port === undefined) return false
    return registered !== undefined || anyPort.has(loopback.portless)
  }

  return {
    accept(uri, registered) {
      const isNamed = registered === undefined || isRegistered(uri, registered)
      return isNamed && isOpen(uri, registered) ? (uri as RedirectUri) : undefined
    },
    isRegistrable: (uri) => exact.has(uri) || parseLoopbackUri(uri) !== undefined,
    extraName,
  }
}

/** Whether an owner may add it: https, a loopback address, or a scheme that an application has for itself. */
export function isAcceptableRedirectUri(uri: string): boolean {
  if (parseLoopbackUri(uri) !== undefined) return true
  if (uri.length > maxLength || !URL.canParse(uri)) return false
  const url = new URL(uri)
  // Only the spelling that parsers give back: what is compared is then what the browser goes to.
  if (url.href !== uri || url.username !== '' || url.password !== '' || uri.includes('#')) return false
  if (['code', 'state', 'iss', 'error'].some((name) => url.searchParams.has(name))) return false
  if (isLoopback(uri)) return url.port !== ''
  return url.protocol === 'https:' || hasPrivateScheme(url)
}

/** Whether a client named it: the same characters, or the same loopback address with any port. */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  return registered.some((one) => one === uri || withoutPort(one) === withoutPort(uri))
}

function isPortless(uri: string): boolean {
  const loopback = parseLoopbackUri(uri)
  return loopback !== undefined && loopback.port === undefined
}
