/** Which commands change something on the server, so that nothing may be repeated after them. */
import { MailError } from '../mail-error.ts'

const writing = new Set([
  'UID STORE',
  'UID COPY',
  'UID MOVE',
  'UID EXPUNGE',
  'APPEND',
  'CREATE',
  'RENAME',
  'DELETE',
  'SUBSCRIBE',
])

/** Whether a command that ended, with that error or without one, may have changed something. */
export function mayHaveWritten(command: string, error?: unknown): boolean {
  return writing.has(command) && !isNotUnderstood(error)
}

/** RFC 9051 §7.1.3: BAD is a command the server did not take, so nothing happened. */
function isNotUnderstood(error: unknown): boolean {
  const cause = error instanceof MailError ? error.cause : undefined
  return (
    typeof cause === 'object' && cause !== null && 'responseStatus' in cause && cause.responseStatus === 'BAD'
  )
}
