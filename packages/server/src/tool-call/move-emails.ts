/** Moves to a mailbox that a tool's name says: archive, bin, spam. */
import { MailError, moveMessages } from '@email-connector/mail'
import { changeEmails } from './change-emails.ts'
import type { ToolCall } from './tool.ts'

export async function moveTo(
  call: ToolCall,
  input: { ids: readonly string[]; account?: string | undefined },
  { destinations, done }: { destinations: readonly [string, ...string[]]; done: string },
) {
  const [first, ...others] = destinations
  return await changeEmails(call, input, done, (session, refs) =>
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
}
