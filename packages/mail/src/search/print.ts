/** A query as text of the search language; parsing it again gives the same tree. */
import type { Query, Term, TextPlace } from './query.ts'

export function printQuery(query: Query | undefined): string {
  if (query === undefined) return ''
  if (query.kind === 'and') return query.of.map(printPart).join(' ')
  if (query.kind === 'or') return query.of.map(printPart).join(' OR ')
  return printPart(query)
}

function printPart(query: Query): string {
  if (query.kind === 'and' || query.kind === 'or') return `(${printQuery(query)})`
  if (query.kind === 'not') return `-${printPart(query.of)}`
  return printTerm(query)
}

const names: Readonly<Record<Exclude<TextPlace, 'any'>, string>> = {
  from: 'from',
  to: 'to',
  cc: 'cc',
  bcc: 'bcc',
  with: 'with',
  subject: 'subject',
  body: 'body',
  list: 'list',
  filename: 'filename',
  'message-id': 'rfc822msgid',
}

function printTerm(term: Term): string {
  switch (term.kind) {
    case 'text':
      return term.in === 'any' ? printValue(term.value) : `${names[term.in]}:${printValue(term.value)}`
    case 'is':
      return `is:${term.state}`
    case 'has':
      return `has:${term.what}`
    case 'in':
      return `in:${printValue(term.mailbox)}`
    case 'label':
      return `label:${printValue(term.label)}`
    case 'size':
      return `${term.is}:${term.bytes}`
    case 'date':
      return `${term.is}:${term.day}`
    case 'age':
      return `${term.is}_than:${term.count}${term.unit.charAt(0)}`
  }
}

/** Letters, digits and what cannot be read as anything else stay bare; all the rest is quoted. */
function printValue(value: string): string {
  const plain = /^[\p{L}\p{N}][\p{L}\p{N}@._+-]*$/u.test(value)
  return plain && !['OR', 'AND', 'NOT'].includes(value) ? value : `"${value}"`
}
