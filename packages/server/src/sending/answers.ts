/**
 * From an email that is there to the one that answers or forwards it: recipients, subject, thread, original, files. The
 * sending tools and draft_email build the same message here, so a drafted answer goes out as a sent one would (R82).
 * Recipients come from headers that a stranger wrote: what cannot be sent to is left out and named (R86), and the
 * question before sending shows the rest.
 */
import {
  fetchSource,
  getMessage,
  type ImapSession,
  type MailAccount,
  type MailAddress,
  type MessageDetail,
  type MessageRef,
  type OutgoingAttachment,
  type OutgoingDraft,
  readAddress,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { toLine } from '../wire/fit.ts'
import { maxQuotedChars, toForwarded, toQuote } from './original.ts'
import { maxTotalBytes, readAttachments } from './outgoing-attachments.ts'
import { ownOf, parseFrom } from './own-addresses.ts'
import { toForwardSubject, toReplySubject } from './subject-prefix.ts'
import { toThread } from './thread.ts'

export interface Answer {
  readonly draft: Omit<OutgoingDraft, 'date' | 'messageId'>
  /** Who wrote and got the email: anybody else is shown as new. */
  readonly known: readonly MailAddress[]
  /** Addresses of the email that nothing can be sent to, each with the reason. */
  readonly skipped: readonly string[]
}

export interface Parent {
  readonly id: string
  readonly email: MessageDetail
  readonly opened: OpenedAccount
}

export async function readParent(
  session: ImapSession,
  opened: OpenedAccount,
  { id, ref }: { readonly id: string; readonly ref: MessageRef },
): Promise<Parent> {
  // as its writer typed it: whole links, nothing folded
  const options = { format: 'source', offset: 0, maxChars: maxQuotedChars } as const
  return { id, opened, email: await getMessage(session, ref, options) }
}

export interface ReplyOptions {
  readonly body: string
  readonly replyAll: boolean
  /** Instead of the sender, where it names anybody. */
  readonly to: readonly MailAddress[]
  readonly cc?: readonly MailAddress[]
}

export function toReply({ email, opened }: Parent, { body, replyAll, to, cc = [] }: ReplyOptions): Answer {
  const known = [...email.from, ...email.to, ...email.cc]
  const { recipients, skipped } = sendable(toRecipients(email, opened.account, { to, replyAll }))
  const draft = {
    from: fromOf(email, opened),
    to: recipients.to,
    cc: [...recipients.cc, ...cc],
    bcc: [],
    subject: toReplySubject(email.subject),
    body,
    original: toQuote(email),
    attachments: [],
    ...toThread(email),
  }
  return { draft, known, skipped }
}

export interface ForwardOptions {
  readonly body: string
  readonly to: readonly MailAddress[]
  readonly includeAttachments: boolean
  /** The email itself as a file, byte for byte, instead of its text and files. */
  readonly asAttachment: boolean
}

export async function toForward(
  session: ImapSession,
  { id, email, opened }: Parent,
  { body, to, includeAttachments, asAttachment }: ForwardOptions,
): Promise<Answer> {
  const { references = [] } = toThread(email)
  const draft = {
    from: fromOf(email, opened),
    to,
    cc: [],
    bcc: [],
    subject: toForwardSubject(email.subject),
    body,
    // a forward is no reply: References alone keep it with what it forwards
    references,
  }
  if (asAttachment) {
    const attachments = [await readAsFile(session, email)]
    return { draft: { ...draft, attachments }, known: [], skipped: [] }
  }
  const parts = includeAttachments ? email.attachments.filter(isFile) : []
  const named = parts.map((part) => ({ emailId: id, attachmentId: part.partId }))
  const attachments = await readAttachments(session, named, [{ id, ref: email.ref }])
  return { draft: { ...draft, original: toForwarded(email), attachments }, known: [], skipped: [] }
}

async function readAsFile(
  session: ImapSession,
  { ref, subject }: MessageDetail,
): Promise<OutgoingAttachment> {
  const content = await fetchSource(session, ref, { maxBytes: maxTotalBytes })
  return { filename: `${toLine(subject, 100) || 'email'}.eml`, contentType: 'message/rfc822', content }
}

/** Pictures that belong to a text which goes on without them stay behind; a mail inside goes along with what it holds. */
function isFile({ inline, inPart, contentType }: MessageDetail['attachments'][number]): boolean {
  return inPart === undefined && !(inline && contentType.startsWith('image/'))
}

/** The address of the account that got the email, so that an alias answers under its own name. */
function fromOf(email: MessageDetail, opened: OpenedAccount): MailAddress {
  const isOwn = ownOf(opened.account)
  const received = [...email.to, ...email.cc, ...email.bcc].find(isOwn)
  return parseFrom(opened, (received ?? email.from.find(isOwn))?.address)
}

interface Recipients {
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
}

/**
 * Never to oneself where there is anybody else. RFC 5322 §3.6.2: Reply-To says where answers go, which a contact form
 * relies on that writes in its owner's own name. An answer to one's own email without it goes to whom that went to.
 */
function toRecipients(
  email: MessageDetail,
  account: MailAccount,
  { to, replyAll }: { to: readonly MailAddress[]; replyAll: boolean },
): Recipients {
  const isOwn = ownOf(account)
  const othersIn = (list: readonly MailAddress[]) => list.filter((one) => !isOwn(one))
  const { from, replyTo, cc } = email
  const targets = [to, othersIn(replyTo), othersIn(from), othersIn(email.to), othersIn(cc), email.to, from]
  // Never Bcc, whose others do not know of each other. The last two: a note to oneself has nobody else.
  const first = unique(targets.find((list) => list.length > 0) ?? [])
  const taken = new Set(first.map(toKey))
  const rest = othersIn([...email.to, ...cc]).filter((one) => !taken.has(toKey(one)))
  return { to: first, cc: replyAll ? unique(rest) : [] }
}

function unique(addresses: readonly MailAddress[]): MailAddress[] {
  return [...new Map(addresses.map((one) => [toKey(one), one])).values()]
}

function toKey({ address }: MailAddress): string {
  return address.toLowerCase()
}

/** A server gives a quoted local part without its quotes (RFC 9051 §7.5.2, env-mailbox). */
function sendable({ to, cc }: Recipients) {
  const skipped: string[] = []
  const good = (list: readonly MailAddress[]) =>
    list.flatMap(({ name, address }) => {
      const at = address.lastIndexOf('@')
      const quoted = `"${address.slice(0, at)}"${address.slice(at)}`
      const read = [address, quoted].map(readAddress).find((one) => one.reason === undefined)
      if (read?.reason === undefined && read !== undefined)
        return [{ ...(name === undefined ? {} : { name }), address: read.address }]
      const { reason } = readAddress(address)
      skipped.push(`${toLine(address, 300)}: ${reason}`)
      return []
    })
  return { recipients: { to: good(to), cc: good(cc) }, skipped }
}
