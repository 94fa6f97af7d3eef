/** What became of each id that a client asked to change. */
import type { MessageRef, UndoPlan } from '@email-connector/mail'
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
  undo: z.string().optional(),
  warnings: z.array(z.string()).optional(),
}

export interface ResultPage {
  account: string
  results: { id: string; ok: boolean; new_id?: string; code?: string }[]
  undo?: string
  warnings?: string[]
}

interface Outcome {
  readonly ref: MessageRef
  readonly ok: boolean
  readonly newRef?: MessageRef
  readonly code?: string
  /** Set when the change succeeded in an unusual way, e.g. `original_marked_deleted`. */
  readonly note?: string
  /** Names that its mailbox does not keep. */
  readonly refused?: readonly string[]
}

/** How to put a change back, and what of it cannot be. */
export interface WayBack {
  readonly undo: string | undefined
  readonly lost: UndoPlan['lost']
  /** false: there was no place for its steps. */
  readonly isKept: boolean
}

export function toUndoWarnings({ lost, isKept }: WayBack): string[] {
  return [
    ...(lost.not_told === undefined
      ? []
      : [`${lost.not_told} cannot be undone: the mail server does not say where it moved them`]),
    ...(lost.mailbox_protected === undefined
      ? []
      : [`${lost.mailbox_protected} cannot be undone: nothing is moved into Sent or Drafts`]),
    ...(isKept ? [] : ['the change cannot be undone: its way back could not be kept']),
  ]
}

/** At the start of an answer, since clients cut ends and middles. */
export function toUndoText(undo: string | undefined, warnings: readonly string[]): string {
  const notes = warnings.map((one) => ` Note: ${one}.`).join('')
  return `${undo === undefined ? '' : ` Undo: ${undo}`}${notes}`
}

export function toRefusedWarnings(outcomes: readonly Pick<Outcome, 'refused'>[]): string[] {
  const names = [...new Set(outcomes.flatMap(({ refused = [] }) => refused))]
  if (names.length === 0) return []
  return [`the mailbox does not keep ${names.join(', ')}, so nothing was changed there`]
}

interface OfAccount {
  readonly accountId: string
  readonly address: string
}

export function toResults(
  accounts: readonly OfAccount[],
  messages: readonly NamedMessage[],
  {
    answers,
    failures,
    done,
    ...back
  }: WayBack & {
    readonly answers: readonly (OfAccount & { readonly outcomes: readonly Outcome[] })[]
    readonly failures: readonly (OfAccount & { readonly error: ToolError })[]
    readonly done: string
  },
): ToolResult<ResultPage> {
  const byId = new Map(
    answers.flatMap(({ accountId, outcomes }) =>
      outcomes.map((outcome) => [toEmailId(accountId, outcome.ref), { accountId, outcome }] as const),
    ),
  )
  const faults = new Map(failures.map(({ accountId, error }) => [toAccountTag(accountId), error.code]))
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
  const outcomes = answers.flatMap((one) => one.outcomes)
  const warnings = [...toRefusedWarnings(outcomes), ...toUndoWarnings(back)]
  const head = `${changed} of ${results.length} emails of ${account} ${done}.${toUndoText(back.undo, warnings)}`
  return {
    structured: {
      account,
      ...(back.undo === undefined ? {} : { undo: back.undo }),
      ...(warnings.length === 0 ? {} : { warnings }),
      results,
    },
    text: `${head}\n${lines.join('\n')}`,
  }
}
