/** Puts a draft into Drafts; nothing is sent. */
import { appendMessage, composeMessage, resolveMailbox } from '@email-connector/mail'
import * as z from 'zod'
import { toEmailId } from './email-id.ts'
import { outgoingParameters, prepareOutgoing, toRecipientText } from './outgoing.ts'
import { defineTool } from './tool.ts'

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
    const lines = [
      `Draft saved in ${mailbox} of ${opened.address}${id.id === undefined ? '' : `, id ${id.id}`}; not sent.`,
      `From: ${draft.from.address}`,
      toRecipientText(draft),
      `Subject: ${draft.subject}`,
      draft.attachments.map((one) => `Attachment: ${one.filename}, ${one.content.length} bytes`),
      `Message-ID: ${composed.messageId}`,
    ]
    return {
      structured,
      text: lines
        .flat()
        .filter((one) => one !== '')
        .join('\n'),
    }
  },
})
