/** One row of a list, out of one FETCH row; everything in it is cleaned and bounded here. */

import { parseHeaders } from '../headers.ts'
import type { FetchedMessage, SelectedMailbox } from '../imap/session.ts'
import type { MessageRef, MessageSummary } from '../message.ts'
import { toDraftTag } from './draft-tag.ts'
import { cleanLine, toAddresses, toDate } from './envelope-text.ts'
import { readList } from './facts.ts'
import { findMethod } from './invitation.ts'
import { toPreview } from './preview.ts'
import { countFiles } from './structure.ts'

/** `drafts`: the path of Drafts, where it is known. */
export async function toSummary(
  message: FetchedMessage,
  mailbox: SelectedMailbox,
  drafts?: string,
): Promise<MessageSummary> {
  const { envelope, flags = new Set<string>() } = message
  const invitation = findMethod(message.bodyStructure)
  const list = readList(parseHeaders(message.headers))
  return {
    ref: toRef(message, mailbox, drafts),
    date: toDate(message),
    from: toAddresses(envelope?.from),
    to: toAddresses(envelope?.to),
    subject: cleanLine(envelope?.subject),
    preview: await toPreview(message),
    unread: !hasFlag(flags, '\\Seen'),
    flagged: hasFlag(flags, '\\Flagged'),
    answered: hasFlag(flags, '\\Answered'),
    attachments: countFiles(message.bodyStructure),
    size: message.size ?? 0,
    ...(message.threadId ? { threadId: message.threadId } : {}),
    ...(invitation === undefined ? {} : { invitation }),
    ...(list === undefined ? {} : { list: list.id ?? 'unnamed' }),
  }
}

/** Of a draft with the tag by which it is found after an edit. */
export function toRef(message: FetchedMessage, mailbox: SelectedMailbox, drafts?: string): MessageRef {
  const { envelope, uid } = message
  const tag =
    isDraft(message, mailbox, drafts) && envelope?.messageId ? { draft: toDraftTag(envelope.messageId) } : {}
  return { mailbox: mailbox.path, uidValidity: mailbox.uidValidity, uid, ...tag }
}

export function isDraft(
  { flags = new Set() }: FetchedMessage,
  mailbox: SelectedMailbox,
  drafts?: string,
): boolean {
  return hasFlag(flags, '\\Draft') || mailbox.path === drafts
}

/** Waits only to be expunged: no list shows it, as in other mail clients. */
export function isDeleted({ flags }: FetchedMessage): boolean {
  return flags !== undefined && hasFlag(flags, '\\Deleted')
}

function hasFlag(flags: ReadonlySet<string>, name: string): boolean {
  return [...flags].some((flag) => flag.toLowerCase() === name.toLowerCase())
}
