/**
 * From an email that is there to the one that answers or forwards it: recipients, subject, thread, original, files. The
 * sending tools and draft_email build the same message here, so a drafted answer goes out as a sent one would (R82).
 * Recipients come from headers that a stranger wrote: what cannot be sent to is left out and named (R86), and the
 * question before sending shows the rest.
 */
import {
  fetchOriginal,
  fetchSource,
  type ImapSession,
  type MailAddress,
  MailError,
  type MessageDetail,
  type MessageRef,
  type Original,
  type OutgoingAttachment,
  type OutgoingDraft,
  readAddress,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import { maxForwardedChars, maxQuotedChars, toForwarded, toQuote } from './original.ts'
import { maxTotalBytes } from './outgoing-attachments.ts'
import { findFrom, type IsOwn, ownOf, parseFrom } from './own-addresses.ts'
import { toForwardSubject, toReplySubject } from './subject-prefix.ts'
import { toThread } from './thread.ts'

export interface Answer {
  readonly draft: Omit<OutgoingDraft, 'date' | 'messageId'>
  /** Who wrote and got the email: anybody else is shown as new. */
  readonly known: readonly MailAddress[]
  /** Addresses of the email that nothing can be sent to, each with the reason. */
  readonly skipped: readonly string[]
  /** The email was never sent (RFC 9051 §2.3.2). */
  readonly isOfDraft: boolean
}

export interface Parent {
  readonly id: string
  readonly ref: MessageRef
  readonly opened: OpenedAccount
  /** Addresses of the owner's other accounts. */
  readonly others: readonly string[]
}

export async function toParent(
  call: ToolCall,
  opened: OpenedAccount,
  { id, ref }: { readonly id: string; readonly ref: MessageRef },
): Promise<Parent> {
  const others = (await call.accounts.list()).map(({ address }) => address)
  return { id, ref, opened, others }
}

export interface ReplyOptions {
  readonly body: string
  readonly replyAll: boolean
  /** Instead of the sender, where it names anybody. */
  readonly to: readonly MailAddress[]
  readonly cc?: readonly MailAddress[]
}

/** Of the pictures in what is quoted; those beyond are their words. */
const maxQuotedPictureBytes = 5 * 1024 * 1024

export async function toReply(
  session: ImapSession,
  parent: Parent,
  { body, replyAll, to, cc = [] }: ReplyOptions,
): Promise<Answer> {
  const original = await fetchOriginal(session, parent.ref, {
    maxChars: maxQuotedChars,
    withFiles: false,
    maxBytes: maxQuotedPictureBytes,
  })
  const { email } = original
  const known = [...email.from, ...email.to, ...email.cc]
  const { recipients, skipped } = sendable(toRecipients(original, parent, { to, replyAll }))
  const draft = {
    from: fromOf(original, parent),
    to: recipients.to,
    cc: [...recipients.cc, ...cc],
    bcc: [],
    subject: toReplySubject(email.subject),
    body,
    original: toQuote(original),
    attachments: [],
    ...toThread(email),
  }
  return { draft, known, skipped, isOfDraft: isDraft(email) }
}

export interface ForwardOptions {
  readonly body: string
  readonly to: readonly MailAddress[]
  readonly cc?: readonly MailAddress[]
  readonly includeAttachments: boolean
  /** The email itself as a file, byte for byte, instead of its text and files. */
  readonly asAttachment: boolean
}

export async function toForward(
  session: ImapSession,
  parent: Parent,
  { body, to, cc = [], includeAttachments, asAttachment }: ForwardOptions,
): Promise<Answer> {
  const original = await fetchOriginal(session, parent.ref, {
    maxChars: asAttachment ? 0 : maxForwardedChars,
    withFiles: includeAttachments && !asAttachment,
    maxBytes: maxTotalBytes,
  }).catch(toTooLarge)
  const { email, files } = original
  if (original.isEncrypted && !asAttachment) throw encrypted()
  const { references = [] } = toThread(email)
  const draft = {
    from: fromOf(original, parent),
    to,
    cc,
    bcc: [],
    subject: toForwardSubject(email.subject),
    body,
    // a forward is no reply: References alone keep it with what it forwards
    references,
  }
  const about = { known: [], skipped: [], isOfDraft: isDraft(email) }
  if (asAttachment) {
    const attachments = [await readAsFile(session, email)]
    return { draft: { ...draft, attachments }, ...about }
  }
  const leftOut = includeAttachments ? [] : email.attachments.filter(isFile)
  return { draft: { ...draft, original: toForwarded(original, leftOut), attachments: files }, ...about }
}

function isDraft({ flags }: MessageDetail): boolean {
  return flags.some((flag) => flag.toLowerCase() === '\\draft')
}

async function readAsFile(
  session: ImapSession,
  { ref, subject }: MessageDetail,
): Promise<OutgoingAttachment> {
  const content = await fetchSource(session, ref, { maxBytes: maxTotalBytes }).catch(toTooLarge)
  return {
    filename: `${toLine(subject, 100).replaceAll(/[/\\]/g, '-') || 'email'}.eml`,
    contentType: 'message/rfc822',
    content,
  }
}

/** Taken apart, its parts are read by nobody. */
function encrypted(): ToolError {
  const sentence =
    'This email is encrypted, so only the whole of it can go on. With "as_attachment" true it is forwarded as an .eml file, which opens with its key.'
  return new ToolError('invalid_input', sentence, { field: 'as_attachment' })
}

function toTooLarge(error: unknown): never {
  if (!(error instanceof MailError) || error.code !== 'too_large') throw error
  const sentence = `This email holds more than the ${maxTotalBytes / 1024 / 1024} MB that one email may carry. With "include_attachments" false it goes on without its files, which it then names.`
  throw new ToolError('too_large', sentence, { field: 'id', cause: error })
}

/** Pictures of the text and what programs read are no files to a person; a mail inside is one, whatever it holds. */
function isFile({ inline, inPart }: MessageDetail['attachments'][number]): boolean {
  return inPart === undefined && !inline
}

/** The address that was written to, so that an alias answers under its own name. */
function fromOf({ email, routing }: Original, { opened }: Parent): MailAddress {
  const written = [...email.to, ...email.cc, ...email.bcc].map(({ address }) => address)
  const candidates = [...written, ...routing.deliveredTo, ...email.from.map(({ address }) => address)]
  return parseFrom(opened, findFrom(opened.account, candidates))
}

interface Recipients {
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
}

/**
 * Never to oneself where there is anybody else. RFC 5322 §3.6.2: Reply-To says where answers go, which a contact form
 * relies on that writes in its owner's own name. An answer to one's own email without it goes to whom that went to. An
 * answer to all goes where a list's member asks for it (Mail-Followup-To), and to the list itself.
 */
function toRecipients(
  { email, routing }: Original,
  { opened, others }: Parent,
  { to, replyAll }: { to: readonly MailAddress[]; replyAll: boolean },
): Recipients {
  const without = (isOwn: IsOwn) => (list: readonly MailAddress[]) => list.filter((one) => !isOwn(one))
  const strangersIn = without(ownOf(opened.account, others))
  const othersIn = without(ownOf(opened.account))
  const { from, replyTo, cc } = email
  const asked = replyAll ? strangersIn(routing.followUpTo) : []
  if (to.length === 0 && asked.length > 0) return { to: unique(asked), cc: [] }
  // Never Bcc, whose others do not know of each other. The last two: a note to oneself has nobody else.
  const places = [replyTo, from, email.to, cc]
  const targets = [to, ...places.map(strangersIn), ...places.map(othersIn), email.to, from]
  const first = unique(targets.find((list) => list.length > 0) ?? [])
  if (!replyAll) return { to: first, cc: [] }
  const list = routing.listPost === undefined ? [] : [{ address: routing.listPost }]
  const taken = new Set(first.map(toKey))
  const rest = strangersIn([...email.to, ...cc, ...list]).filter((one) => !taken.has(toKey(one)))
  return { to: first, cc: unique(rest) }
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
