/** Takes back what an earlier call changed. What has been moved on or deleted since stays as it is, and is told. */
import { planUndo, type UndoOutcome, undoChanges } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool, type ToolCall } from '../tool-call/tool.ts'
import { createUndoToken, openUndoTokens } from '../tool-call/undo-token.ts'
import { toAccountTag, toEmailId } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import { toUndoText, toUndoWarnings } from '../wire/results-by-id.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { AccountUndo } from '../wire/undo-steps.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'

const maxTokens = 20
/** As many as a call can name; the rest is counted. */
const maxResults = 100

export const undo = defineTool({
  name: 'undo',
  title: 'Undo a change',
  description:
    'Takes back a change within 24 hours: emails return to their mailboxes, flags and labels become what they were. Emails changed elsewhere since then stay.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    undo: z
      .array(parameters.line)
      .min(1)
      .max(maxTokens)
      .describe(
        `"undo" of the answer to the change; of several changes, the newest first, at most ${maxTokens}`,
      ),
  }),
  output: z.object({
    undone: z.int(),
    failed: z.array(z.object({ mailbox: z.string(), code: z.string(), count: z.int() })),
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
  }),
  async handle(input, call) {
    const accounts = await openUndoTokens(call, input.undo)
    const done = []
    for (const one of accounts) done.push(await undoAccount(call, one))
    const outcomes = done.flatMap((one) => one.outcomes)
    const undone = outcomes.filter(({ ok }) => ok).length
    const failed = countFailed(outcomes)
    const results = outcomes.slice(0, maxResults).map(({ id, ok, newId, code }) => ({
      id,
      ok,
      ...(newId === undefined ? {} : { new_id: newId }),
      ...(code === undefined ? {} : { code }),
    }))
    const again = await createUndoToken(
      call,
      done.map(({ steps, accountTag }) => ({ steps, accountTag })),
    )
    const isKept = again !== undefined || done.every(({ steps }) => steps.length === 0)
    const warnings = done.flatMap(({ lost }) => toUndoWarnings({ undo: again, lost, isKept }))
    const faults = failed.map(
      ({ mailbox, code, count }) => `${count} in ${toLine(mailbox, 200)}: ${code}, ${reasonOf(code)}`,
    )
    const ids = results.map(({ id, ok, new_id, code }) =>
      ok ? `${id} ok${new_id === undefined ? '' : `, now ${new_id}`}` : `${id} failed: ${code}`,
    )
    const addresses = done.map(({ address }) => address).join(', ')
    const head = `${undone} of ${outcomes.length} emails of ${addresses} put back.${toUndoText(again, warnings)}`
    // The names of mailboxes come from the server; shared ones were named by others.
    const quoted = faults.length === 0 ? [] : [quoteUntrusted(faults.join('\n'), call.makeMark)]
    const text = [head, ...ids, ...quoted].join('\n')
    return {
      structured: {
        undone,
        failed,
        ...(again === undefined ? {} : { undo: again }),
        ...(warnings.length === 0 ? {} : { warnings }),
        results,
      },
      text,
    }
  },
})

async function undoAccount(call: ToolCall, { accountTag, steps }: AccountUndo) {
  const accounts = await call.accounts.list()
  const owner = accounts.find((one) => toAccountTag(one.accountId) === accountTag)
  if (owner === undefined) {
    const sentence = 'The account of this change is not connected any more: list_accounts shows which are.'
    throw new ToolError('account_not_found', sentence, { field: 'undo' })
  }
  const opened = await call.accounts.open(owner.accountId)
  const done = await call.withSession(opened, async (session) => {
    const outcomes = await undoChanges(session, steps)
    return { outcomes, ...planUndo(session, outcomes) }
  })
  const outcomes = done.outcomes.map((outcome) => toNamed(opened, outcome))
  return { ...done, outcomes, accountTag, address: opened.address }
}

function toNamed({ accountId }: OpenedAccount, { asked, ok, newRef, code }: UndoOutcome) {
  return {
    id: toEmailId(accountId, asked),
    mailbox: asked.mailbox,
    ok,
    newId: ok && newRef !== undefined ? toEmailId(accountId, newRef) : undefined,
    code: ok ? undefined : (code ?? 'message_not_found'),
  }
}

function countFailed(outcomes: readonly ReturnType<typeof toNamed>[]) {
  const failed = new Map<string, { mailbox: string; code: string; count: number }>()
  for (const { mailbox, code } of outcomes) {
    if (code === undefined) continue
    const key = JSON.stringify([mailbox, code])
    const known = failed.get(key) ?? { mailbox, code, count: 0 }
    failed.set(key, { ...known, count: known.count + 1 })
  }
  return [...failed.values()]
}

const reasons: Readonly<Record<string, string>> = {
  message_not_found: 'no longer where the change left them: moved, deleted or put back since',
  stale_id: 'the server renumbered the mailbox since',
  mailbox_not_found: 'their mailbox is gone',
  mailbox_protected: 'nothing is moved into Sent or Drafts',
  not_supported: 'the mailbox does not keep the flag',
  over_quota: 'the mailbox is full',
}

function reasonOf(code: string): string {
  return reasons[code] ?? 'the same call may try again'
}
