/**
 * The whole authorization server as functions over web Request and Response. Routing, CORS, security headers, pages
 * and limits are the caller's; every rule of OAuth is here.
 */
import { type ErrorPage, plainPage } from './answer.ts'
import { type AuthorizationEndpoint, createAuthorizationEndpoint } from './authorization-endpoint.ts'
import { type BearerError, createChallenge, findAccessToken } from './bearer.ts'
import { createClients, type FetchClientMetadata, type PreRegisteredClient } from './clients.ts'
import { revokeGrant } from './grant-revocation.ts'
import { createMetadata, createProtectedResourceMetadata } from './metadata.ts'
import { createRedirectUriPolicy, type RedirectUriSettings } from './redirect-uri.ts'
import { createRegistrationEndpoint } from './registration-endpoint.ts'
import type { NamedKey } from './repeatable-answer.ts'
import { createRevocationEndpoint } from './revocation-endpoint.ts'
import {
  type BeforeRefresh,
  defaultLifetimes,
  type Lifetimes,
  type OAuthEvent,
  type Settings,
} from './settings.ts'
import type { AccessTokenRow, AuthorizationStore, EpochSeconds } from './store.ts'
import { createTokenEndpoint } from './token-endpoint.ts'
import { unwrapSecret } from './token-wrap.ts'

/** What a deployment decides, and what it lends: store, keys, clock. */
export interface AuthorizationServerOptions {
  /** PUBLIC_URL: an origin, no trailing slash. */
  readonly issuer: string
  /** The one resource tokens are for: PUBLIC_URL/mcp. */
  readonly resource: string
  /** In an order in which each includes those before it. */
  readonly scopes: readonly string[]
  readonly store: AuthorizationStore
  readonly clients?: readonly PreRegisteredClient[]
  readonly redirectUris?: RedirectUriSettings
  /** Newest first, as are the handoff keys. */
  readonly dcrKeys: readonly NamedKey[]
  readonly handoffKeys: readonly NamedKey[]
  readonly now: () => EpochSeconds
  readonly lifetimes?: Partial<Lifetimes>
  /** Absent: Client ID Metadata Documents of known clients only. */
  readonly fetchClientMetadata?: FetchClientMetadata
  /** The caller's own page in place of a plain one, its security headers included. */
  readonly errorPage?: ErrorPage
  readonly log?: (event: OAuthEvent) => void
  /** What the caller has to do with S before a refresh commits. It may be asked again; what it throws ends the request. */
  readonly beforeRefresh?: BeforeRefresh
}

/** The endpoints, and what the resource server needs of them. */
export interface AuthorizationServer extends AuthorizationEndpoint {
  readonly lifetimes: Lifetimes
  /** RFC 8414. */
  metadata(): Response
  /** RFC 9728. */
  protectedResourceMetadata(): Response
  /** These three answer every error themselves, a store that is down with 503. */
  token(request: Request): Promise<Response>
  revoke(request: Request): Promise<Response>
  register(request: Request): Promise<Response>
  /** One read of the store; throws StoreUnavailableError. */
  findAccessToken(token: string): Promise<{ kind: 'live'; row: AccessTokenRow } | { kind: 'invalid' }>
  /** S, or undefined when the row was not written for this token. The caller zeroes it. */
  openSecret(token: string, row: AccessTokenRow): Uint8Array | undefined
  /** Ends a grant, on its owner's word unless said; may be repeated until it returns. Throws StoreUnavailableError. */
  revokeGrant(grantId: string, cause?: 'owner' | 'operator'): Promise<void>
  /** The value of `WWW-Authenticate` at the resource; without an error when no token was sent. */
  challenge(error?: BearerError, scope?: string): string
}

/** Throws when the settings contradict themselves. */
export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, resource, scopes, store, dcrKeys, handoffKeys, now, fetchClientMetadata } = options
  if (new URL(issuer).origin !== issuer)
    throw new Error('The issuer must be an origin without a trailing slash')
  if (dcrKeys.length === 0 || handoffKeys.length === 0) throw new Error('A key of the deployment is missing')
  const lifetimes = { ...defaultLifetimes, ...options.lifetimes }
  const settings: Settings = {
    issuer,
    resource,
    scopes,
    store,
    handoffKeys,
    lifetimes,
    now,
    redirectUris: createRedirectUriPolicy(options.redirectUris),
    clients: createClients({
      preRegistered: options.clients ?? [],
      registrationKeys: dcrKeys,
      now,
      ...(fetchClientMetadata !== undefined && { fetchClientMetadata }),
      withoutClients: options.redirectUris?.withoutClients ?? [],
    }),
    errorPage: options.errorPage ?? plainPage,
    log: options.log ?? (() => undefined),
    beforeRefresh: options.beforeRefresh ?? (async () => undefined),
  }
  return {
    ...createAuthorizationEndpoint(settings),
    lifetimes,
    metadata: createMetadata(settings),
    protectedResourceMetadata: createProtectedResourceMetadata(settings),
    token: createTokenEndpoint(settings),
    revoke: createRevocationEndpoint(settings),
    register: createRegistrationEndpoint(settings),
    findAccessToken: (token) => findAccessToken(settings, token),
    openSecret: (token, row) => unwrapSecret(token, row),
    revokeGrant: (grantId, cause = 'owner') => revokeGrant(settings, grantId, cause),
    challenge: createChallenge(settings),
  }
}
