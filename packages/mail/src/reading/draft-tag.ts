/**
 * A draft is known by its Message-ID: every program that edits one stores a new message, and most keep the id. The tag
 * is a short hash of it that an email id carries, so that an id from before an edit finds the draft after it.
 */
import { createHash } from 'node:crypto'
import type { Mailbox } from '../message.ts'

/** A collision of two drafts in one mailbox is one in billions. */
export const draftTagBytes = 6

/** The tag of a Message-ID in lower-case hex. What is around its angle brackets does not count. */
export function toDraftTag(messageId: string): string {
  const id = /<[^<>]*>/.exec(messageId)?.[0] ?? messageId.trim()
  return createHash('sha256')
    .update(id)
    .digest('hex')
    .slice(0, draftTagBytes * 2)
}

/** Where it is known; there a message is a draft without the flag too. */
export function findDraftsPath(mailboxes: readonly Mailbox[] | undefined): string | undefined {
  return mailboxes?.find((one) => one.specialUse === 'drafts')?.path
}
