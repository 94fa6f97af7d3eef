/**
 * What API Gateway answers by itself and where each route goes: data, with one row per case of the truth table in
 * docs/storage-schema.md. The template is built from it and the simulator of the tests runs on it, so neither can
 * say something the other does not.
 */
import { createChallenge } from '@email-connector/oauth'
import { scopes } from '@email-connector/server/caller'
import { fixedHeaders } from '@email-connector/server/headers'

/** A request at the gateway's edge. `{proxy+}` matches one or more path segments. */
export interface GatewayRoute {
  readonly path: string
  readonly target: 'mcp' | 'oauth' | 'owner' | 'health'
  /** The Lambda authorizer stands before every method but OPTIONS. */
  readonly authorized: boolean
  /** One function cannot serve both modes, so all methods of a path share one. */
  readonly transfer: 'STREAM' | 'BUFFERED'
}

export const gatewayRoutes: readonly GatewayRoute[] = [
  { path: '/mcp', target: 'mcp', authorized: true, transfer: 'STREAM' },
  { path: '/files', target: 'owner', authorized: false, transfer: 'STREAM' },
  { path: '/review', target: 'owner', authorized: false, transfer: 'STREAM' },
  { path: '/health', target: 'health', authorized: false, transfer: 'BUFFERED' },
  { path: '/oauth/{proxy+}', target: 'oauth', authorized: false, transfer: 'BUFFERED' },
  { path: '/.well-known/{proxy+}', target: 'oauth', authorized: false, transfer: 'BUFFERED' },
  { path: '/privacy', target: 'oauth', authorized: false, transfer: 'BUFFERED' },
  { path: '/', target: 'oauth', authorized: false, transfer: 'BUFFERED' },
]

/** Of a REST API: bodies that it hands on byte for byte. All others it takes for UTF-8, which a file is not. */
export const binaryTypes: readonly string[] = ['multipart/form-data']

/** Of an HTTP API: what is not routed goes to oauth as well, which answers 404 with our headers. */
export const httpRoutes: readonly Pick<GatewayRoute, 'path' | 'target'>[] = [
  ...gatewayRoutes,
  { path: '/{proxy+}', target: 'oauth' },
]

/** API Gateway's own name of a response type. */
export type GatewayResponseType =
  | 'UNAUTHORIZED'
  | 'ACCESS_DENIED'
  | 'AUTHORIZER_FAILURE'
  | 'AUTHORIZER_CONFIGURATION_ERROR'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'THROTTLED'
  | 'QUOTA_EXCEEDED'
  | 'REQUEST_TOO_LARGE'
  | 'BAD_REQUEST_BODY'
  | 'BAD_REQUEST_PARAMETERS'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'

export interface GatewayResponse {
  readonly type: GatewayResponseType
  /** Absent: API Gateway's own status stays. */
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Static values: a Gateway Response cannot look at the request, so CORS is `*` (no credentials are ever sent). */
const everyResponse = {
  ...fixedHeaders,
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Mcp-Session-Id, WWW-Authenticate',
} as const

const retrySeconds = '5'

export function gatewayResponses({ publicUrl }: { publicUrl: string }): readonly GatewayResponse[] {
  const challenge = createChallenge({ resource: `${publicUrl}/mcp`, scopes })
  const row = (
    type: GatewayResponseType,
    status: number | undefined,
    error: string,
    sentence: string,
    headers: Record<string, string> = {},
  ): GatewayResponse => ({
    type,
    ...(status === undefined ? {} : { status }),
    headers: { ...everyResponse, ...headers },
    body: JSON.stringify({ error, error_description: sentence }),
  })
  const unavailable = (type: GatewayResponseType) =>
    row(type, 503, 'temporarily_unavailable', 'The server is busy. Try again in a few seconds.', {
      'Retry-After': retrySeconds,
    })
  return [
    row('UNAUTHORIZED', 401, 'unauthorized', 'Sign in first: send an access token.', {
      'WWW-Authenticate': challenge(),
    }),
    row('ACCESS_DENIED', 401, 'invalid_token', 'The access token is unknown, expired or revoked.', {
      'WWW-Authenticate': challenge('invalid_token'),
    }),
    unavailable('AUTHORIZER_FAILURE'),
    unavailable('AUTHORIZER_CONFIGURATION_ERROR'),
    unavailable('INTEGRATION_FAILURE'),
    unavailable('INTEGRATION_TIMEOUT'),
    row('MISSING_AUTHENTICATION_TOKEN', 404, 'not_found', 'There is nothing at this path.'),
    row('THROTTLED', 429, 'slow_down', 'Too many requests. Try again in a few seconds.', {
      'Retry-After': retrySeconds,
    }),
    row('QUOTA_EXCEEDED', 429, 'slow_down', 'Too many requests. Try again later.', {
      'Retry-After': retrySeconds,
    }),
    row('REQUEST_TOO_LARGE', 413, 'invalid_request', 'The request is too large.'),
    row('BAD_REQUEST_BODY', 400, 'invalid_request', 'The request body cannot be read.'),
    row('BAD_REQUEST_PARAMETERS', 400, 'invalid_request', 'The request parameters cannot be read.'),
    row('DEFAULT_4XX', undefined, 'invalid_request', 'The request cannot be served.'),
    row('DEFAULT_5XX', undefined, 'server_error', 'The server failed. Try again in a few seconds.'),
  ]
}
