/**
 * The operators of the search language and the values that each takes. A value that an operator cannot take is a fault
 * with its reason: searched as a word it would find nothing and say nothing.
 */
import { toDay } from './days.ts'
import { anyList, anyOf, type Query, type State, type TextPlace } from './query.ts'

/** What a value means, or why it means nothing. */
export type Reading = { readonly query: Query } | { readonly fault: string }

export interface Operator {
  readonly name: string
  /** A group in parentheses gives every value in it to the operator. */
  readonly read: (value: string, today: string) => Reading
  /** `from:Ann Lee <ann@reef.example>` is one value. */
  readonly isAddress?: true
  /** A part of the text is found: `*` at either end of a word says nothing more. */
  readonly isPart?: true
  /** What `*` alone means. */
  readonly any?: string
}

const states: Readonly<Record<string, State>> = {
  read: 'read',
  seen: 'read',
  unread: 'unread',
  unseen: 'unread',
  new: 'unread',
  starred: 'starred',
  flagged: 'starred',
  answered: 'answered',
  replied: 'answered',
  unanswered: 'unanswered',
  unreplied: 'unanswered',
  awaiting: 'awaiting',
}

const things: Readonly<Record<string, 'attachment' | 'invitation'>> = {
  attachment: 'attachment',
  attachments: 'attachment',
  file: 'attachment',
  invitation: 'invitation',
  invite: 'invitation',
}

/** Labels of Gmail's own that are mailboxes elsewhere, and those that are states. */
const placeLabels = ['inbox', 'sent', 'spam', 'trash', 'drafts']
const stateLabels = ['read', 'unread', 'starred']

/** What models write for a newsletter. */
const newsletters = ['list', 'newsletter', 'newsletters', 'unsubscribe']
const fromAnyList: Reading = { query: { kind: 'text', in: 'list', value: anyList } }

function text(name: string, place: TextPlace, more: Partial<Operator> = { isPart: true }): Operator {
  return { name, read: (value) => ({ query: { kind: 'text', in: place, value } }), ...more }
}

const people = { isAddress: true, isPart: true } as const

const operators: readonly Operator[] = [
  text('from', 'from', people),
  text('to', 'to', people),
  text('cc', 'cc', people),
  text('bcc', 'bcc', people),
  text('with', 'with', people),
  text('subject', 'subject'),
  text('body', 'body'),
  text('list', 'list', { isPart: true, any: anyList }),
  text('filename', 'filename'),
  text('rfc822msgid', 'message-id', {}),
  { name: 'in', read: (mailbox) => ({ query: { kind: 'in', mailbox } }) },
  { name: 'label', read: readLabel },
  {
    name: 'is',
    read(value) {
      const state = meantBy(states, value)
      if (state !== undefined) return { query: { kind: 'is', state } }
      if (newsletters.includes(value.toLowerCase())) return fromAnyList
      return {
        fault: `is: takes read, unread, starred, answered, unanswered or awaiting`,
      }
    },
  },
  {
    name: 'has',
    read(value) {
      const what = meantBy(things, value)
      if (what !== undefined) return { query: { kind: 'has', what } }
      if (newsletters.includes(value.toLowerCase())) return fromAnyList
      return { fault: 'has: takes attachment or invitation' }
    },
  },
  { name: 'larger', read: (value) => readSize('larger', value) },
  { name: 'smaller', read: (value) => readSize('smaller', value) },
  { name: 'after', read: (value, today) => readDate('after', value, today) },
  { name: 'before', read: (value, today) => readDate('before', value, today) },
  { name: 'older_than', read: (value) => readAge('older', value) },
  { name: 'newer_than', read: (value) => readAge('newer', value) },
]

