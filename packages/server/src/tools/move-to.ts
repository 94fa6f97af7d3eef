/** Moves to a mailbox that a tool's name says: archive, bin, spam. */
import { moveMessages } from '@email-connector/mail'
import { openEmails } from './email-refs.ts'
import { toResults } from './per-id.ts'
import type { ToolCall } from './tool.ts'

export async function moveTo(
  call: ToolCall,
  { ids, account }: { ids: readonly string[]; account?: string | undefined },
  { destination, done }: { destination: string; done: string },
) {
  const { opened, messages } = await openEmails(call, ids, { account, field: 'ids' })
  const refs = messages.map((message) => message.ref)
  const outcomes = await call.withSession(opened, (session) => moveMessages(session, refs, destination))
  return toResults(opened, messages, outcomes, done)
}
