/**
 * The link to one draft, held or not: its owner reads it there as it will go out, and sends, keeps or discards it. It
 * carries what opens the grant's own settings (who may release an email is one of them), since S_a does not.
 */
import type { MessageRef } from '@email-connector/mail'
import * as z from 'zod'
import type { Caller } from '../caller.ts'
import { derivePolicyKey, maxFormerKeys, openSendKeys, zeroSendKeys } from '../keys/owner-keys.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { OpenedAccount } from './grant-accounts.ts'
import { makeOwnerLink, type OwnerLinkOptions } from './owner-link.ts'

/** As long as the ledger remembers that an email is held. */
const linkSeconds = 24 * 3600

export const reviewSubject = z.strictObject({
  messageId: z.string().min(1).max(1_000),
  /** Where it was put, if the server said so. */
  ref: z
    .strictObject({
      mailbox: z.string().min(1).max(1_000),
      uidValidity: z.string().max(20),
      uid: z.number().int().min(1),
      draft: z.string().max(100).exactOptional(),
    })
    .optional(),
  /** 32 bytes, hex. */
  policyKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** The ledger's rows of an email that is held, of its idempotency key and its content: a discard lets them go. */
  claim: z
    .strictObject({
      attempt: z.string().max(100),
      keys: z.array(z.string().max(100)).max(maxFormerKeys + 2),
    })
    .optional(),
})
export type ReviewSubject = z.output<typeof reviewSubject>

export interface ReviewedDraft {
  readonly messageId: string
  readonly ref: MessageRef | undefined
  readonly claim?: ReviewSubject['claim']
}

/**
 * As `makeOwnerLink`; undefined also for a draft that no link can name, and for a day after a grant of 0.1.0 got its sendKey:
 * until then the ledger names emails under S as well, which no link has.
 */
export type CreateReviewLink = (
  caller: Caller,
  opened: Pick<OpenedAccount, 'accountId' | 'isLinkable' | 'sealedOwner'>,
  draft: ReviewedDraft,
) => Promise<string | undefined>

export function createReviewLinkMaker(options: OwnerLinkOptions): CreateReviewLink {
  return async (caller, opened, { messageId, ref, claim }) => {
    if (isNamedUnderGrant(caller, opened, options.now())) return undefined
    const policyKey = derivePolicyKey(caller.secret)
    const subject = reviewSubject.safeParse({
      ...{ messageId, ref: ref && toPlainRef(ref), claim },
      policyKey: Buffer.from(policyKey).toString('hex'),
    }).data
    zero(policyKey)
    if (subject === undefined) return undefined
    const link = { type: 'review', page: 'review', seconds: linkSeconds, subject } as const
    return await makeOwnerLink(options, caller, opened, link)
  }
}

function toPlainRef({ mailbox, uidValidity, uid, draft }: MessageRef) {
  return { mailbox, uidValidity, uid, ...(draft !== undefined && { draft }) }
}

function isNamedUnderGrant(
  { grantId, secret }: Caller,
  { accountId, sealedOwner }: Pick<OpenedAccount, 'accountId' | 'sealedOwner'>,
  now: number,
): boolean {
  if (sealedOwner === undefined) return true
  try {
    const keys = openSendKeys(secret, { grantId, accountId }, sealedOwner)
    zeroSendKeys(keys)
    return keys.former.some(({ until, key }) => key === undefined && until > now)
  } catch (error) {
    // Nothing can be sent with such a row, from no page either.
    if (error instanceof SealBrokenError) return true
    throw error
  }
}
