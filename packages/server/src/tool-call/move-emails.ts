/** Moves to a mailbox that a tool's name says: archive, bin, spam. */
import { MailError, moveMessages } from '@email-connector/mail'
import { toResults } from '../wire/results-by-id.ts'
import { openEmails } from './email-refs.ts'
import type { ToolCall } from './tool.ts'

export async function moveTo(
  call: ToolCall,
  { ids, account }: { ids: readonly string[]; account?: string | undefined },
  { destinations, done }: { destinations: readonly [string, ...string[]]; done: string },
) {
  const { opened, messages } = await openEmails(call, ids, { account, field: 'ids' })
  const refs = messages.map((message) => message.ref)
  const [first, ...others] = destinations
  const outcomes = await call.withSession(opened, (session) =>
    others.reduce(
      (moved, other) =>
        moved.catch((error: unknown) => {
          if (error instanceof MailError && error.code === 'mailbox_not_found') {
            return moveMessages(session, refs, other)
          }
          throw error
        }),
      moveMessages(session, refs, first),
    ),
  )
  return toResults(opened, messages, outcomes, done)
}
