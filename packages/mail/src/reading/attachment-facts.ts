/** What a message says of one of its attachments, and who sent it: for a page that offers the file. Reads no body. */
import { summaryItems } from '../imap/fetch-items.ts'
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { AttachmentPart, MailAddress, MessageRef } from '../message.ts'
import { assertPartId } from './attachment.ts'
import { cleanLine, maxDetailAddresses, toAddresses } from './envelope-text.ts'
import { fetchByRef } from './get.ts'
import { maxOpenedBytes, openParts } from './open-parts.ts'
import { sortParts } from './structure.ts'

/** One attachment with its message's From and subject. */
export interface AttachmentFacts {
  readonly part: AttachmentPart
  readonly from: readonly MailAddress[]
  readonly subject: string
}

/** Throws `stale_id`, `message_not_found` (the part's too), `mailbox_not_found`. */
export async function readAttachmentFacts(
  session: ImapSession,
  ref: MessageRef,
  partId: string,
): Promise<AttachmentFacts> {
  assertPartId(partId)
  const { mailbox, message } = await fetchByRef(session, ref, summaryItems(session))
  const [opened] = await openParts(session, mailbox, [message], maxOpenedBytes)
  const part = opened && sortParts(opened.bodyStructure).files.find((one) => one.partId === partId)
  if (part === undefined) throw new MailError('message_not_found', { protocol: 'imap' })
  const { envelope } = message
  return {
    part,
    from: toAddresses(envelope?.from, maxDetailAddresses),
    subject: cleanLine(envelope?.subject),
  }
}
