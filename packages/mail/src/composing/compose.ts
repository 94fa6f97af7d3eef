/**
 * Builds the bytes of an outgoing message with nodemailer's MailComposer, and keeps it from doing more than that: only
 * strings and Buffers go in (R38: it would read a path or fetch a URL given as an object), no free headers, and the
 * finished header block is parsed again and must name exactly the recipients that were asked for (R39).
 * The body goes out as typed, with an HTML alternative where its Markdown shows more than the text does.
 */
import { createHash, randomUUID } from 'node:crypto'
import type addressparser from 'nodemailer/lib/addressparser'
import { toAddressKey } from '../address.ts'
import { assertNoControls, assertText, invalid, toAddress } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MailAddress } from '../message.ts'
import { createMessageBytes, type MessageBytes } from '../message-bytes.ts'
import { type OutgoingAttachment, toComposerAttachment, withNamesApart } from './attachment-node.ts'
import { toComposerBody } from './entity.ts'
import { putBack, setAside } from './large-files.ts'
import { withLineEnds } from './line-ends.ts'
import { type OriginalBlock, renderBody } from './render-body.ts'
import type { Signature } from './signature.ts'

/** A message as its sender means it, before it has headers. */
export interface OutgoingDraft {
  readonly from: MailAddress
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
  readonly subject: string
  /** Markdown; lines end with LF or CRLF. */
  readonly body: string
  /** The message that is answered or forwarded, behind the body and never Markdown. */
  readonly original?: OriginalBlock | undefined
  /** Between the body and the original. */
  readonly signature?: Signature | undefined
  /** Message-ID of the message answered. What is no message id is left out: it came from someone else's mail. */
  readonly inReplyTo?: string
  readonly references?: readonly string[]
  readonly attachments: readonly OutgoingAttachment[]
  readonly date: Date
  /** With its angle brackets, in ASCII; made here when absent. */
  readonly messageId?: string
}

/** The message in bytes (RFC 5322), and the envelope it goes out under (RFC 5321). */
export interface ComposedMessage {
  /** What is sent; no Bcc. */
  readonly bytes: MessageBytes
  /** What is kept in Sent or as a draft: the same with Bcc, where there is one. */
  readonly bytesWithBcc: MessageBytes
  /** The same in one place each, made when it is asked for. */
  readonly raw: Buffer
  readonly rawWithBcc: Buffer
  /** With its angle brackets. */
  readonly messageId: string
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
}

/** Ten transactions of what every server must take in one (RFC 5321 §4.5.3.1.8). */
const maxRecipients = 1_000
/** RFC 5322 §2.1.1 bounds a line at 998 octets; a subject is one logical line. */
const maxSubjectCharacters = 998
/** RFC 5322 §3.6.4 sets no bound; the first and the newest are what threads are built from. */
const maxReferences = 30

