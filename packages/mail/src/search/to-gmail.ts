/**
 * A query for Gmail: as much of it as Gmail's own language has goes into one X-GM-RAW, which is indexed, knows file
 * names and searches in milliseconds; the rest stands beside it as keys of IMAP.
 * https://developers.google.com/workspace/gmail/imap/imap-extensions
 */

import { atom } from '../imap/protocol.ts'
import type { ImapToken } from '../imap/session.ts'
import { startOfDay } from './days.ts'
import { bothKeys, eitherKey, notKey, type SearchKey } from './plan.ts'
import { anyList, type Query, type Term } from './query.ts'
import { ImapCompiler, type ImapSearch } from './to-imap.ts'

/** Gmail searches all but the answers that somebody waits for. */
export function isJudgedOnGmail(term: Term): boolean {
  return term.kind === 'is' && term.state === 'awaiting'
}

export interface GmailContext {
  /** YYYY-MM-DD in `timeZone`. */
  readonly today: string
  /** The owner's (an IANA name). */
  readonly timeZone: string
}

export function toGmailSearch(query: Query | undefined, context: GmailContext): ImapSearch {
  if (query === undefined) return { tokens: [atom('ALL')], utf8: false, slow: false }
  const imap = new ImapCompiler(context.today)
  let utf8 = false
  const rawKey = (raw: string): SearchKey => {
    const isAscii = /^[\x20-\x7e]*$/.test(raw)
    if (!isAscii) utf8 = true
    const text: ImapToken = isAscii
      ? { type: 'STRING', value: raw }
      : { type: 'LITERAL', value: Buffer.from(raw) }
    return [atom('X-GM-RAW'), text]
  }
  const keyOf = (one: Query): SearchKey => {
    const raw = toRaw(one, context.timeZone)
    if (raw !== undefined) return rawKey(raw)
    if (one.kind === 'not') return notKey(keyOf(one.of))
    if (one.kind === 'or') return eitherKey(one.of.map(keyOf))
    if (one.kind === 'and') {
      // What Gmail's language can say together goes together.
      const raws = one.of.filter((part) => toRaw(part, context.timeZone) !== undefined)
      const rest = one.of.filter((part) => !raws.includes(part)).map(keyOf)
      const together = raws.map((part) => toRawPart(part, context.timeZone)).join(' ')
      return bothKeys(together === '' ? rest : [rawKey(together), ...rest])
    }
    if (one.kind === 'label') return [atom('X-GM-LABELS'), { type: 'STRING', value: one.label }]
    return imap.key(one)
  }
  const tokens = [...keyOf(query)]
  return { tokens, utf8: utf8 || imap.utf8, slow: imap.slow }
}

/** The query in Gmail's language, or undefined where that has no word for a part of it. */
export function toRaw(query: Query, timeZone: string): string | undefined {
  if (query.kind === 'and' || query.kind === 'or') {
    const parts = query.of.map((one) => toRawPart(one, timeZone))
    if (parts.includes(undefined)) return undefined
    return parts.join(query.kind === 'and' ? ' ' : ' OR ')
  }
  return toRawPart(query, timeZone)
}

function toRawPart(query: Query, timeZone: string): string | undefined {
  if (query.kind === 'and' || query.kind === 'or') {
    const raw = toRaw(query, timeZone)
    return raw === undefined ? undefined : `(${raw})`
  }
  if (query.kind === 'not') {
    const raw = toRawPart(query.of, timeZone)
    return raw === undefined ? undefined : `-${raw}`
  }
  return toRawTerm(query, timeZone)
}

function toRawTerm(term: Term, timeZone: string): string | undefined {
  switch (term.kind) {
    case 'text':
      return toRawText(term)
    case 'is':
      return term.state === 'read' || term.state === 'unread' || term.state === 'starred'
        ? `is:${term.state}`
        : undefined
    case 'has':
      return term.what === 'attachment' ? 'has:attachment' : 'filename:ics'
    case 'size':
      return `${term.is}:${term.bytes}`
    case 'date':
      // Seconds: a day is read in the time zone of Google's servers.
      return `${term.is}:${startOfDay(term.day, timeZone)}`
    case 'age':
      return `${term.is}_than:${term.count}${term.unit.charAt(0)}`
    case 'in':
    case 'label':
      return undefined
  }
}

function toRawText({ in: place, value }: Term & { kind: 'text' }): string | undefined {
  const word = quoted(value)
  switch (place) {
    case 'any':
      return word
    case 'from':
    case 'cc':
    case 'bcc':
    case 'subject':
    case 'filename':
      return `${place}:${word}`
    case 'list':
      // Gmail's own label of what can be unsubscribed from; no operator that it documents has this meaning.
      return value === anyList ? 'label:^unsub' : `list:${word}`
    case 'to':
      return `(to:${word} OR cc:${word})`
    case 'with':
      return `(from:${word} OR to:${word} OR cc:${word})`
    case 'message-id':
      return `rfc822msgid:${quoted(value.replace(/^<|>$/g, ''))}`
    // Gmail's language has none.
    case 'body':
      return undefined
  }
}

/** A quotation mark cannot be in a value: the parser ends a phrase there. */
function quoted(value: string): string {
  const plain = /^[\p{L}\p{N}][\p{L}\p{N}@._+-]*$/u.test(value)
  return plain && !['OR', 'AND', 'NOT', 'AROUND'].includes(value) ? value : `"${value.replaceAll('"', ' ')}"`
}
