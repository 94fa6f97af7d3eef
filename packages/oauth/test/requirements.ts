/**
 * What the standards demand of an authorization server and of the resource behind it, as far as it applies here, in our
 * own words. A test cites an id in its title, in square brackets; one without a test fails (spec-coverage.test.ts).
 * `docs/spec-coverage.md` is printed from this.
 */

export interface Requirement {
  /** The document, the section, and a word where a section demands several things. */
  readonly id: string
  readonly clause: string
  readonly sentence: string
}

interface Standard {
  readonly prefix: string
  readonly name: string
  /** Section, with a word where needed, to what it demands. */
  readonly demands: Readonly<Record<string, string>>
}

export const standards: readonly Standard[] = [
  {
    prefix: 'oauth21',
    name: 'OAuth 2.1 (draft-ietf-oauth-v2-1)',
    demands: {
      '2.3.1': 'A redirect URI counts only if it equals a registered one character by character.',
      '2.3.5': 'Without a valid client and redirect URI the owner is told, and no one is redirected.',
      '2.4': 'A request that authenticates its client in two ways is refused.',
      '3.1': 'A parameter without a value counts as absent; one that is not known is ignored.',
      '3.1-twice': 'A parameter that comes twice makes the authorization request invalid.',
      '3.2': 'The token endpoint takes POST only and reads no parameter from the URL.',
      '3.2.1': 'A confidential client gets nothing from the token endpoint without its secret.',
      '3.2.3': 'No answer that holds a token may be stored by a cache.',
      '3.2.4':
        'Errors are JSON with 400; failed client authentication is 401, in kind where a header was tried.',
      '4.1.1': 'Only response_type=code exists, and it needs a code challenge.',
      '4.1.2': 'A code lives for a minute and is bound to its client, its redirect URI and its challenge.',
      '4.1.2-once': 'A code works once; its valid replay ends what it issued.',
      '4.1.2.1': 'Every other error goes back to the client with the state it gave.',
      '4.3': 'A refresh token works for its own client only and never for more than was granted.',
      '5.1': 'A bearer token counts in the Authorization header and nowhere else.',
    },
  },
  {
    prefix: 'rfc6750',
    name: 'RFC 6750, bearer tokens',
    demands: {
      '2.1': 'The token is read from the Authorization header; a second place is not looked at.',
      '3': 'A request without a token is challenged with the Bearer scheme.',
      '3.1':
        'A token that is expired, revoked or malformed is 401 invalid_token; without one no error is named.',
      '3.1-scope': 'A token that lacks a scope is 403 insufficient_scope with the scopes needed.',
    },
  },
  {
    prefix: 'rfc7009',
    name: 'RFC 7009, revocation',
    demands: {
      '2': 'Revocation takes effect at once.',
      '2.1': 'A token is revoked only for the client it was issued to, after client authentication.',
      '2.1-hint': 'A token is found whatever its type hint says.',
      '2.1-grant': 'Revoking a refresh token ends the access tokens of its grant.',
      '2.2': 'An unknown token is answered with 200 like a known one.',
      '2.2.1': 'A revocation that could not be finished is 503, and may be repeated until it is.',
    },
  },
  {
    prefix: 'rfc7591',
    name: 'RFC 7591, dynamic registration',
    demands: {
      '2': 'Metadata that is not understood is ignored.',
      '3.1': 'A registration is a JSON object in a POST.',
      '3.2.1': 'The answer is 201 with the client id and all that was registered, changed values included.',
      '3.2.2': 'A refused registration is 400 with a registered error code.',
      '5': 'Only redirect URIs that the deployment accepts can be registered; no URL in the metadata is fetched.',
    },
  },
  {
    prefix: 'rfc7636',
    name: 'RFC 7636, PKCE',
    demands: {
      '4.1': 'A verifier has 43 to 128 characters of the unreserved set.',
      '4.2': 'A challenge is the base64url SHA-256 of its verifier.',
      '4.4.1': 'A missing challenge or another method than S256 is invalid_request, to the client.',
      '4.6': 'A verifier that does not match is invalid_grant.',
    },
  },
  {
    prefix: 'rfc8252',
    name: 'RFC 8252, native apps',
    demands: {
      '7.1':
        'A private-use scheme is an application’s own: only the owner adds one, and none that browsers act on.',
      '7.3': 'A loopback redirect URI may have any port.',
    },
  },
  {
    prefix: 'rfc8414',
    name: 'RFC 8414, server metadata',
    demands: {
      '2': 'The issuer is an origin without query, fragment or trailing slash; the document names every endpoint.',
      '3.1': 'The document is at its well-known path, for an issuer with a path too.',
      '3.2': 'It is JSON with 200, and no list in it is empty.',
      '3.3': 'Its issuer equals the one that led there.',
    },
  },
  {
    prefix: 'rfc8707',
    name: 'RFC 8707, resource indicators',
    demands: {
      '2': 'A resource that is not served here, relative or with a fragment, is invalid_target.',
      '2.2':
        'The token request may not name another resource than the code was issued for; that consumes nothing.',
      '2.2-audience': 'A token works at the resource it was issued for and at no other.',
    },
  },
  {
    prefix: 'rfc9207',
    name: 'RFC 9207, issuer in the response',
    demands: {
      '2': 'Every answer at the redirect URI, good or bad, carries iss once.',
      '2.4': 'Its value is the issuer of the metadata, so that a strict client can tell a mix-up.',
      '3': 'The metadata says that iss is sent.',
    },
  },
  {
    prefix: 'rfc9700',
    name: 'RFC 9700, security best practice',
    demands: {
      '2.1': 'No redirect URI is matched by pattern, and no open redirect exists.',
      '2.1.1': 'Every client uses PKCE with S256, and the server enforces it.',
      '2.1.2': 'No token is ever issued by the authorization endpoint.',
      '2.2.2': 'Refresh tokens rotate; the reuse of a replaced one ends the grant.',
      '2.3': 'Access tokens are limited to one resource and to the scopes granted.',
      '2.4': 'The password grant does not exist.',
      '2.6': 'The authorization endpoint has no CORS.',
      '4.2.4': 'Pages around the code send no referrer.',
      '4.12': 'The redirect after a form with a password is 303.',
      '4.14.2': 'Refresh tokens end when they are not used, and at an absolute time.',
      '4.16': 'The consent page cannot be framed.',
    },
  },
  {
    prefix: 'rfc9728',
    name: 'RFC 9728, protected resource metadata',
    demands: {
      '2': 'The document names its resource, its authorization server, its scopes and how a token is sent.',
      '3.1': 'It is at the well-known path between host and path, and at the one of the host.',
      '3.3': 'Its resource equals the address the client used.',
      '5.1': 'The challenge points to it.',
    },
  },
  {
    prefix: 'cimd',
    name: 'Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document)',
    demands: {
      '3': 'A client id is an https URL with a path and without user-info, fragment or dot segments.',
      '4': 'The document names the very URL it was found at, and asks for no shared secret.',
      '4-redirect': 'Only redirect URIs that the document lists are used.',
      '4-cache': 'Documents are kept as their server says, within bounds; failures are not kept.',
      '5': 'The metadata says that such client ids are understood.',
      '6': 'The fetch reaches public addresses only, follows no redirect and is bounded in size and time.',
      '6-host': 'The owner sees the host that vouches for the client.',
    },
  },
  {
    prefix: 'mcp25',
    name: 'MCP authorization, 2025 revisions',
    demands: {
      prm: 'The resource document names the authorization server, and does not ask for offline_access.',
      'as-metadata': 'The server metadata is found by every lookup order of the revisions.',
      pkce: 'The metadata lists S256, without which clients refuse to go on.',
      '401': 'A missing, unknown or expired token is 401.',
      '403': 'A scope that is missing at run time is 403 with what is needed.',
      'token-header': 'A token is never accepted from the query.',
      audience: 'Tokens that were not issued for this server are refused.',
      'every-request': 'Every request carries its token, also within a session.',
      session: 'A session is bound to its grant and authorizes nothing.',
    },
  },
  {
    prefix: 'mcp26',
    name: 'MCP authorization, 2026-07-28',
    demands: {
      stateless: 'A request is authorized by its token alone, without any session.',
      cimd: 'Clients without a registration introduce themselves by a document, and DCR stays for the others.',
      refresh: 'A refresh token comes without offline_access, and expired clients go on without their user.',
    },
  },
]

export const requirements: readonly Requirement[] = standards.flatMap(({ prefix, demands }) =>
  Object.entries(demands)
    .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    .map(([section, sentence]) => ({
      id: `${prefix}-${section}`,
      clause: prefix.startsWith('mcp') ? 'authorization' : `§${section.split('-')[0]}`,
      sentence,
    })),
)
