/**
 * The authorization request (RFC 6749 §4.1.1) from its query to a value whose every part was checked. The order is
 * the point: until the client and its redirect URI are known, an error stays on our own page; after that every error
 * goes to the client. `nonce`, `login_hint` and other unknown parameters are ignored (§3.1).
 */
import type { Client, ClientLookup, Clients } from './clients.ts'
import { OAuthError, type RefusalReason } from './errors.ts'
import { maxQueryBytes, type Parameters, parseParameters } from './form.ts'
import { isCodeChallenge } from './pkce.ts'
import type { RedirectUri, RedirectUriPolicy } from './redirect-uri.ts'
import { parseResource } from './resource.ts'
import { parseScope } from './scope.ts'
import { type RefusedAddress, toShownAddress } from './shown-address.ts'

export interface AuthorizationRequest {
  readonly client: Client
  readonly redirectUri: RedirectUri
  readonly state: string
  readonly codeChallenge: string
  readonly scope: string
  readonly resource: string
}

/** An error that the client is told of: it cannot be made without an accepted redirect URI. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError'
  readonly error: OAuthError
  readonly redirectUri: RedirectUri
  readonly state: string | undefined

  constructor(error: OAuthError, redirectUri: RedirectUri, state: string | undefined) {
    super(error.message)
    this.error = error
    this.redirectUri = redirectUri
    this.state = state
  }
}

export interface AuthorizationRequestRules {
  readonly clients: Clients
  readonly redirectUris: RedirectUriPolicy
  readonly scopes: readonly string[]
  readonly resource: string
}

/** Throws OAuthError (to be shown here) or AuthorizationError (to be sent to the client). */
export async function parseAuthorizationRequest(
  request: Request,
  rules: AuthorizationRequestRules,
): Promise<AuthorizationRequest> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new OAuthError('invalid_request', 'wrong_method', 'This page is opened with GET.', 405)
  }
  const query = new URL(request.url).search.slice(1)
  if (query.length > maxQueryBytes) throw invalid('too_large', 'The sign-in request is too long.')
  const parameters = parseParameters(query)
  const client = await findClient(parameters, rules)
  const redirectUri = acceptRedirectUri(parameters, client, rules)

  // Above this line nothing is ever redirected; below it every error is.
  const state = parameters.duplicates.has('state') ? undefined : parameters.get('state')
  try {
    return { client, redirectUri, ...parseRest(parameters, state, rules) }
  } catch (error) {
    if (error instanceof OAuthError) throw new AuthorizationError(error, redirectUri, state)
    throw error
  }
}

async function findClient(parameters: Parameters, { clients }: AuthorizationRequestRules): Promise<Client> {
  const clientId = parameters.duplicates.has('client_id') ? undefined : parameters.get('client_id')
  if (clientId === undefined) throw invalid('missing_parameter', 'The sign-in request names no client.')
  const found = await clients.findClient(clientId)
  if (found.kind === 'client') return found.client
  throw refusedClient(found.kind, clientId)
}

/** 401 as at the token endpoint (RFC 6749 §5.2): the client could not be identified. */
function refusedClient(kind: Exclude<ClientLookup['kind'], 'client'>, clientId: string): OAuthError {
  const refused = (reason: RefusalReason, sentence: string, address?: RefusedAddress['kind']) =>
    new OAuthError(
      'invalid_client',
      reason,
      sentence,
      401,
      address && { kind: address, shown: toShownAddress(clientId) },
    )
  switch (kind) {
    case 'unknown':
      return refused(
        'unknown_client',
        'The app that sent you here is not known to this server. Remove this server from the app and add it again.',
      )
    case 'switched_off':
      return refused(
        'client_switched_off',
        'The owner of this server has switched off the app that sent you here.',
      )
    case 'unreadable':
      return refused(
        'client_document_unreadable',
        'The app that sent you here describes itself in a document, and this server could not read it just now.',
        'unreadable_document',
      )
    case 'unfit':
      return refused(
        'client_document_unfit',
        'The app that sent you here describes itself in a document that this server cannot use.',
        'unfit_document',
      )
  }
}

/** Required even where a client has one only: a default would be one more thing to get wrong. */
function acceptRedirectUri(
  parameters: Parameters,
  client: Client,
  { redirectUris }: AuthorizationRequestRules,
): RedirectUri {
  const given = parameters.duplicates.has('redirect_uri') ? undefined : parameters.get('redirect_uri')
  if (given === undefined) {
    throw invalid('redirect_uri_refused', 'The app that sent you here gave no return address, or several.')
  }
  const redirectUri = redirectUris.accept(given, client.redirectUris)
  if (redirectUri !== undefined) return redirectUri
  const isUnregistered = redirectUris.accept(given, [given]) !== undefined
  throw new OAuthError(
    'invalid_request',
    'redirect_uri_refused',
    isUnregistered
      ? 'The app that sent you here gave a return address that it has not registered.'
      : 'The app that sent you here gave a return address that is not allowed.',
    400,
    {
      kind: isUnregistered ? 'unregistered_redirect_uri' : 'redirect_uri',
      shown: toShownAddress(given),
    },
  )
}

function parseRest(
  parameters: Parameters,
  state: string | undefined,
  { scopes, resource }: AuthorizationRequestRules,
): Pick<AuthorizationRequest, 'state' | 'codeChallenge' | 'scope' | 'resource'> {
  if (parameters.duplicates.size > 0)
    throw invalid('duplicate_parameter', 'A parameter is given more than once.')
  assertSupported(parameters)
  const responseType = parameters.get('response_type')
  if (responseType === undefined) throw invalid('missing_parameter', 'response_type is missing.')
  if (responseType !== 'code') {
    throw new OAuthError('unsupported_response_type', 'unsupported_parameter', 'response_type must be code.')
  }
  if ((parameters.get('response_mode') ?? 'query') !== 'query') {
    throw invalid('unsupported_parameter', 'response_mode must be query.')
  }
  if (state === undefined) throw invalid('missing_parameter', 'state is missing.')
  return {
    state,
    codeChallenge: parseCodeChallenge(parameters),
    scope: parseScope(parameters.get('scope'), scopes),
    resource: parseResource(parameters.get('resource'), resource),
  }
}

/** OpenID Connect Core §3.1.2.6: refused by name, since a client would believe that they were honoured. */
function assertSupported(parameters: Parameters): void {
  for (const name of ['request', 'request_uri', 'registration'] as const) {
    if (parameters.get(name) === undefined) continue
    throw new OAuthError(`${name}_not_supported`, 'unsupported_parameter', `${name} is not supported.`)
  }
  // Its sender wants an answer without a page, and nothing here is answered without one.
  if (parameters.get('prompt')?.split(' ').includes('none')) {
    throw new OAuthError('interaction_required', 'unsupported_parameter', 'The owner must be asked.')
  }
}

/** RFC 7636 §4.4.1. An absent method would mean `plain` (§4.3). */
function parseCodeChallenge(parameters: Parameters): string {
  const challenge = parameters.get('code_challenge')
  if (
    parameters.get('code_challenge_method') !== 'S256' ||
    challenge === undefined ||
    !isCodeChallenge(challenge)
  ) {
    throw invalid('pkce_refused', 'A code_challenge with the method S256 is required.')
  }
  return challenge
}

function invalid(reason: RefusalReason, sentence: string): OAuthError {
  return new OAuthError('invalid_request', reason, sentence)
}
