/** The accounts of one call that did not answer, as a client sees them. */
import * as z from 'zod'
import type { ToolError } from './tool-error.ts'

export const failedAccounts = {
  failed: z.array(z.object({ account: z.string(), code: z.string() })).optional(),
  warnings: z.array(z.string()).optional(),
}

interface Failure {
  readonly address: string
  readonly error: ToolError
}

export function toFailed(failures: readonly Failure[]) {
  if (failures.length === 0) return {}
  return { failed: failures.map(({ address, error }) => ({ account: address, code: error.code })) }
}

/** One sentence for each, without its full stop. */
export function toFailureWarnings(failures: readonly Failure[]): string[] {
  return failures.map(({ address, error }) =>
    error.code === 'mailbox_not_found'
      ? `${address} has no such mailbox`
      : `${address} did not answer: ${error.message.replace(/\.$/, '')}`,
  )
}

export function toNotes(warnings: readonly string[]): string {
  return warnings.map((one) => ` Note: ${one}.`).join('')
}
