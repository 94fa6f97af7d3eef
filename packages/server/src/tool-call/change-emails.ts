/** A change of emails by their ids: opens their account, makes the change, and answers each outcome with the way back. */
import { type ImapSession, type MessageRef, planUndo, type RefOutcome } from '@email-connector/mail'
import { toAccountTag } from '../wire/email-id.ts'
import { toResults } from '../wire/results-by-id.ts'
import { openEmails } from './email-refs.ts'
import type { ToolCall } from './tool.ts'
import { createUndoToken } from './undo-token.ts'

export async function changeEmails(
  call: ToolCall,
  { ids, account }: { ids: readonly string[]; account?: string | undefined },
  done: string,
  change: (session: ImapSession, refs: readonly MessageRef[]) => Promise<RefOutcome[]>,
) {
  const { opened, messages } = await openEmails(call, ids, { account, field: 'ids' })
  const refs = messages.map((message) => message.ref)
  const { outcomes, plan } = await call.withSession(opened, async (session) => {
    const changed = await change(session, refs)
    return { outcomes: changed, plan: planUndo(session, changed) }
  })
  const { steps, lost } = plan
  const accountTag = toAccountTag(opened.accountId)
  const undo = await createUndoToken(call, [{ accountTag, steps }])
  return toResults(opened, messages, outcomes, {
    done,
    undo,
    lost,
    isKept: steps.length === 0 || undo !== undefined,
  })
}
