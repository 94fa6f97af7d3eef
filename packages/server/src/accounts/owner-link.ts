/**
 * How a call makes a link to one of the owner's own pages: its token wraps the secret of one mailbox and what the link is
 * about, under the grant's leash. A grant without a leash, or with a record that such a link cannot open, gets none.
 */
import { createOpaqueToken, type EpochSeconds, type LeashStore, readLeash } from '@email-connector/oauth'
import type { Caller } from '../caller.ts'
import { deriveAccountSecret } from '../keys/account-secret.ts'
import { zero } from '../keys/seal.ts'
import type { DerivedTokenStore, DerivedTokenType } from '../store/derived-token-store.ts'
import { toDerivedId, wrapDerived } from './derived-token.ts'
import type { OpenedAccount } from './grant-accounts.ts'

export interface OwnerLinkOptions {
  readonly leashes: Pick<LeashStore, 'findLeash'>
  readonly store: Pick<DerivedTokenStore, 'createDerivedToken'>
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}

/**
 * The URL for the owner; undefined where none can lead there yet, or any more. A read and a write. `subject`: what JSON can
 * say. Throws StoreUnavailableError.
 */
export async function makeOwnerLink(
  { leashes, store, publicUrl, now }: OwnerLinkOptions,
  { grantId, secret }: Pick<Caller, 'grantId' | 'secret'>,
  { accountId, isLinkable }: Pick<OpenedAccount, 'accountId' | 'isLinkable'>,
  link: {
    readonly type: DerivedTokenType
    readonly page: 'files' | 'review'
    readonly seconds: number
    readonly subject: unknown
  },
): Promise<string | undefined> {
  if (!isLinkable) return undefined
  const leash = await readLeash({ store: leashes, now }, grantId)
  if (leash === undefined) return undefined
  const token = createOpaqueToken()
  const issuedAt = now()
  const row = {
    ...({ v: 1, type: link.type, id: toDerivedId(token) ?? '', grantId, accountId } as const),
    ...{ issuedAt, expiresAt: issuedAt + link.seconds },
  }
  const own = deriveAccountSecret(secret, accountId)
  try {
    await store.createDerivedToken(wrapDerived(token, row, { leash, own, subject: link.subject }))
  } finally {
    zero(own)
  }
  return `${publicUrl}/${link.page}#${token}`
}
