/**
 * A draft that lies in Drafts: read as it was typed, replaced, and put into the bin once it is of no more use. A message
 * on a server cannot be changed (RFC 9051 §2.3.1.1): a changed draft is a new one.
 */
import {
  appendMessage,
  type ComposedMessage,
  getMessage,
  type ImapSession,
  MailError,
  type MessageRef,
  moveMessages,
  resolveMailbox,
} from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { type NamedMessage, toEmailId } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'
import { type PreparedMessage, parseFrom, toRecipientLines } from './outgoing.ts'
import { readAttachments } from './outgoing-attachments.ts'

type Draft = PreparedMessage['draft']

export const savedDraft = {
  account: z.string(),
  id: z.string().optional(),
  mailbox: z.string(),
  message_id: z.string(),
  from: z.string(),
  recipients: z.array(z.string()),
}

/** What a draft holds; with a new body the old one may be anything. */
export async function readDraft(
  session: ImapSession,
  opened: OpenedAccount,
  { id, ref }: NamedMessage,
  { isBodyKept }: { isBodyKept: boolean },
): Promise<Draft> {
  const drafts = await resolveMailbox(session, 'drafts')
  if (ref.mailbox !== drafts.path) {
    throw new ToolError('invalid_input', '"id" is not the id of a draft.', { field: 'id' })
  }
  const maxChars = isBodyKept ? parameters.maxBodyChars : 0
  const email = await getMessage(session, ref, { format: 'source', offset: 0, maxChars })
  if (email.warnings.includes('body_truncated') && isBodyKept) throw new MailError('too_large')
  if (email.body.source === 'text/html') {
    const sentence =
      'This draft was written as HTML by another program: give it a new "body" with update_draft, or send it there.'
    throw new ToolError('not_supported', sentence, { field: 'id' })
  }
  const own = email.attachments.filter((part) => part.inPart === undefined)
  const parts = own.map((part) => ({ emailId: id, attachmentId: part.partId }))
  const attachments = await readAttachments(session, parts, [{ id, ref }])
  const { to, cc, bcc, subject, inReplyTo, references } = email
  return {
    ...{ to, cc, bcc, subject, references, attachments },
    from: parseFrom(opened, email.from[0]?.address),
    body: email.body.text.replace(/\n+$/, ''),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
  }
}

export async function saveDraft(
  session: ImapSession,
  composed: ComposedMessage,
): Promise<{ ref: MessageRef | undefined; mailbox: string }> {
  const drafts = await resolveMailbox(session, 'drafts')
  const flags = ['\\Draft', '\\Seen']
  // Bcc stays in a draft: whoever sends it later has to know.
  const ref = await appendMessage(session, { mailbox: drafts.path, raw: composed.rawWithBcc, flags })
  return { ref, mailbox: drafts.path }
}

/** What took its place is safe by now, so a failure here is no failure of the call. */
export async function binDraft(session: ImapSession, ref: MessageRef): Promise<'in_bin' | 'kept' | 'gone'> {
  try {
    const [outcome] = await moveMessages(session, [ref], 'trash')
    if (outcome?.ok === true) return 'in_bin'
    return outcome?.code === 'message_not_found' ? 'gone' : 'kept'
  } catch (error) {
    if (error instanceof MailError) return 'kept'
    throw error
  }
}

export function toSavedDraft(
  call: ToolCall,
  opened: OpenedAccount,
  draft: Draft,
  saved: { ref: MessageRef | undefined; mailbox: string; messageId: string },
): ToolResult<z.output<z.ZodObject<typeof savedDraft>>> {
  const { ref, mailbox, messageId } = saved
  const id = ref === undefined ? {} : { id: toEmailId(opened.accountId, ref) }
  const structured = {
    account: opened.address,
    ...id,
    mailbox,
    message_id: messageId,
    from: draft.from.address,
    recipients: [...draft.to, ...draft.cc, ...draft.bcc].map((one) => one.address),
  }
  const attached = draft.attachments.map(
    (one) => `Attachment: ${toLine(one.filename, 200)}, ${one.content.length} bytes`,
  )
  const lines = [
    `Draft saved in ${toLine(mailbox, 200)} of ${opened.address}${id.id === undefined ? '' : `, id ${id.id}`}; not sent.`,
    `From: ${draft.from.address}`,
    toRecipientLines(draft),
    `Message-ID: ${messageId}`,
    // A subject and a file name may come from an email that someone else wrote.
    quoteUntrusted([`Subject: ${toLine(draft.subject, 998)}`, ...attached].join('\n'), call.makeMark),
  ]
  return { structured, text: lines.flat().join('\n') }
}
