/**
 * A query as IMAP SEARCH keys (RFC 9051 §6.4.4). Text that is not ASCII goes as a UTF-8 literal; everything else is
 * quoted by the compiler of commands, so no text can become a key. `in:` is not here: it says which mailboxes are
 * searched (search/mailboxes.ts).
 */

import { systemFlagOf } from '../changing/flag-names.ts'
import { toImapDate } from '../imap/date.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapToken } from '../imap/session.ts'
import { assertNoControls, invalid } from '../input.ts'
import { addDays, addMonths } from './days.ts'
import { bothKeys, eitherKey, notKey, type SearchKey } from './plan.ts'
import { anyList, type Query, type Term } from './query.ts'

export interface ImapSearch {
  readonly tokens: ImapToken[]
  /** The command needs CHARSET UTF-8. */
  readonly utf8: boolean
  /** Reads message bodies on the server: seconds per 100,000 messages without an index. */
  readonly slow: boolean
}

const maxTextChars = 500

/** What no IMAP server can search for: the caller judges it by the structure of the candidates. */
export function isJudgedByStructure(term: Term): boolean {
  return (
    term.kind === 'has' ||
    (term.kind === 'text' && term.in === 'filename') ||
    (term.kind === 'is' && term.state === 'awaiting')
  )
}

/** `today`: YYYY-MM-DD in the owner's time zone. Throws `invalid_input` naming the field. */
export function toImapSearch(query: Query | undefined, today: string): ImapSearch {
  const compiler = new ImapCompiler(today)
  const tokens = query === undefined ? [atom('ALL')] : [...compiler.key(query)]
  return { tokens, utf8: compiler.utf8, slow: compiler.slow }
}

export class ImapCompiler {
  readonly #today: string
  utf8 = false
  slow = false

  constructor(today: string) {
    this.#today = today
  }

  key(query: Query): SearchKey {
    switch (query.kind) {
      case 'and':
        return bothKeys(query.of.map((one) => this.key(one)))
      case 'or':
        return eitherKey(query.of.map((one) => this.key(one)))
      case 'not':
        return notKey(this.key(query.of))
      case 'text':
        return this.#text(query)
      case 'is':
        return [atom(flagKeys[query.state])]
      case 'size': {
        const name = query.is === 'larger' ? 'LARGER' : 'SMALLER'
        return [atom(name), { type: 'NUMBER', value: query.bytes }]
      }
      case 'date':
        return this.#sent(query.is, query.day)
      case 'age':
        return this.#sent(query.is === 'older' ? 'before' : 'after', dayOfAge(query, this.#today))
      case 'label':
        return labelKey(query.label)
      case 'has':
      case 'in':
        throw invalid('query')
    }
  }

  #text({ in: place, value }: Term & { kind: 'text' }): SearchKey {
    switch (place) {
      case 'any':
        this.slow = true
        return [atom('TEXT'), this.#string(value)]
      case 'body':
        this.slow = true
        return [atom('BODY'), this.#string(value)]
      case 'from':
      case 'cc':
      case 'bcc':
      case 'subject':
        return [atom(place.toUpperCase()), this.#string(value)]
      // A reader sees one line of recipients.
      case 'to':
        return eitherKey(['TO', 'CC'].map((name) => [atom(name), this.#string(value)]))
      case 'with':
        return eitherKey(['FROM', 'TO', 'CC'].map((name) => [atom(name), this.#string(value)]))
      case 'list':
        // An empty string is in every header that there is.
        if (value === anyList)
          return eitherKey(listHeaders.map((name) => header(name, { type: 'STRING', value: '' })))
        return this.#header('List-Id', value)
      case 'message-id':
        // Whole: a part of one would find those that end alike.
        return this.#header('Message-ID', `<${value.replace(/^<|>$/g, '')}>`)
      case 'filename':
        throw invalid('query')
    }
  }

  #header(name: string, value: string): SearchKey {
    return header(name, this.#string(value))
  }

  #string(value: string): ImapToken {
    assertNoControls(value, 'query')
    const normal = value.normalize('NFC').trim()
    if (normal === '' || normal.length > maxTextChars) throw invalid('query')
    if (/^[\x20-\x7e]*$/.test(normal)) return { type: 'STRING', value: normal }
    this.utf8 = true
    return { type: 'LITERAL', value: Buffer.from(normal) }
  }

  /** By the Date of the header, which is the one a reader sees, not by the day of arrival in this mailbox. */
  #sent(is: 'after' | 'before', day: string): SearchKey {
    return [atom(is === 'after' ? 'SENTSINCE' : 'SENTBEFORE'), atom(toImapDate(day))]
  }
}

const listHeaders = ['List-Id', 'List-Unsubscribe']

function header(name: string, value: ImapToken): SearchKey {
  return [atom('HEADER'), { type: 'STRING', value: name }, value]
}

const flagKeys = {
  read: 'SEEN',
  unread: 'UNSEEN',
  starred: 'FLAGGED',
  answered: 'ANSWERED',
  unanswered: 'UNANSWERED',
  // Judged here: the answers to it are in other mailboxes.
  awaiting: 'ALL',
} as const

/**
 * A label is a keyword (RFC 9051 §9: an atom; another name cannot be one, so no message has it), and `flagged` and
 * `answered` are the system flags, as where they are set.
 */
function labelKey(label: string): SearchKey {
  const system = systemFlagOf(label)
  if (system !== undefined) return [atom(system.slice(1).toUpperCase())]
  const isAtom = /^[!#$&'+,./:;<=>?@[^_`|}~A-Za-z0-9-]{1,100}$/.test(label)
  return isAtom ? [atom('KEYWORD'), atom(label)] : notKey([atom('ALL')])
}

/** The first day that is newer, the last that is older ends before it. */
function dayOfAge({ count, unit }: Term & { kind: 'age' }, today: string): string {
  if (unit === 'day') return addDays(today, -count)
  return addMonths(today, unit === 'month' ? -count : -12 * count)
}

/** By the day of arrival, which servers have in their index: for a bound that nobody asked for. */
export function sinceTokens(day: string): ImapToken[] {
  return [atom('SINCE'), atom(toImapDate(day))]
}
