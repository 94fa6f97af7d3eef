/** What became of each id that a client asked to change. */
import type { MessageRef } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { type NamedMessage, toEmailId } from './email-id.ts'
import type { ToolResult } from './tool-result.ts'

export const resultPage = {
  account: z.string(),
  results: z.array(
    z.object({
      id: z.string(),
      ok: z.boolean(),
      new_id: z.string().optional(),
      code: z.string().optional(),
    }),
  ),
}

interface Outcome {
  readonly ref: MessageRef
  readonly ok: boolean
  readonly newRef?: MessageRef
  readonly code?: string
  /** Of a change that was made, but not as one would expect. */
  readonly note?: string
}

export function toResults(
  opened: OpenedAccount,
  messages: readonly NamedMessage[],
  outcomes: readonly Outcome[],
  done: string,
): ToolResult<{ account: string; results: { id: string; ok: boolean; new_id?: string; code?: string }[] }> {
  const byId = new Map(outcomes.map((outcome) => [toEmailId(opened.accountId, outcome.ref), outcome]))
  const results = messages.map(({ id }) => {
    const outcome = byId.get(id)
    // An operation that says nothing about a message has not changed it.
    if (!outcome?.ok) return { id, ok: false, code: outcome?.code ?? 'message_not_found' }
    return {
      id,
      ok: true,
      ...(outcome.newRef === undefined ? {} : { new_id: toEmailId(opened.accountId, outcome.newRef) }),
      ...(outcome.note === undefined ? {} : { code: outcome.note }),
    }
  })
  const changed = results.filter((result) => result.ok).length
  const lines = results.map(({ id, ok, new_id, code }) =>
    ok ? [`${id} ok`, new_id && `now ${new_id}`, code].filter(Boolean).join(', ') : `${id} failed: ${code}`,
  )
  const text = `${changed} of ${results.length} emails of ${opened.address} ${done}.\n${lines.join('\n')}`
  return { structured: { account: opened.address, results }, text }
}
