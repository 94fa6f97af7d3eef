/**
 * What the links to the owner's own pages lead to. Their tokens wrap the secret of one mailbox, and what they are about;
 * same rules as every store: one item, one condition, callers check `expiresAt`.
 */
import type { EpochSeconds } from '@email-connector/oauth'

/** `file`: one attachment, to download. `review`: one draft, to send, keep or discard. */
export const derivedTokenTypes = ['file', 'review'] as const
export type DerivedTokenType = (typeof derivedTokenTypes)[number]

export interface DerivedTokenRow {
  readonly v: 1
  readonly type: DerivedTokenType
  /** Of the token, as of every other: its hash. */
  readonly id: string
  readonly grantId: string
  readonly accountId: string
  readonly issuedAt: EpochSeconds
  readonly expiresAt: EpochSeconds
  /** S_a and what the link is about, under the token and the grant's leash. base64url. */
  readonly wrap: string
  /** SHA-256 of the cookie of the one browser that may use it, once there is one. */
  readonly boundTo?: string
}

export interface DerivedTokenStore {
  /** Throws when a row with that type and id exists. */
  createDerivedToken(row: DerivedTokenRow): Promise<void>
  findDerivedToken(type: DerivedTokenType, id: string): Promise<DerivedTokenRow | undefined>
  /** Refused when another browser has it, or the row is gone. */
  bindDerivedToken(type: DerivedTokenType, id: string, cookieHash: string): Promise<'bound' | 'refused'>
}
