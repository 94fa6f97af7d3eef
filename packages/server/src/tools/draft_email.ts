/** Puts a draft into Drafts; nothing is sent. A reply or forward is drafted as the sending tool would send it. */
import { composeMessage, type ImapSession, type OutgoingDraft } from '@email-connector/mail'
import * as z from 'zod'
import { openDraft } from '../sending/draft-of-answer.ts'
import { outgoingParameters, toShown } from '../sending/outgoing.ts'
import { savedDraft, toSavedDraft } from '../sending/saved-draft.ts'
import { saveDraft } from '../sending/stored-draft.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const draftEmail = defineTool({
  name: 'draft_email',
  title: 'Draft email',
  description:
    'Saves an email to Drafts without sending it. With in_reply_to or forward_of it has the recipients, subject and quote of a reply or forward; what is given replaces them.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    ...outgoingParameters,
    reply_all: z.boolean().default(false),
    forward_of: parameters.emailId.optional().describe('Id of the email this forwards'),
    as_attachment: z.boolean().default(false).describe('Forwards the email as an .eml file'),
  }),
  output: z.object({ ...savedDraft, skipped: z.array(z.string()).optional() }),
  async handle(input, call) {
    const { opened, draft: known, readsMailbox, complete } = await openDraft(call, input)
    const compose = async (draft: Omit<OutgoingDraft, 'date'>) => ({
      draft,
      composed: await composeMessage({ ...draft, date: new Date(call.now() * 1000) }),
    })
    // What needs nothing of the mailbox is refused before a connection; what does is read over the one that appends.
    const whole = readsMailbox ? undefined : { ...(await compose(known)), skipped: [] }
    const read = async (session: ImapSession) => {
      const { draft, skipped } = await complete(session)
      return { ...(await compose(draft)), skipped }
    }
    const { draft, skipped, messageId, saved } = await call.withSession(opened, async (session) => {
      const { composed, ...message } = whole ?? (await read(session))
      return {
        ...message,
        messageId: composed.messageId,
        saved: await saveDraft(session, composed.bytesWithBcc, { messageId: composed.messageId }),
      }
    })
    const { structured, text } = await toSavedDraft(call, opened, toShown(draft), { ...saved, messageId })
    if (skipped.length === 0) return { structured, text }
    const lines = skipped.map((one) => `Left out, nothing can be sent to ${one}`)
    return { structured: { ...structured, skipped: [...skipped] }, text: [text, ...lines].join('\n') }
  },
})
