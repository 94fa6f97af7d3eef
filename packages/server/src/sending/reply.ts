/** What reply_to_email and forward_email share: the email is read, the answer goes out, the email is marked. */
import type { ImapSession } from '@email-connector/mail'
import * as z from 'zod'
import { assertOfAccount, openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { AnswerFlag } from './answered-mark.ts'
import { type Answer, type Parent, toParent } from './answers.ts'
import { deliver, toReady } from './deliver.ts'
import { withEarlySubmission } from './early-submission.ts'
import { withKeptMailbox } from './kept-mailbox.ts'
import { attachments, parseAttachments, parseSources, readAttachments } from './outgoing-attachments.ts'
import { signatureParameter, signed } from './signatures.ts'

export const answerParameters = {
  account: parameters.account,
  id: parameters.emailId,
  body: parameters.text(parameters.maxBodyChars).describe('Markdown'),
  attachments,
  signature: signatureParameter,
  idempotency_key: parameters.line.optional(),
}
const answer = z.object(answerParameters)

export async function sendAnswer(
  call: ToolCall,
  input: z.output<typeof answer>,
  /** What is set on the parent once the answer is out. */
  flag: AnswerFlag,
  toAnswer: (session: ImapSession, parent: Parent) => Promise<Answer>,
): Promise<Awaited<ReturnType<typeof deliver>>> {
  const given = parseAttachments(input.attachments)
  const sources = parseSources(given)
  const { opened, message: parent } = await openEmail(call, input.id, input.account)
  assertOfAccount(sources, opened, 'attachments')
  return await withKeptMailbox(call, opened, (mailbox) =>
    withEarlySubmission(call, opened, async (early) => {
      const { draft, known, skipped } = await mailbox.run(async (session) => {
        const answer = await toAnswer(session, await toParent(call, opened, parent))
        // its words are nobody's yet
        if (answer.isOfDraft) {
          const sentence = 'This is a draft, which was never sent: send_draft sends it.'
          throw new ToolError('invalid_input', sentence, { field: 'id' })
        }
        const attachments = await readAttachments(session, given, sources, answer.draft.attachments)
        const signature = signed(opened, answer.draft.from, input.signature)
        return { ...answer, draft: { ...answer.draft, ...signature, attachments } }
      })
      return await deliver(call, toReady({ opened, draft }, input.id), {
        ...{ mailbox, early, skipped },
        idempotencyKey: input.idempotency_key,
        known: flag === '\\Answered' ? known : undefined,
        mark: { ref: parent.ref, flag },
      })
    }),
  )
}
