/** Moves to a mailbox that a tool's name says: archive, bin, spam, and back to INBOX. */
import { type FilingUse, fileMessages, moveMessages } from '@email-connector/mail'
import { changeEmails } from './change-emails.ts'
import type { ToolCall } from './tool.ts'

export async function moveTo(
  call: ToolCall,
  input: { ids: readonly string[]; account?: string | undefined },
  { destination, done }: { destination: Exclude<FilingUse, 'drafts' | 'sent'> | 'INBOX'; done: string },
) {
  return await changeEmails(call, input, done, (session, refs) =>
    destination === 'INBOX'
      ? moveMessages(session, refs, destination)
      : fileMessages(session, refs, destination),
  )
}
