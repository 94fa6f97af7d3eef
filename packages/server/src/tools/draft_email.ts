/** Puts a draft into Drafts; nothing is sent. */
import { composeMessage } from '@email-connector/mail'
import * as z from 'zod'
import { openOutgoing, outgoingParameters } from '../sending/outgoing.ts'
import { saveDraft, savedDraft, toSavedDraft } from '../sending/stored-draft.ts'
import { defineTool } from '../tool-call/tool.ts'

export const draftEmail = defineTool({
  name: 'draft_email',
  title: 'Draft email',
  description: 'Saves an email to Drafts without sending it.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject(outgoingParameters),
  output: z.object(savedDraft),
  async handle(input, call) {
    const outgoing = await openOutgoing(call, input)
    const { opened, readsMailbox } = outgoing
    const compose = async (draft: typeof outgoing.draft) => ({
      draft,
      composed: await composeMessage({ ...draft, date: new Date(call.now() * 1000) }),
    })
    // What needs nothing of the mailbox is refused before a connection; what does is read over the one that appends.
    const whole = readsMailbox ? undefined : await compose(outgoing.draft)
    const { draft, messageId, saved } = await call.withSession(opened, async (session) => {
      const message = whole ?? (await compose(await outgoing.complete(session)))
      const { messageId } = message.composed
      return { draft: message.draft, messageId, saved: await saveDraft(session, message.composed) }
    })
    return toSavedDraft(call, opened, draft, { ...saved, messageId })
  },
})
