/**
 * Where the next page starts, as a client sees it: what the mail operation handed out, tied to the question it
 * answers. A cursor given back with other parameters is refused instead of quietly answering something else.
 */
import { createHash } from 'node:crypto'
import { ToolError } from './tool-error.ts'

const fingerprintChars = 8
/** A hundred mailboxes of five accounts, each with a place of its own; bounds what is decoded. */
export const maxCursorChars = 40_000

export interface Question {
  readonly tool: string
  readonly accountId: string
  readonly parameters: object
}

/** Numbers stay as they are: a third of the tokens that their base64 takes. */
const plain = /^[\d.:,/]{1,200}$/
const plainMark = '.'

export function toCursor(next: string, question: Question): string {
  const spelled = plain.test(next) ? plainMark + next : Buffer.from(next, 'utf8').toString('base64url')
  return fingerprint(question) + spelled
}

export function parseCursor(cursor: string, question: Question, field = 'cursor'): string {
  const spelled = cursor.slice(fingerprintChars)
  const next = spelled.startsWith(plainMark)
    ? spelled.slice(plainMark.length)
    : Buffer.from(spelled, 'base64url').toString('utf8')
  const isOurs = cursor.length <= maxCursorChars && next !== '' && toCursor(next, question) === cursor
  if (isOurs) return next
  throw new ToolError(
    'invalid_input',
    `"${field}" does not belong to this search: repeat it with the same parameters, or leave "${field}" out to start again.`,
    { field },
  )
}

/** `cursor` and `limit` may differ from page to page; all else must not. */
function fingerprint({ tool, accountId, parameters }: Question): string {
  const asked = Object.entries(parameters)
    .filter(
      ([name, value]) => name !== 'cursor' && name !== 'limit' && name !== 'account' && value !== undefined,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([tool, accountId, asked]))
    .digest('base64url')
    .slice(0, fingerprintChars)
}
