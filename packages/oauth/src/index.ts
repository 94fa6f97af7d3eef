export type { ErrorPage } from './answer.ts'
export type {
  Approval,
  AuthorizationEndpoint,
  AuthorizeOutcome,
  ConsentSubject,
  OpenTransactionOutcome,
} from './authorization-endpoint.ts'
export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from './authorization-server.ts'
export { type AccessTokenRows, type BearerError, createChallenge, findAccessToken } from './bearer.ts'
export { readCookie, toSetCookie } from './browser-cookie.ts'
export { type FetchClientMetadata, hostOfClient, type PreRegisteredClient } from './clients.ts'
export { type KnownClientId, knownClients } from './known-clients.ts'
export { makeLeash, readLeash } from './leash.ts'
export { isAcceptableRedirectUri, type RedirectUriSettings } from './redirect-uri.ts'
export type { NamedKey } from './repeatable-answer.ts'
export { openBytes, sealBytes } from './seal.ts'
export { type BeforeRefresh, type Lifetimes, type OAuthEvent, pendingSeconds } from './settings.ts'
export type { RefusedAddress } from './shown-address.ts'
export type * from './store.ts'
export { StoreUnavailableError } from './store.ts'
export {
  createOpaqueToken,
  isOpaqueToken,
  tokenId,
  unwrapSecret,
  type WrappedFields,
  wrapSecret,
} from './token-wrap.ts'
export { isSameOrigin, type TransactionRefusal } from './transaction.ts'
