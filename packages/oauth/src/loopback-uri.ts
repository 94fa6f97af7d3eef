/**
 * Redirect URIs at a program on the owner's own computer (RFC 8252 §7.3): the port is free, host and path are compared
 * character by character. One spelling of each address exists here: no query, fragment or user info, no escape, no dot
 * segment and no empty one, so that no browser reads another address than this file does.
 */

export interface LoopbackUri {
  /** Absent: any. */
  readonly port: number | undefined
  /** The same address without its port: what two of them have in common. */
  readonly portless: string
}

const origin = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?(?=\/)/
/** RFC 3986 §2.3 unreserved characters only. */
const path = /^\/(?:(?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+(?:\/|$))*$/
const maxLength = 500

export function parseLoopbackUri(uri: string): LoopbackUri | undefined {
  const [start, host, digits] = (uri.length <= maxLength && origin.exec(uri)) || []
  if (start === undefined || !path.test(uri.slice(start.length))) return undefined
  const port = digits === undefined ? undefined : Number(digits)
  if (port !== undefined && port > 65535) return undefined
  return { port, portless: `http://${host}${uri.slice(start.length)}` }
}

/** A loopback address without its port; anything else as it is. */
export function withoutPort(uri: string): string {
  return parseLoopbackUri(uri)?.portless ?? uri
}

/** Whether the code goes to a program on the reader's own computer: anyone can claim to be that program. */
export function isLoopback(uri: string): boolean {
  return origin.test(uri)
}
