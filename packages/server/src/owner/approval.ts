/**
 * What a form of `/review` says about the draft that it shows: a MAC of its place, its envelope and its bytes, for this link
 * and mailbox alone. The answer is good for what was shown, and for sending only where all of it was.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { MessageRef } from '@email-connector/mail'
import type { AccountSecret } from '../keys/account-secret.ts'
import { canonical, deriveKey, zero } from '../keys/seal.ts'

export interface Reviewed {
  readonly linkId: string
  readonly ref: MessageRef
  /** From, and who gets it; empty where it cannot be sent. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
  /** SHA-256 of the stored bytes. */
  readonly hash: string
  /** It was shown whole, with a button that sends it. */
  readonly maySend: boolean
}

/** base64url. */
export function toApproval({ accountId, own }: AccountSecret, reviewed: Reviewed): string {
  const { linkId, ref, envelope, hash, maySend } = reviewed
  const key = deriveKey(own, new Uint8Array(0), 'review-form')
  try {
    const place = [ref.mailbox, ref.uidValidity, ref.uid]
    const people = [envelope.from, ...envelope.to]
    const parts = ['review-form', 1, linkId, accountId, ...place, ...people, hash, maySend ? 'send' : 'look']
    return createHmac('sha256', key).update(canonical(parts)).digest('base64url')
  } finally {
    zero(key)
  }
}

export function isApproval(secret: AccountSecret, reviewed: Reviewed, given: string | undefined): boolean {
  const wanted = Buffer.from(toApproval(secret, reviewed))
  const found = Buffer.from(given ?? '')
  return found.length === wanted.length && timingSafeEqual(found, wanted)
}
