/** What every endpoint of this server shares, and the events it tells the operator of. */
import type { ErrorPage } from './answer.ts'
import type { Clients } from './clients.ts'
import type { OAuthErrorCode, RefusalReason } from './errors.ts'
import type { RedirectUriPolicy } from './redirect-uri.ts'
import type { NamedKey } from './repeatable-answer.ts'
import type { AuthorizationStore, EpochSeconds, Grant, RevocationCause } from './store.ts'

/** Seconds. */
export interface Lifetimes {
  readonly accessTokenSeconds: number
  readonly refreshIdleSeconds: number
  /** From consent: the grant, its records and every token end here. */
  readonly refreshAbsoluteSeconds: number
  /** RFC 6749 §4.1.2 allows 10 minutes at most; a browser needs none. */
  readonly codeSeconds: number
  /** From the page to the form. */
  readonly transactionSeconds: number
}

/** Until its code is redeemed a grant, and all that hangs on it, lives this long. */
export const pendingSeconds = 10 * 60

const daySeconds = 24 * 60 * 60

export const defaultLifetimes: Lifetimes = {
  accessTokenSeconds: 30 * daySeconds,
  refreshIdleSeconds: 90 * daySeconds,
  refreshAbsoluteSeconds: 365 * daySeconds,
  codeSeconds: 60,
  transactionSeconds: 15 * 60,
}

export type Endpoint = 'authorize' | 'token' | 'revoke' | 'register'

/** Holds no token, name or address: safe to log as it is. */
export type OAuthEvent =
  | {
      readonly kind: 'refused'
      readonly endpoint: Endpoint
      readonly error: OAuthErrorCode
      readonly reason: RefusalReason
    }
  | { readonly kind: 'tokens_issued'; readonly grantId: string; readonly generation: number }
  | { readonly kind: 'answer_repeated'; readonly grantId: string }
  | { readonly kind: 'grant_revoked'; readonly grantId: string; readonly cause: RevocationCause }

/**
 * `secret` is S, zeroed when the request is answered. `refused`: the grant ends, on the operator's word. `unavailable`: who
 * has to be asked does not answer, and the client may try again.
 */
export type BeforeRefresh = (
  grant: Grant,
  secret: Uint8Array,
) => Promise<'refused' | 'unavailable' | undefined>

export interface Settings {
  /** PUBLIC_URL, no trailing slash. */
  readonly issuer: string
  readonly resource: string
  /** A ladder: each includes those before it. */
  readonly scopes: readonly string[]
  readonly store: AuthorizationStore
  readonly clients: Clients
  readonly redirectUris: RedirectUriPolicy
  readonly handoffKeys: readonly NamedKey[]
  readonly lifetimes: Lifetimes
  readonly now: () => EpochSeconds
  readonly errorPage: ErrorPage
  readonly log: (event: OAuthEvent) => void
  readonly beforeRefresh: BeforeRefresh
}
