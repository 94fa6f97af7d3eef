/**
 * For servers that search US-ASCII only (Exchange: `NO [BADCHARSET (US-ASCII)]`). What a word outside of it has in ASCII
 * is searched there and the whole word is looked for here, in subject and addresses; a body is nowhere at hand, so only
 * the ASCII of a word can be asked for in it.
 */
import type { FetchedMessage, ImapToken } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { cleanLine, toAddresses } from '../reading/envelope-text.ts'
import { eitherKey } from './plan.ts'
import { allOf, anyOf, notOf, type Query, type Term, type TextPlace, termsOf } from './query.ts'
import { ImapCompiler } from './to-imap.ts'

/** The places that an ENVELOPE has. */
const inEnvelope: readonly TextPlace[] = ['any', 'from', 'to', 'cc', 'bcc', 'with', 'subject']

export function isOutsideAscii(term: Term): term is Term & { kind: 'text' } {
  return term.kind === 'text' && !/^[\x20-\x7e]*$/.test(term.value)
}

/** A word that is judged by the ENVELOPE of each candidate. */
export function isJudgedByEnvelope(term: Term): term is Term & { kind: 'text' } {
  return isOutsideAscii(term) && inEnvelope.includes(term.in)
}

/** Some word of the query is not looked for in bodies, or only by what it has in ASCII. */
export function isAnswerNarrowed(query: Query | undefined): boolean {
  return termsOf(query).some((term) => isOutsideAscii(term) && ['any', 'body'].includes(term.in))
}

/** The query with words that nobody can judge in place of their ASCII. Throws `not_supported` for one without any. */
export function toAsciiQuery(query: Query): Query | undefined {
  if (query.kind === 'and') return allOf(query.of.map(toAsciiQuery))
  if (query.kind === 'or') return anyOf(query.of.map(toAsciiQuery))
  if (query.kind === 'not') return notOf(toAsciiQuery(query.of))
  if (!isOutsideAscii(query) || inEnvelope.includes(query.in)) return query
  const runs = asciiRuns(query.value)
  if (runs.length === 0)
    throw new MailError('not_supported', { field: query.in === 'body' ? 'body' : 'query', protocol: 'imap' })
  return allOf(runs.map((value): Query => ({ ...query, value })))
}

/** Keys for the ASCII of a judged word; none where it has too little of it. */
export function asciiKeys(term: Term, today: string): ImapToken[] {
  if (!isJudgedByEnvelope(term)) return []
  const compiler = new ImapCompiler(today)
  const places: readonly TextPlace[] = term.in === 'any' ? ['subject', 'with'] : [term.in]
  return asciiRuns(term.value).flatMap((value) => [
    ...eitherKey(places.map((place) => compiler.key({ kind: 'text', in: place, value }))),
  ])
}

/** One letter tells nothing. */
function asciiRuns(value: string): string[] {
  return (value.normalize('NFC').match(/[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])/g) ?? []).slice(0, 5)
}

export function isInEnvelope({ in: place, value }: Term & { kind: 'text' }, row: FetchedMessage): boolean {
  const { subject, from, to, cc, bcc } = row.envelope ?? {}
  const people = (addresses: typeof from) =>
    toAddresses(addresses).map(({ name = '', address }) => `${name} <${address}>`)
  const texts = {
    subject: [cleanLine(subject)],
    from: people(from),
    to: [...people(to), ...people(cc)],
    cc: people(cc),
    bcc: people(bcc),
  }
  const { subject: line, ...all } = texts
  const searched =
    place === 'with'
      ? Object.values(all).flat()
      : place === 'any'
        ? [...line, ...Object.values(all).flat()]
        : place in texts
          ? texts[place as keyof typeof texts]
          : []
  const wanted = folded(value)
  return searched.some((text) => folded(text).includes(wanted))
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
