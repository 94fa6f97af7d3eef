/**
 * The link to one attachment: what a client hands its owner where a file cannot pass through a model. It names grant,
 * mailbox, message and part inside its seal; the name of the file is read again when the link is used.
 */
import type { MessageRef } from '@email-connector/mail'
import * as z from 'zod'
import type { Caller } from '../caller.ts'
import type { OpenedAccount } from './grant-accounts.ts'
import { makeOwnerLink, type OwnerLinkOptions } from './owner-link.ts'

const linkSeconds = 15 * 60

export const fileSubject = z.strictObject({
  mailbox: z.string().min(1).max(1_000),
  uidValidity: z.string().max(20),
  uid: z.number().int().min(1),
  partId: z.string().min(1).max(400),
})
export type FileSubject = z.output<typeof fileSubject>

/** As `makeOwnerLink`; undefined also for a message that no link can name. */
export type CreateFileLink = (
  caller: Caller,
  opened: Pick<OpenedAccount, 'accountId' | 'isLinkable'>,
  file: { readonly ref: MessageRef; readonly partId: string },
) => Promise<string | undefined>

export function createFileLinkMaker(options: OwnerLinkOptions): CreateFileLink {
  return async (caller, opened, { ref: { mailbox, uidValidity, uid }, partId }) => {
    const subject = fileSubject.safeParse({ mailbox, uidValidity, uid, partId }).data
    if (subject === undefined) return undefined
    const link = { type: 'file', page: 'files', seconds: linkSeconds, subject } as const
    return await makeOwnerLink(options, caller, opened, link)
  }
}
