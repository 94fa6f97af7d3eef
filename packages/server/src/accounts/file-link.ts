/**
 * The link to one attachment: what a client hands its owner where a file cannot pass through a model. It names grant,
 * mailbox, message and part inside its seal; the name of the file is read again when the link is used.
 */
import type { MessageRef } from '@email-connector/mail'
import { createOpaqueToken, type EpochSeconds, type LeashStore, readLeash } from '@email-connector/oauth'
import * as z from 'zod'
import type { Caller } from '../caller.ts'
import { deriveAccountSecret } from '../keys/account-secret.ts'
import { zero } from '../keys/seal.ts'
import type { DerivedTokenStore } from '../store/derived-token-store.ts'
import { toDerivedId, wrapDerived } from './derived-token.ts'
import type { OpenedAccount } from './grant-accounts.ts'

const linkSeconds = 15 * 60

export const fileSubject = z.strictObject({
  mailbox: z.string().min(1).max(1_000),
  uidValidity: z.string().max(20),
  uid: z.number().int().min(1),
  partId: z.string().min(1).max(400),
})
export type FileSubject = z.output<typeof fileSubject>

/** The URL for the owner; undefined where none can lead there yet, or any more. A read and a write. Throws StoreUnavailableError. */
export type CreateFileLink = (
  caller: Caller,
  opened: Pick<OpenedAccount, 'accountId' | 'isLinkable'>,
  file: { readonly ref: MessageRef; readonly partId: string },
) => Promise<string | undefined>

export function createFileLinkMaker(options: {
  readonly leashes: Pick<LeashStore, 'findLeash'>
  readonly store: Pick<DerivedTokenStore, 'createDerivedToken'>
  readonly publicUrl: string
  readonly now: () => EpochSeconds
}): CreateFileLink {
  const { leashes, store, publicUrl, now } = options
  return async ({ grantId, secret }, { accountId, isLinkable }, { ref, partId }) => {
    const { mailbox, uidValidity, uid } = ref
    const subject = fileSubject.safeParse({ mailbox, uidValidity, uid, partId }).data
    if (!isLinkable || subject === undefined) return undefined
    const leash = await readLeash({ store: leashes, now }, grantId)
    if (leash === undefined) return undefined
    const token = createOpaqueToken()
    const issuedAt = now()
    const row = {
      ...({ v: 1, type: 'file', id: toDerivedId(token) ?? '', grantId, accountId } as const),
      ...{ issuedAt, expiresAt: issuedAt + linkSeconds },
    }
    const own = deriveAccountSecret(secret, accountId)
    try {
      await store.createDerivedToken(wrapDerived(token, row, { leash, own, subject }))
    } finally {
      zero(own)
    }
    return `${publicUrl}/files#${token}`
  }
}
