/**
 * The fields of a search as IMAP SEARCH keys (RFC 9051 §6.4.4), all checked before a connection is opened. Text that is
 * not ASCII goes as a UTF-8 literal; everything else is quoted by the compiler, so no text can become a key.
 */
import type { ImapToken } from '../imap/session.ts'
import { assertNoControls, invalid } from '../input.ts'

export interface SearchFields {
  /** Words anywhere in the message, all of them; "quoted words" as one. */
  readonly query?: string
  readonly from?: string
  readonly to?: string
  readonly subject?: string
  readonly body?: string
  /** YYYY-MM-DD, by the day the server received it; `before` excludes its day. */
  readonly since?: string
  readonly before?: string
  readonly unread?: boolean
  readonly flagged?: boolean
  readonly hasAttachment?: boolean
  /** Bytes. */
  readonly largerThan?: number
  readonly gmailQuery?: string
}

export interface SearchCriteria {
  readonly tokens: ImapToken[]
  readonly utf8: boolean
  /** Reads message bodies on the server: seconds per 100,000 messages without an index. */
  readonly slow: boolean
}

const maxTextChars = 500
const maxWords = 10
const key = (name: string): ImapToken => ({ type: 'ATOM', value: name })

/** Throws `invalid_input` naming the field. */
export function compileSearch(fields: SearchFields): SearchCriteria {
  const tokens: ImapToken[] = []
  let utf8 = false
  const text = (field: string, value: string): ImapToken => {
    assertNoControls(value, field)
    const normal = value.normalize('NFC').trim()
    if (normal === '' || normal.length > maxTextChars) throw invalid(field)
    if (/^[\x20-\x7e]*$/.test(normal)) return { type: 'STRING', value: normal }
    utf8 = true
    return { type: 'LITERAL', value: Buffer.from(normal) }
  }
  for (const word of splitWords(fields.query)) tokens.push(key('TEXT'), text('query', word))
  if (fields.from !== undefined) tokens.push(key('FROM'), text('from', fields.from))
  if (fields.to !== undefined) {
    tokens.push(key('OR'), key('TO'), text('to', fields.to), key('CC'), text('to', fields.to))
  }
  if (fields.subject !== undefined) tokens.push(key('SUBJECT'), text('subject', fields.subject))
  if (fields.body !== undefined) tokens.push(key('BODY'), text('body', fields.body))
  if (fields.since !== undefined) tokens.push(key('SINCE'), key(toImapDate(fields.since, 'since')))
  if (fields.before !== undefined) tokens.push(key('BEFORE'), key(toImapDate(fields.before, 'before')))
  if (fields.unread !== undefined) tokens.push(key(fields.unread ? 'UNSEEN' : 'SEEN'))
  if (fields.flagged !== undefined) tokens.push(key(fields.flagged ? 'FLAGGED' : 'UNFLAGGED'))
  if (fields.largerThan !== undefined) {
    if (!Number.isSafeInteger(fields.largerThan) || fields.largerThan < 0) throw invalid('larger_than')
    tokens.push(key('LARGER'), { type: 'NUMBER', value: Math.min(fields.largerThan, 0xffff_ffff) })
  }
  if (fields.gmailQuery !== undefined) tokens.push(key('X-GM-RAW'), text('gmail_query', fields.gmailQuery))
  // No search key knows attachments; this one leaves few enough to look at (reading/search.ts does).
  if (fields.hasAttachment === true && fields.gmailQuery === undefined) {
    tokens.push(
      key('HEADER'),
      { type: 'STRING', value: 'Content-Type' },
      { type: 'STRING', value: 'multipart/' },
    )
  }
  if (tokens.length === 0) tokens.push(key('ALL'))
  return { tokens, utf8, slow: fields.query !== undefined || fields.body !== undefined }
}

function splitWords(query: string | undefined): string[] {
  if (query === undefined) return []
  // before splitting: white space would swallow a line end
  assertNoControls(query, 'query')
  const words = [...query.matchAll(/"([^"]+)"|([^\s"]+)/g)].map(([, phrase, word]) => phrase ?? word ?? '')
  if (words.length === 0) throw invalid('query')
  // more words than this are a sentence: looked for as it stands
  return words.length > maxWords ? [query.replaceAll('"', ' ')] : words
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 9051 §9, date. */
export function toImapDate(day: string, field: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? []
  const parsed = new Date(`${day}T00:00:00Z`)
  if (year === undefined || Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== day) {
    throw invalid(field)
  }
  return `${Number(date)}-${months[Number(month) - 1]}-${year}`
}
