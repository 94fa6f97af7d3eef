/**
 * The error of this package and how it is answered. Two texts: `reason` is exact, from a closed set and for the
 * operator's log; `message` is our own sentence and public. Neither holds what a request or a store said, but for a
 * refused address in the form of shown-address.ts.
 */
import { noStore } from './answer.ts'
import type { RefusedAddress } from './shown-address.ts'

/** RFC 6749 §4.1.2.1 and §5.2, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'interaction_required'
  | 'access_denied'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'temporarily_unavailable'

/** Why, for the operator. */
export type RefusalReason =
  | 'malformed_request'
  | 'wrong_method'
  | 'too_large'
  | 'duplicate_parameter'
  | 'missing_parameter'
  | 'unsupported_parameter'
  | 'unknown_client'
  | 'client_switched_off'
  | 'client_document_unreadable'
  | 'client_document_unfit'
  | 'wrong_client_secret'
  | 'client_metadata_refused'
  | 'redirect_uri_refused'
  | 'scope_refused'
  | 'resource_refused'
  | 'pkce_refused'
  | 'unknown_token'
  | 'expired'
  | 'foreign_client'
  | 'redirect_uri_mismatch'
  | 'verifier_mismatch'
  | 'code_already_used'
  | 'code_replayed'
  | 'refresh_token_reused'
  | 'grant_not_live'
  | 'not_admitted'
  | 'not_vouched_for'
  | 'wrap_refused'
  | 'rows_disagree'
  | 'store_unavailable'

export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly reason: RefusalReason
  readonly status: number
  readonly address: RefusedAddress | undefined

  constructor(
    code: OAuthErrorCode,
    reason: RefusalReason,
    sentence: string,
    status = statusOf(code),
    address?: RefusedAddress,
  ) {
    super(sentence)
    this.code = code
    this.reason = reason
    this.status = status
    this.address = address
  }
}

function statusOf(code: OAuthErrorCode): number {
  if (code === 'invalid_client') return 401
  if (code === 'temporarily_unavailable') return 503
  return 400
}

/** Recognised by name, so that a store may come from another copy of this package. */
export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === 'StoreUnavailableError'
}

export function storeUnavailable(): OAuthError {
  return new OAuthError('temporarily_unavailable', 'store_unavailable', 'Try again in a few seconds.')
}

/** RFC 6749 §5.2. `headers` adds what the endpoint needs (Allow, WWW-Authenticate). */
export function toErrorResponse(error: OAuthError, headers: Record<string, string> = {}): Response {
  return Response.json(
    { error: error.code, error_description: error.message },
    { status: error.status, headers: { ...noStore, ...retryAfter(error), ...headers } },
  )
}

export function retryAfter(error: OAuthError): Record<string, string> {
  return error.status === 503 ? { 'Retry-After': '5' } : {}
}
