/**
 * Client authentication at the token and revocation endpoints (RFC 6749 §2.3): `client_secret_basic`,
 * `client_secret_post`, `none`. Leaves to the grants: whether the code or token belongs to this client.
 */
import type { Clients } from './clients.ts'
import { isEqualText } from './digest.ts'
import { OAuthError } from './errors.ts'
import { decode, type Parameters } from './form.ts'

interface Credentials {
  readonly clientId: string
  /** Every reading of the secret that was sent; none when none was. */
  readonly secrets: readonly string[]
}

/** The client's id. Throws OAuthError `invalid_client` (401) or `invalid_request`. */
export function authenticateClient(clients: Clients, request: Request, form: Parameters): string {
  const { clientId, secrets } = readCredentials(request, form)
  const expected = clients.findSecret(clientId)
  if (expected.kind === 'unknown') throw unknownClient('unknown_client')
  // A public client has no secret: one that sends any is mistaken about who it is.
  const isAuthentic =
    expected.kind === 'public'
      ? secrets.length === 0
      : secrets.map((secret) => isEqualText(secret, expected.secret)).includes(true)
  if (!isAuthentic) throw unknownClient('wrong_client_secret')
  return clientId
}

function readCredentials(request: Request, form: Parameters): Credentials {
  const authorization = request.headers.get('authorization')
  const clientId = form.get('client_id')
  const secret = form.get('client_secret')
  if (authorization === null) {
    if (clientId === undefined) throw unknownClient('unknown_client')
    return { clientId, secrets: secret === undefined ? [] : [secret] }
  }
  const basic = parseBasic(authorization)
  if (basic === undefined) throw unknownClient('unknown_client')
  // RFC 6749 §2.3: not more than one method in a request.
  if (secret !== undefined || (clientId !== undefined && clientId !== basic.clientId)) {
    throw new OAuthError(
      'invalid_request',
      'duplicate_parameter',
      'Use one way of client authentication only.',
    )
  }
  return basic
}

/** RFC 6749 §2.3.1 has both parts form-encoded; the MCP SDK, and others, send them as they are. */
function parseBasic(authorization: string): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return undefined
  const secret = pair.slice(colon + 1)
  return {
    clientId: decodeOrKeep(pair.slice(0, colon)),
    secrets: secret === '' ? [] : [secret, decodeOrKeep(secret)],
  }
}

function decodeOrKeep(text: string): string {
  try {
    return decode(text)
  } catch {
    return text
  }
}

function unknownClient(reason: 'unknown_client' | 'wrong_client_secret'): OAuthError {
  return new OAuthError('invalid_client', reason, 'The client is unknown or its credentials are wrong.')
}
