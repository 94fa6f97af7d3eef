/**
 * A change of emails by their ids, in each of their accounts, with the way back; one account that fails does not undo
 * the others.
 */
import {
  type ImapSession,
  type MessageRef,
  planUndo,
  type RefOutcome,
  type UndoPlan,
} from '@email-connector/mail'
import { toAccountTag } from '../wire/email-id.ts'
import { type ResultPage, toResults } from '../wire/results-by-id.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { askEach } from './all-accounts.ts'
import { groupEmails } from './email-refs.ts'
import type { ToolCall } from './tool.ts'
import { createUndoToken } from './undo-token.ts'

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
    async (session, { accountId }) => {
      const group = groups.find((one) => one.accountId === accountId)
      const outcomes = await change(session, group?.messages.map((message) => message.ref) ?? [])
      return { outcomes, plan: planUndo(session, outcomes) }
    },
    { isPatient: true },
  )
  const [first] = failures
  // Of one account the fault is the fault of the call.
  if (groups.length === 1 && first !== undefined) throw first.cause
  const steps = answers.map(({ accountId, value }) => ({
    accountTag: toAccountTag(accountId),
    steps: value.plan.steps,
  }))
  const undo = await createUndoToken(call, steps)
  const isKept = undo !== undefined || steps.every((one) => one.steps.length === 0)
  const lost = addLost(answers.map(({ value }) => value.plan.lost))
  const told = answers.map(({ value, ...account }) => ({ ...account, outcomes: value.outcomes }))
  return toResults(groups, messages, { answers: told, failures, done, undo, lost, isKept })
}

function addLost(all: readonly UndoPlan['lost'][]): UndoPlan['lost'] {
  const sum: { -readonly [Why in keyof UndoPlan['lost']]: UndoPlan['lost'][Why] } = {}
  for (const [why, count] of all.flatMap((one) => Object.entries(one) as [keyof UndoPlan['lost'], number][]))
    sum[why] = (sum[why] ?? 0) + count
  return sum
}
