/**
 * What the authorization server keeps, and the operations it needs. Each write touches one item and is decided by
 * one condition, so a crash between two of them leaves rows that nothing names and that expire. Races come back as
 * outcomes. Every read here is strongly consistent; callers check `expiresAt` themselves, since TTL deletion is late.
 * Two implementations exist (DynamoDB, classic-level); `store-contract` is the one suite for both.
 */

/** Epoch seconds. */
export type EpochSeconds = number

/** The store did not answer, throttled, or failed: nothing is known of the write. Answered as 503, never as a 4xx. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
}

/** What every token row shares. All of it is in the AAD of `wrap`. */
interface TokenRowFields {
  readonly v: 1
  /** id(t) = SHA-256("tid" 0x00 token bytes), lower-case hex. The token itself is never stored. */
  readonly id: string
  readonly grantId: string
  readonly generation: number
  readonly clientId: string
  readonly scope: string
  readonly permission: string
  readonly resource: string
  readonly issuedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  /** The grant's secret S, sealed under the key derived from this token. base64url. */
  readonly wrap: string
}

/** A code (RFC 6749 §4.1.2), by its hash. */
export interface AuthorizationCodeRow extends TokenRowFields {
  readonly type: 'code'
  /** SHA-256 of the redirect URI, lower-case hex. */
  readonly redirectUriHash: string
  readonly codeChallenge: string
  /** The grant's absolute expiry: what the tokens issued for this code may not outlive. */
  readonly grantExpiresAt: EpochSeconds
  /** The account rows to extend when the grant goes live. */
  readonly accountIds: readonly string[]
  readonly redeemedAt?: EpochSeconds
}

/** An access token, by its hash. */
export interface AccessTokenRow extends TokenRowFields {
  readonly type: 'access'
  /** Set by a refresh: refused from then on. */
  readonly retiresAt?: EpochSeconds
}

/** A refresh token, by its hash; without its wrap once it was replaced. */
export interface RefreshTokenRow extends Omit<TokenRowFields, 'wrap'> {
  readonly type: 'refresh'
  /** Absent in the tombstone that a rotation leaves. */
  readonly wrap?: string
  readonly grantExpiresAt: EpochSeconds
  /** Issued with this refresh token; retired by the next rotation. */
  readonly accessTokenId: string
  /** The token response it came with, sealed under HKDF(previous refresh token ‖ handoff key): the repeatable answer. */
  readonly sealedAnswer?: string
}

/** A one-time link to add a mailbox or repair a password (storage-schema.md, "Links"). */
export interface LinkRow extends TokenRowFields {
  readonly type: 'link'
  /** SHA-256 of the cookie of the browser that proved the grant's first mailbox. */
  readonly boundTo?: string
}

/** A token of any kind; `type` tells which. */
export type TokenRow = AuthorizationCodeRow | AccessTokenRow | RefreshTokenRow | LinkRow
/** The kinds of token. */
export type TokenType = TokenRow['type']
/** The row of one kind. */
export type TokenRowOf<T extends TokenType> = Extract<TokenRow, { type: T }>

/** One row per consent. Decides what is live; never holds a key. */
export interface Grant {
  readonly v: 1
  readonly grantId: string
  readonly state: 'pending' | 'live' | 'revoked'
  /** Raised by one by every refresh; 1 after redemption. */
  readonly generation: number
  readonly clientId: string
  /** What the consent page showed; for the owner's list of connections. */
  readonly clientName: string
  readonly permission: string
  readonly scope: string
  readonly resource: string
  readonly createdAt: EpochSeconds
  /** When the row goes: 10 minutes after creation while pending, `absoluteExpiresAt` once live. */
  readonly expiresAt: EpochSeconds
  readonly absoluteExpiresAt: EpochSeconds
  /** Ids of the code, access, refresh and link rows that revocation must delete. */
  readonly codeId: string
  readonly accessTokenIds: readonly string[]
  readonly refreshTokenId?: string
  /** The refresh token before it: a crash after the commit may have left its wrap in place. */
  readonly previousRefreshTokenId?: string
  readonly linkId?: string
  /** When the current generation was committed: the 60 s of the repeatable answer count from here. */
  readonly committedAt?: EpochSeconds
  readonly lastUsedAt?: EpochSeconds
  /** Opaque to this package: by what its owner finds the grant, what hangs on it, and a sealed hint. */
  readonly ownerIndexes: readonly string[]
  readonly accountIds: readonly string[]
  readonly sealedHint: string
  /** Which seed the rows that its owner opens are sealed for. Absent: there are none yet. */
  readonly ownerRoom?: string
  /** Opaque: who was let in to make it. Absent: nobody was asked. */
  readonly sealedGate?: string
}

/**
 * What every link of a grant hangs on: 32 random bytes, base64url, that its token opens nothing without. Ending the grant
 * deletes it, so that a link that is being made or used at that moment opens nothing any more.
 */
export interface Leash {
  readonly grantId: string
  readonly leash: string
  readonly expiresAt: EpochSeconds
}

