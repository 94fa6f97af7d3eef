/**
 * Strict reading of `application/x-www-form-urlencoded`, in bodies and queries. One meaning or none: a name given
 * twice, bytes that are not UTF-8, a broken escape or another content type are refused (RFC 6749 §3.1, §3.2).
 */
import { OAuthError } from './errors.ts'

/** A token request is a few hundred bytes; the longest client id and verifier fit many times. */
const maxBodyBytes = 16 * 1024
/** Far above any authorization request; gateways stop earlier. */
export const maxQueryBytes = 8 * 1024

export interface Parameters {
  /** An empty value counts as absent (RFC 6749 §3.1). */
  get(name: string): string | undefined
  readonly duplicates: ReadonlySet<string>
}

/** Never throws anything but OAuthError. Parameters in the URL are not looked at (RFC 6749 §3.2). */
export async function parseFormRequest(request: Request): Promise<Parameters> {
  assertPost(request)
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw malformed('The content type must be application/x-www-form-urlencoded.')
  }
  const form = parseParameters(await readText(request, maxBodyBytes))
  if (form.duplicates.size > 0) {
    throw new OAuthError('invalid_request', 'duplicate_parameter', 'A parameter is given more than once.')
  }
  return form
}

export function parseParameters(encoded: string): Parameters {
  const values = new Map<string, string>()
  const duplicates = new Set<string>()
  for (const pair of encoded === '' ? [] : encoded.split('&')) {
    const at = pair.indexOf('=')
    const name = decode(at === -1 ? pair : pair.slice(0, at))
    if (values.has(name)) duplicates.add(name)
    values.set(name, at === -1 ? '' : decode(pair.slice(at + 1)))
  }
  return { get: (name) => values.get(name) || undefined, duplicates }
}

/** Also the decoding of HTTP Basic credentials (RFC 6749 §2.3.1). */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('An escape in the request is broken.')
  }
}

export function assertPost(request: Request): void {
  if (request.method !== 'POST') {
    throw new OAuthError('invalid_request', 'wrong_method', 'This endpoint takes POST only.', 405)
  }
}

/** The body as UTF-8, or OAuthError: too long (413), not UTF-8, or broken off. */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) break
      chunks.push(chunk)
    }
    if (bytes <= maxBytes) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw malformed('The body cannot be read.')
  }
  throw new OAuthError('invalid_request', 'too_large', 'The body is too large.', 413)
}

function malformed(sentence: string): OAuthError {
  return new OAuthError('invalid_request', 'malformed_request', sentence)
}