/** What else people and models write for the same thing. */
const aliases: Readonly<Record<string, string>> = {
  since: 'after',
  newer: 'after',
  until: 'before',
  older: 'before',
  folder: 'in',
  mailbox: 'in',
  size: 'larger',
  larger_than: 'larger',
  smaller_than: 'smaller',
  olderthan: 'older_than',
  newerthan: 'newer_than',
  file: 'filename',
  attachment: 'filename',
  listid: 'list',
  msgid: 'rfc822msgid',
  message_id: 'rfc822msgid',
  text: 'body',
  tag: 'label',
  keyword: 'label',
}

const byName = new Map(operators.map((one) => [one.name, one]))

export function operatorOf(name: string): Operator | undefined {
  const lower = name.toLowerCase().replaceAll('-', '_')
  return byName.get(meantBy(aliases, lower) ?? lower)
}

/** Typed by anybody: `constructor` is in no table. */
function meantBy<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(table, lower) ? table[lower] : undefined
}

/** The operator that a mistyped or borrowed name most likely meant. */
export function nearestOperator(name: string): string {
  const borrowed = meantBy(meanings, name)
  if (borrowed !== undefined) return borrowed
  const distances = operators.map((one) => ({
    name: one.name,
    distance: distance(name.toLowerCase(), one.name),
  }))
  return distances.sort((a, b) => a.distance - b.distance)[0]?.name ?? 'from'
}

const meanings: Readonly<Record<string, string>> = {
  sender: 'from',
  author: 'from',
  recipient: 'to',
  contact: 'with',
  person: 'with',
  participant: 'with',
  title: 'subject',
  topic: 'subject',
  content: 'body',
  message: 'body',
  flag: 'is',
  status: 'is',
  state: 'is',
  category: 'label',
  date: 'after',
  on: 'after',
  day: 'after',
  year: 'after',
  start: 'after',
  end: 'before',
  location: 'in',
}

/** Single letters added, removed or changed (Levenshtein); both names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** RFC 9051 §6.4.4: a number of SEARCH has 32 bits, larger messages than that do not exist. */
const maxBytes = 0xffff_ffff

/** `500k`, `1.5 MB`, `100`; undefined: no size. */
export function toBytes(value: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?([kmg]?)(?:i?b|bytes)?$/i.exec(value) ?? []
  if (number === undefined) return undefined
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1
  return Math.min(Math.round(Number(number) * factor), maxBytes)
}

function readSize(is: 'larger' | 'smaller', value: string): Reading {
  const bytes = toBytes(value)
  if (bytes === undefined) return { fault: `${is}: takes a size such as 500k, 5M or a number of bytes` }
  return { query: { kind: 'size', is, bytes } }
}

/** `label:inbox` and `label:unread`, as people of Gmail write; a label of the name of a state is found as well. */
function readLabel(label: string): Reading {
  const name = label.toLowerCase()
  if (placeLabels.includes(name)) return { query: { kind: 'in', mailbox: name } }
  const own: Query = { kind: 'label', label }
  const state = stateLabels.includes(name) ? states[name] : undefined
  return { query: (state && anyOf([{ kind: 'is', state }, own])) ?? own }
}

function readDate(is: 'after' | 'before', value: string, today: string): Reading {
  const day = toDay(value, today)
  if (typeof day === 'string') return { query: { kind: 'date', is, day } }
  return { fault: `${is}: ${day.fault}` }
}

const units = { d: 'day', w: 'week', m: 'month', y: 'year' } as const

function readAge(is: 'older' | 'newer', value: string): Reading {
  const [, number, letter = ''] = /^(\d{1,4}) ?([dwmy])(?:ays?|eeks?|onths?|ears?)?$/i.exec(value) ?? []
  const unit = units[letter.toLowerCase() as keyof typeof units]
  if (number === undefined || unit === undefined) {
    return { fault: `${is}_than: takes a number with d, w, m or y, such as 14d or 3m` }
  }
  const count = Number(number)
  if (unit === 'week') return { query: { kind: 'age', is, count: count * 7, unit: 'day' } }
  return { query: { kind: 'age', is, count, unit } }
}