/** Why a grant ended. `orphan`: a second form of one sign-in made it, so that nobody ever used it. */
export type RevocationCause =
  | 'code_replayed'
  | 'refresh_token_reused'
  | 'client'
  | 'owner'
  | 'operator'
  | 'resumed'
  | 'orphan'

/** When and why a grant ended. */
export interface GrantEnd {
  readonly at: EpochSeconds
  readonly cause: RevocationCause
}

/** One authorization request between the page and the form (RFC 6749 §4.1.1), kept for some minutes. */
export interface Transaction {
  readonly v: 1
  /** SHA-256 of the page's handle, lower-case hex. */
  readonly id: string
  /** SHA-256 of the browser's cookie, lower-case hex. */
  readonly cookieHash: string
  readonly clientId: string
  readonly clientName: string
  readonly redirectUri: string
  readonly clientState: string
  readonly codeChallenge: string
  readonly scope: string
  readonly resource: string
  readonly attempts: number
  readonly expiresAt: EpochSeconds
  /** HMAC under the handle over all of it but `attempts`: a row that was changed in the store no longer opens. */
  readonly mac: string
}

/** Written by the authorization server only; read by all that make or open a link. */
export interface LeashStore {
  /** What exists stays as it is. */
  createLeash(row: Leash): Promise<void>
  findLeash(grantId: string): Promise<Leash | undefined>
  /** A missing row is no error. */
  deleteLeash(grantId: string): Promise<void>
}

/** What the authorization server keeps. Races come back as outcomes; every method throws StoreUnavailableError. */
export interface AuthorizationStore extends LeashStore {
  /** One caller of many with the same grant id gets 'created'; the first row stays. */
  createGrant(grant: Grant): Promise<'created' | 'exists'>
  getGrant(grantId: string): Promise<Grant | undefined>
  /**
   * Extends the account rows of a pending grant to its absolute expiry; called before the commit. A row that is
   * gone (revoked meanwhile) is no error and is not created.
   */
  extendAccounts(grantId: string, accountIds: readonly string[], expiresAt: EpochSeconds): Promise<void>
  /**
   * `pending → live`, generation 1, `committedAt = now`, expiry extended to `absoluteExpiresAt`. Refused unless the grant is pending
   * and was made for this code.
   */
  commitRedemption(change: {
    grantId: string
    codeId: string
    accessTokenId: string
    refreshTokenId: string
    now: EpochSeconds
  }): Promise<'committed' | 'refused'>
  /** `generation = fromGeneration`, state live → toGeneration, new token ids, committedAt = now. */
  commitRefresh(change: {
    grantId: string
    fromGeneration: number
    toGeneration: number
    accessTokenIds: readonly string[]
    refreshTokenId: string
    previousRefreshTokenId: string
    now: EpochSeconds
  }): Promise<'committed' | 'refused'>
  /** Marks the grant revoked, whatever its state, and returns the row as it then is (with its token ids). */
  revokeGrant(grantId: string): Promise<Grant | undefined>
  /**
   * Deletes what hangs on a revoked grant: account records, then the grant itself. Its owner index rows say when and why it
   * ended for as long as its owner may ask what it did; without `ended` they go as well.
   */
  eraseGrant(grant: Grant, ended?: GrantEnd): Promise<void>
  /** Names the grant's one link; live grants only. */
  setGrantLink(grantId: string, linkId: string): Promise<'set' | 'refused'>

  /** Throws when a row with that type and id exists. */
  createToken(row: TokenRow): Promise<void>
  findToken<T extends TokenType>(type: T, id: string): Promise<TokenRowOf<T> | undefined>
  /**
   * `unused → redeemed`: sets `redeemedAt = now`, `expiresAt = tombstoneExpiresAt`, and leaves the rest, the wrap
   * too: a retry after a crash continues with it while the code lives. One caller of many gets 'redeemed'.
   */
  redeemCode(
    id: string,
    now: EpochSeconds,
    tombstoneExpiresAt: EpochSeconds,
  ): Promise<'redeemed' | 'already' | 'gone'>
  /** Sets `retiresAt` unless an earlier one is set. A missing row is no error. */
  retireAccessToken(id: string, retiresAt: EpochSeconds): Promise<void>
  /** Removes the wrap and the sealed answer, leaving a tombstone. A missing row is no error. */
  buryRefreshToken(id: string): Promise<void>
  /** Binds a link to a browser; refused when another browser holds it. */
  bindLink(id: string, cookieHash: string): Promise<'bound' | 'refused'>
  /** Deletes the row if it belongs to the grant; a missing row is no error. */
  deleteToken(type: TokenType, id: string, grantId: string): Promise<void>

  createTransaction(row: Transaction): Promise<void>
  findTransaction(id: string): Promise<Transaction | undefined>
  /** Adds one attempt and answers how many there have been, this one included; `undefined` when the row is gone. */
  countTransactionAttempt(id: string): Promise<number | undefined>
  /** Removes it. One caller of many gets true. */
  consumeTransaction(id: string): Promise<boolean>
}
