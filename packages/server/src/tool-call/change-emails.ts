/** A change of emails by their ids, in each of their accounts; one account that fails does not undo the others. */
import type { ImapSession, MessageRef, RefOutcome } from '@email-connector/mail'
import { type ResultPage, toResults } from '../wire/results-by-id.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { askEach } from './all-accounts.ts'
import { groupEmails } from './email-refs.ts'
import type { ToolCall } from './tool.ts'

export async function changeEmails(
  call: ToolCall,
  { ids, account }: { ids: readonly string[]; account?: string | undefined },
  done: string,
  change: (session: ImapSession, refs: readonly MessageRef[]) => Promise<RefOutcome[]>,
): Promise<ToolResult<ResultPage>> {
  const { groups, messages } = await groupEmails(call, ids, { account, field: 'ids' })
  // What is begun is told of, so none is given up before its time.
  const { answers, failures } = await askEach(
    call,
    groups,
    (session, { accountId }) => {
      const group = groups.find((one) => one.accountId === accountId)
      return change(session, group?.messages.map((message) => message.ref) ?? [])
    },
    { isPatient: true },
  )
  const [first] = failures
  // Of one account the fault is the fault of the call.
  if (groups.length === 1 && first !== undefined) throw first.cause
  return toResults(groups, messages, { answers, failures }, done)
}
