/**
 * From the parameters of draft_email and send_email to a message ready to compose. Everything that can be refused is
 * refused before a connection is opened; a mailbox is read only where the parameters name an email in it.
 */
import {
  fetchAttachment,
  getMessage,
  type ImapSession,
  type MailAddress,
  type OutgoingDraft,
  parseAddressList,
} from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { openEmails } from './email-refs.ts'
import * as parameters from './parameters.ts'
import { ToolError } from './result.ts'
import type { ToolCall } from './tool.ts'

/** All attachments of one mail, decoded: a request body is at most 4 MiB, base64 takes a third more. */
const maxAttachmentBytes = 3 * 1024 * 1024

const attachment = z.strictObject({
  email_id: parameters.emailId.optional(),
  attachment_id: parameters.line.optional(),
  filename: parameters.line.optional(),
  content_type: parameters.line.optional(),
  content: parameters.text(maxAttachmentBytes * 1.4).optional(),
})

export const outgoingParameters = {
  account: parameters.account,
  from: parameters.line.optional().describe('An alias of the account'),
  to: parameters.addresses.default([]),
  cc: parameters.addresses.default([]),
  bcc: parameters.addresses.default([]),
  subject: parameters.line.default(''),
  body: parameters.text(parameters.maxBodyChars).describe('Markdown'),
  in_reply_to: parameters.emailId.optional().describe('Id of the email this answers'),
  attachments: z
    .array(attachment)
    .max(20)
    .default([])
    .describe(
      'email_id and attachment_id, or filename, content_type and content (text, base64 for other types); 3 MB',
    ),
}
const outgoing = z.strictObject(outgoingParameters)
export type Outgoing = z.output<typeof outgoing>

export interface PreparedMessage {
  readonly opened: OpenedAccount
  readonly draft: Omit<OutgoingDraft, 'date' | 'messageId'>
}

export async function prepareOutgoing(call: ToolCall, input: Outgoing): Promise<PreparedMessage> {
  const to = parseAddressList(input.to, 'to')
  const cc = parseAddressList(input.cc, 'cc')
  const bcc = parseAddressList(input.bcc, 'bcc')
  const given = input.attachments.map(parseAttachment)
  const opened = await call.accounts.open(input.account)
  const from = parseFrom(opened, input.from)
  const named = [
    ...given.flatMap((one) => ('email_id' in one ? [one.email_id] : [])),
    input.in_reply_to ?? [],
  ].flat()
  const draft = { from, to, cc, bcc, subject: input.subject, body: input.body }
  if (named.length === 0) {
    const attachments = given.flatMap((one) => ('email_id' in one ? [] : [one]))
    assertTotalSize(attachments)
    return { opened, draft: { ...draft, attachments } }
  }

  const { messages } = await openEmails(call, named, { account: opened.accountId, field: 'attachments' })
  const refOf = (id: string) => {
    const message = messages.find((one) => one.id === id)
    if (!message) throw new Error('An id was opened and is not among the opened')
    return message.ref
  }
  return call.withSession(opened, async (session) => {
    const attachments: OutgoingDraft['attachments'][number][] = []
    for (const one of given) {
      attachments.push(
        'email_id' in one ? await readAttachment(session, refOf(one.email_id), one.attachment_id) : one,
      )
      assertTotalSize(attachments)
    }
    const thread = input.in_reply_to === undefined ? {} : await readThread(session, refOf(input.in_reply_to))
    return { opened, draft: { ...draft, attachments, ...thread } }
  })
}

/** RFC 5322 §3.6.4: In-Reply-To is the parent's id; References are the parent's and then that id. */
async function readThread(session: ImapSession, ref: Parameters<typeof getMessage>[1]) {
  const parent = await getMessage(session, ref, { format: 'text', offset: 0, maxChars: 1 })
  if (parent.messageId === undefined) return {}
  const before = parent.references.length > 0 ? parent.references : [parent.inReplyTo ?? []].flat()
  return { inReplyTo: parent.messageId, references: [...before, parent.messageId] }
}

async function readAttachment(session: ImapSession, ref: Parameters<typeof getMessage>[1], partId: string) {
  const { content, contentType, filename } = await fetchAttachment(session, ref, partId, {
    maxBytes: maxAttachmentBytes,
  })
  return { content, contentType, filename: filename ?? 'attachment' }
}

type Given =
  | { email_id: string; attachment_id: string }
  | { filename: string; contentType: string; content: Buffer }

function parseAttachment(given: z.output<typeof attachment>): Given {
  const { email_id, attachment_id, filename, content_type, content } = given
  const names = Object.values(given).filter((value) => value !== undefined).length
  if (email_id !== undefined && attachment_id !== undefined && names === 2) return { email_id, attachment_id }
  if (filename !== undefined && content_type !== undefined && content !== undefined && names === 3) {
    return { filename, contentType: content_type, content: parseContent(content, content_type) }
  }
  throw new ToolError(
    'invalid_input',
    'Each of "attachments" has either email_id and attachment_id, or filename, content_type and content.',
    { field: 'attachments' },
  )
}

/** Types that are text are taken as written; all others are base64. */
const textTypes =
  /^(text\/.+|application\/(json|xml|javascript|x-yaml|yaml|.+\+(json|xml))|message\/rfc822)$/i

function parseContent(content: string, contentType: string): Buffer {
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(contentType)) {
    throw new ToolError(
      'invalid_input',
      '"content_type" in "attachments" must be a type such as application/pdf.',
      {
        field: 'attachments',
      },
    )
  }
  if (textTypes.test(contentType)) return Buffer.from(content, 'utf8')
  const base64 = content.replace(/[\r\n]/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '')) return bytes
  throw new ToolError('invalid_input', '"content" in "attachments" must be base64 for this content_type.', {
    field: 'attachments',
  })
}

function assertTotalSize(attachments: readonly { content: Buffer }[]): void {
  const total = attachments.reduce((sum, one) => sum + one.content.length, 0)
  if (total <= maxAttachmentBytes) return
  throw new ToolError('too_large', 'The attachments are larger than 3 MB together: send fewer, or a link.', {
    field: 'attachments',
  })
}

function parseFrom({ account }: OpenedAccount, from: string | undefined): MailAddress {
  const named = account.displayName === undefined ? {} : { name: account.displayName }
  if (from === undefined) return { ...named, address: account.address }
  const allowed = [account.address, ...account.aliases]
  const address = allowed.find((one) => one.toLowerCase() === from.trim().toLowerCase())
  if (address !== undefined) return { ...named, address }
  throw new ToolError('invalid_input', `"from" must be one of ${allowed.join(', ')}.`, { field: 'from' })
}

/** Who gets it, in the words of the answer. */
export function toRecipientText(draft: PreparedMessage['draft']): string {
  const lists = [
    ['To', draft.to],
    ['Cc', draft.cc],
    ['Bcc', draft.bcc],
  ] as const
  return lists
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}: ${list.map((one) => one.address).join(', ')}`)
    .join('\n')
}
