/** What an earlier call for the same key or content was settled with, if it was: what a repeat answers, and sends nothing. */
import type { SendRow } from '../store/once-store.ts'
import { ToolError } from '../wire/tool-error.ts'
import { type LedgerKeys, withLedgerKeys } from './ledger-keys.ts'
import { openOutcome, type SendOutcome } from './send-outcome.ts'
import { isOver, repeatPause, toAgain } from './send-pause.ts'
import { isOfContent, type RowName, type Rows, type SendRequest, toRows } from './send-rows.ts'
import type { SendingCall } from './sending-call.ts'

/** What an earlier call for this key, or this content, was settled with. Reads only. Throws `key_reused`. */
export async function findSendOutcome(
  { once, caller, now }: Pick<SendingCall, 'once' | 'caller' | 'now'>,
  request: SendRequest,
): Promise<SendOutcome | undefined> {
  return await withLedgerKeys(caller, request, now(), async (keys) => {
    const rows = toRows(keys, request)
    const names = [rows.named ?? [], rows.contents].flat()
    const found = await Promise.all(
      names.map(async (name) => [name, await once.findSend(name.key, now())] as const),
    )
    for (const [name, row] of found) {
      if (row?.sealedOutcome === undefined || isOver(row, repeatPause, now())) continue
      return openSettled(keys, name, row, rows)
    }
    return undefined
  })
}

/** Undefined: not settled yet. Throws `key_reused`. */
export function openSettled(
  keys: LedgerKeys,
  name: RowName,
  row: SendRow,
  rows: Rows,
): SendOutcome | undefined {
  if (!isOfContent(row, rows)) throw reusedError()
  if (row.sealedOutcome === undefined) return undefined
  const { content, revision: _, ...outcome } = openOutcome(keys, name, row.sealedOutcome)
  if (content !== name.mac) throw reusedError()
  if (outcome.state === 'held' && outcome.filed !== true) return undefined
  return { ...outcome, repeated: true, settledAt: row.settledAt, again: toAgain(outcome.state, row, rows) }
}

function reusedError(): ToolError {
  const sentence = 'This idempotency_key belongs to another email: use a new one for this email.'
  return new ToolError('key_reused', sentence, { field: 'idempotency_key' })
}
