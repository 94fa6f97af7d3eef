/**
 * Everything that is kept, behind the contracts of those who need it. Any method of any of them may throw
 * StoreUnavailableError: nothing is known, nothing is lost, the edge answers 503 with Retry-After.
 */
import type { AuthorizationStore } from '@email-connector/oauth'
import type { AccountStore } from './account-store.ts'
import type { AuditStore } from './audit-store.ts'
import type { DerivedTokenStore } from './derived-token-store.ts'
import type { OnceStore } from './once-store.ts'
import type { SessionStore } from './session-store.ts'

export interface Stores {
  readonly authorization: AuthorizationStore
  readonly accounts: AccountStore
  readonly audit: AuditStore
  readonly derivedTokens: DerivedTokenStore
  readonly sessions: SessionStore
  readonly once: OnceStore
}
