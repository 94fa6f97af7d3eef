/**
 * A list of what a connection did as CSV (RFC 4180) for a spreadsheet. A cell that a spreadsheet would take for a formula
 * gets an apostrophe before it: the names of apps are their own choice.
 */
import type { AuditEntry } from './audit.ts'

const header = ['time', 'app', 'tool', 'outcome', 'error', 'emails']

/** Lines of one day, in their order. */
export function toAuditCsv(clientName: string, entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ at, tool, outcome, code, count }) => [
    new Date(at * 1000).toISOString(),
    clientName,
    tool,
    outcome ?? 'not finished',
    code ?? '',
    count === undefined ? '' : String(count),
  ])
  return [header, ...rows].map((row) => `${row.map(toCell).join(',')}\r\n`).join('')
}

function toCell(text: string): string {
  const inert = /^\s*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
