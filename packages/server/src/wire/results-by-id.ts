/** What became of each id that a client asked to change. */
import type { MessageRef } from '@email-connector/mail'
import * as z from 'zod'
import { type NamedMessage, toAccountTag, toEmailId } from './email-id.ts'
import type { ToolError } from './tool-error.ts'
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

export interface ResultPage {
  account: string
  results: { id: string; ok: boolean; new_id?: string; code?: string }[]
}

interface OfAccount {
  readonly accountId: string
  readonly address: string
}

export function toResults(
  accounts: readonly OfAccount[],
  messages: readonly NamedMessage[],
  told: {
    readonly answers: readonly (OfAccount & { readonly value: readonly Outcome[] })[]
    readonly failures: readonly (OfAccount & { readonly error: ToolError })[]
  },
  done: string,
): ToolResult<ResultPage> {
  const byId = new Map(
    told.answers.flatMap(({ accountId, value }) =>
      value.map((outcome) => [toEmailId(accountId, outcome.ref), { accountId, outcome }] as const),
    ),
  )
  const faults = new Map(told.failures.map(({ accountId, error }) => [toAccountTag(accountId), error.code]))
  const results = messages.map(({ id, accountTag }) => {
    const { accountId = '', outcome } = byId.get(id) ?? {}
    // An operation that says nothing about a message has not changed it.
    if (!outcome?.ok)
      return { id, ok: false, code: outcome?.code ?? faults.get(accountTag) ?? 'message_not_found' }
    return {
      id,
      ok: true,
      ...(outcome.newRef === undefined ? {} : { new_id: toEmailId(accountId, outcome.newRef) }),
      ...(outcome.note === undefined ? {} : { code: outcome.note }),
    }
  })
  const changed = results.filter((result) => result.ok).length
  const lines = results.map(({ id, ok, new_id, code }) =>
    ok ? [`${id} ok`, new_id && `now ${new_id}`, code].filter(Boolean).join(', ') : `${id} failed: ${code}`,
  )
  const account = accounts.map((one) => one.address).join(', ')
  const text = `${changed} of ${results.length} emails of ${account} ${done}.\n${lines.join('\n')}`
  return { structured: { account, results }, text }
}