/** Throws `invalid_input` naming the field: `from`, `to`, `cc`, `bcc`, `subject`, `body`, `attachments`, `date`, `message_id`. */
export async function composeMessage(draft: OutgoingDraft): Promise<ComposedMessage> {
  const [from] = toMailboxes([draft.from], 'from')
  if (from === undefined) throw invalid('from')
  const isNew = createFirstTest()
  const to = toMailboxes(draft.to, 'to').filter(isNew)
  const cc = toMailboxes(draft.cc, 'cc').filter(isNew)
  const bcc = toMailboxes(draft.bcc, 'bcc').filter(isNew)
  const recipients = [...to, ...cc, ...bcc].map((mailbox) => mailbox.address)
  if (recipients.length > maxRecipients) {
    const reason = `${recipients.length} recipients are more than the ${maxRecipients} of one email`
    throw new MailError('invalid_input', { field: 'to', reason })
  }
  assertNoControls(draft.subject, 'subject')
  if (draft.subject.length > maxSubjectCharacters) throw invalid('subject')
  assertText(draft.body, 'body')
  if (!(draft.date instanceof Date) || Number.isNaN(draft.date.getTime())) throw invalid('date')

  const body = await renderBody(draft.body, draft)
  const pictures = body.html === undefined ? [] : (draft.original?.pictures ?? [])
  const messageId = draft.messageId ?? `<${randomUUID()}@${domainOf(from.address)}>`
  // the caller looks the message up by this id later: another one in its place would never be found
  if (keepMessageIds([messageId]).length === 0) throw invalid('message_id')
  const inReplyTo = keepMessageIds([draft.inReplyTo])[0]
  const references = keepReferences(draft.references ?? [], inReplyTo)

  // loaded by the first message: reading mail does not need it
  const [{ default: MailComposer }, { default: parseAddresses }] = await Promise.all([
    import('nodemailer/lib/mail-composer'),
    import('nodemailer/lib/addressparser'),
  ])
  const attached = [...draft.attachments, ...pictures]
  const files = withNamesApart(attached.map(toComposerAttachment)).map(setAside)
  const build = async (keepBcc: boolean) => {
    const node = new MailComposer({
      from,
      to,
      cc,
      bcc,
      subject: draft.subject,
      messageId,
      date: draft.date,
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
      ...(references.length === 0 ? {} : { references }),
      ...toComposerBody(body),
      attachments: files.map(({ composed }) => composed),
      // the same message is the same bytes, so that a person's yes can be bound to them
      baseBoundary: createHash('sha256').update(messageId).digest('hex').slice(0, 16),
      disableFileAccess: true,
      disableUrlAccess: true,
    }).compile()

    node.keepBcc = keepBcc
    const built = withLineEnds(await node.build())
    assertHeaders(built, { From: [from], To: to, Cc: cc, ...(keepBcc ? { Bcc: bcc } : {}) }, parseAddresses)
    return createMessageBytes(putBack(built, files))
  }
  const bytes = await build(false)
  const bytesWithBcc = bcc.length === 0 ? bytes : await build(true)
  return toComposed({ bytes, bytesWithBcc, messageId, envelope: { from: from.address, to: recipients } })
}

/** The whole bytes are made when they are asked for; a spread does not ask. */
export function toComposed(message: Omit<ComposedMessage, 'raw' | 'rawWithBcc'>): ComposedMessage {
  const whole = (bytes: MessageBytes) => ({ get: () => bytes.toBuffer(), enumerable: false })
  const { bytes, bytesWithBcc } = message
  return Object.defineProperties({ ...message } as ComposedMessage, {
    raw: whole(bytes),
    rawWithBcc: whole(bytesWithBcc),
  })
}

/** Each once, where it is named first: in To rather than in Bcc. */
function createFirstTest(): (mailbox: { address: string }) => boolean {
  const seen = new Set<string>()
  return ({ address }) => seen.size < seen.add(toAddressKey(address)).size
}

function toMailboxes(mailboxes: readonly MailAddress[], field: string): { name: string; address: string }[] {
  return mailboxes.map(({ name = '', address }) => {
    assertNoControls(name, field)
    return { name, address: toAddress(address, field) }
  })
}

/** RFC 5322 §3.6.4 msg-id, loosely: one pair of brackets, printable ASCII, no space. */
function keepMessageIds(ids: readonly (string | undefined)[]): string[] {
  return ids.filter((id): id is string => typeof id === 'string' && /^<[!-;=?-~]{1,500}>$/.test(id))
}

function keepReferences(references: readonly string[], inReplyTo: string | undefined): string[] {
  const ids = [...new Set(keepMessageIds([...references, inReplyTo]))]
  return ids.length <= maxReferences ? ids : [...ids.slice(0, 1), ...ids.slice(1 - maxReferences)]
}

const knownHeaders = new Set([
  ...['From', 'To', 'Cc', 'Bcc', 'Subject', 'Message-ID', 'Date', 'In-Reply-To', 'References'],
  ...['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding'],
])

/** Reads the finished bytes as a receiver would: every header known, none twice, recipients exactly as asked for. */
function assertHeaders(
  raw: Buffer,
  expected: Record<string, readonly { address: string }[]>,
  parse: typeof addressparser,
): void {
  const block = raw.subarray(0, raw.indexOf('\r\n\r\n')).toString('utf8')
  const found = new Map<string, string>()
  for (const line of block.replace(/\r\n(?=[ \t])/g, '').split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (!knownHeaders.has(name) || found.has(name)) throw invalid('to')
    found.set(name, line.slice(colon + 1))
  }
  for (const name of ['From', 'To', 'Cc', 'Bcc']) {
    const shown = (expected[name] ?? []).map((mailbox) => mailbox.address)
    const written = parse(found.get(name) ?? '', { flatten: true }).map(({ address }) =>
      toAddress(address, 'to'),
    )
    if (shown.join(',') !== written.join(',')) throw invalid(name.toLowerCase())
  }
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
