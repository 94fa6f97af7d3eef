/** Puts a draft into Drafts; nothing is sent. */
import { appendMessage, composeMessage, resolveMailbox } from '@email-connector/mail'
import * as z from 'zod'
import { toEmailId } from './email-id.ts'
import { toLine } from './limits.ts'
import { outgoingParameters, prepareOutgoing, toRecipientLines } from './outgoing.ts'
import { defineTool } from './tool.ts'
import { quoteUntrusted } from './untrusted.ts'

export const draftEmail = defineTool({
  name: 'draft_email',
  title: 'Draft email',
  description: 'Saves an email to Drafts without sending it.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject(outgoingParameters),
  output: z.object({
    account: z.string(),
    id: z.string().optional(),
    mailbox: z.string(),
    message_id: z.string(),
    from: z.string(),
    recipients: z.array(z.string()),
  }),
  async handle(input, call) {
    const { opened, draft } = await prepareOutgoing(call, input)
    const composed = await composeMessage({ ...draft, date: new Date(call.now() * 1000) })
    const { ref, mailbox } = await call.withSession(opened, async (session) => {
      const drafts = await resolveMailbox(session, 'drafts')
      const flags = ['\\Draft', '\\Seen']
      // Bcc stays in a draft: whoever sends it later has to know.
      const appended = await appendMessage(session, { mailbox: drafts.path, raw: composed.rawWithBcc, flags })
      return { ref: appended, mailbox: drafts.path }
    })
    const id = ref === undefined ? {} : { id: toEmailId(opened.accountId, ref) }
    const structured = {
      account: opened.address,
      ...id,
      mailbox,
      message_id: composed.messageId,
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
      `Subject: ${draft.subject}`,
      `Message-ID: ${composed.messageId}`,
      // A file name may come from an email that someone else wrote.
      attached.length === 0 ? [] : quoteUntrusted(attached.join('\n'), call.makeMark),
    ]
    return { structured, text: lines.flat().join('\n') }
  },
})
