/** Where a page of several accounts goes on: behind its last row of each. An account that is not named has no more. */
import { toAccountTag } from './email-id.ts'
import { ToolError } from './tool-error.ts'

/** `next` of an account that has shown nothing yet is absent. */
export type AccountCursors = ReadonlyMap<string, string | undefined>

export function printAccountCursors(cursors: AccountCursors): string {
  return JSON.stringify([...cursors].map(([accountId, next]) => [toAccountTag(accountId), next ?? '']))
}

/** Of the accounts that are still connected. Throws for what this code did not make. */
export function readAccountCursors(text: string, accountIds: readonly string[]): AccountCursors {
  const cursors = new Map<string, string | undefined>()
  for (const row of readRows(text)) {
    const [tag, next]: unknown[] = Array.isArray(row) ? row : []
    if (typeof tag !== 'string' || typeof next !== 'string') throw notOurs()
    const accountId = accountIds.find((id) => toAccountTag(id) === tag)
    if (accountId !== undefined) cursors.set(accountId, next === '' ? undefined : next)
  }
  return cursors
}

function readRows(text: string): unknown[] {
  try {
    const rows: unknown = JSON.parse(text)
    if (Array.isArray(rows)) return rows
  } catch {
    // Told below, like every other text that is no cursor.
  }
  throw notOurs()
}

function notOurs(): ToolError {
  return new ToolError('invalid_input', '"cursor" does not belong to this search.', { field: 'cursor' })
}
