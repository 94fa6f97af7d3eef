/** Reads tokens of parsed responses; apart from imap/client.ts, so that using it does not load the library. */
import type { ImapAttribute } from './client.ts'

/** An atom, string, number or literal of a response as text. */
export function textOf(attribute: ImapAttribute | undefined): string {
  const value = attribute?.value
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value)
    ? value.toString()
    : value === undefined || value === null
      ? ''
      : String(value)
}
