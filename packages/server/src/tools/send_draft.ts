/** Sends a draft as it lies in Drafts, then puts it into the bin. */
import { MailError } from '@email-connector/mail'
import * as z from 'zod'
import { deliver, delivery } from './deliver.ts'
import { openEmails } from './email-refs.ts'
import * as parameters from './parameters.ts'
import { binDraft, readDraft } from './stored-draft.ts'
import { defineTool } from './tool.ts'

export const sendDraft = defineTool({
  name: 'send_draft',
  title: 'Send draft',
  description:
    'Sends a draft and moves it to the bin. Formatting of other programs becomes plain text. Repeats as send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    idempotency_key: parameters.line.optional(),
  }),
  output: delivery,
  async handle(input, call) {
    const { id, idempotency_key: idempotencyKey } = input
    const { opened, messages } = await openEmails(call, [id], { account: input.account, field: 'id' })
    const [message] = messages
    if (!message) throw new Error('One id was asked for')
    const draft = await call.withSession(opened, (session) =>
      readDraft(session, opened, message, { isBodyKept: true }),
    )
    const result = await deliver(call, { opened, draft }, { idempotencyKey, about: id })
    if ('question' in result || result.structured.state !== 'sent') return result
    // Sent is sent: a draft that stays behind is told, and no failure.
    const isBinned = await call
      .toCompletion()
      .withSession(opened, (session) => binDraft(session, message.ref))
      .catch((error: unknown) => {
        if (error instanceof MailError) return false
        throw error
      })
    const fate = isBinned ? 'The draft is in the bin.' : 'The draft is still in Drafts.'
    return { ...result, text: `${result.text}\n${fate}` }
  },
})
