/** Puts a draft into Drafts; nothing is sent. */
import { appendMessage, composeMessage, resolveMailbox } from '@email-connector/mail'
import * as z from 'zod'
import { toEmailId } from './email-id.ts'
import { toLine } from './limits.ts'
import { openOutgoing, outgoingParameters, toRecipientLines } from './outgoing.ts'
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
    const outgoing = await openOutgoing(call, input)
    const { opened, readsMailbox } = outgoing
    const compose = async (draft: typeof outgoing.draft) => ({
      draft,
      composed: await composeMessage({ ...draft, date: new Date(call.now() * 1000) }),
    })
    // What needs nothing of the mailbox is refused before a connection; what does is read over the one that appends.
    const whole = readsMailbox ? undefined : await compose(outgoing.draft)
    const { draft, composed, ref, mailbox } = await call.withSession(opened, async (session) => {
      const message = whole ?? (await compose(await outgoing.complete(session)))
      const drafts = await resolveMailbox(session, 'drafts')
      const flags = ['\\Draft', '\\Seen']
      // Bcc stays in a draft: whoever sends it later has to know.
      const raw = message.composed.rawWithBcc
      const appended = await appendMessage(session, { mailbox: drafts.path, raw, flags })
      return { ...message, ref: appended, mailbox: drafts.path }
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
