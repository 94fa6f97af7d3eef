/**
 * The separate fields of a search and its query, merged into one tree. Words of a field may stand in any order and all
 * of them must be there; "quoted words" stand together; names, addresses and `Name <address>` all find.
 */

import { toDay } from './days.ts'
import { takeMailboxes } from './mailboxes.ts'
import { addressIn, type Note, parseQuery, withoutStars } from './parse.ts'
import { planSearch } from './plan.ts'
import { allOf, anyOf, notOf, type Query, type TextPlace } from './query.ts'
import { isJudgedByStructure } from './to-imap.ts'

/** What the separate parameters of a search say; all of them must be met. */
export interface SearchFields {
  /** In the search language. */
  readonly query?: string
  readonly from?: string
  readonly to?: string
  readonly cc?: string
  readonly subject?: string
  readonly body?: string
  /** A day as `after:` and `before:` take it; `before` excludes its day. */
  readonly since?: string
  readonly before?: string
  readonly unread?: boolean
  readonly flagged?: boolean
  readonly answered?: boolean
  readonly hasAttachment?: boolean
  /** Bytes. */
  readonly largerThan?: number
}

export interface MergedSearch {
  readonly query?: Query
  readonly warnings: readonly Note[]
  readonly faults: readonly SearchFault[]
}

/** At a place of the query, unless it is a field's. */
export interface SearchFault extends Note {
  readonly field?: 'since' | 'before'
}

/** `today`: YYYY-MM-DD in the owner's time zone. Never throws. */
export function mergeFields(fields: SearchFields, today: string): MergedSearch {
  const { query: asked, warnings, faults: queryFaults } = parseQuery(fields.query ?? '', today)
  const since = dateOf('since', fields, today)
  const before = dateOf('before', fields, today)
  const faults = [...queryFaults, ...[since, before].flatMap(({ fault }) => fault ?? [])]
  const query = allOf([
    asked,
    ...(['from', 'to', 'cc'] as const).map((field) => addressesOf(field, fields[field])),
    ...(['subject', 'body'] as const).map((field) => wordsOf(field, fields[field])),
    since.query,
    before.query,
    fields.unread === undefined ? undefined : { kind: 'is', state: fields.unread ? 'unread' : 'read' },
    fields.answered === undefined
      ? undefined
      : { kind: 'is', state: fields.answered ? 'answered' : 'unanswered' },
    yesOrNo({ kind: 'is', state: 'starred' }, fields.flagged),
    yesOrNo({ kind: 'has', what: 'attachment' }, fields.hasAttachment),
    fields.largerThan === undefined ? undefined : { kind: 'size', is: 'larger', bytes: fields.largerThan },
  ])
  if (query === undefined) return { warnings, faults }
  return { query, warnings, faults: [...faults, ...limitsOf(query)] }
}

/** What is understood and yet cannot be searched. */
function limitsOf(query: Query): Note[] {
  const where = takeMailboxes(query)
  if (where === undefined) {
    return [{ position: 1, text: 'can have in: only beside its other conditions, or as in:a OR in:b' }]
  }
  if (planSearch(where.query, isJudgedByStructure) === undefined) {
    return [{ position: 1, text: 'has more than 3 of has:, filename: and is:awaiting' }]
  }
  return []
}

function dateOf(
  field: 'since' | 'before',
  { [field]: value }: SearchFields,
  today: string,
): { query?: Query; fault?: SearchFault } {
  if (value === undefined) return {}
  const day = toDay(value.trim(), today)
  if (typeof day !== 'string') return { fault: { field, position: 1, text: day.fault } }
  return { query: { kind: 'date', is: field === 'since' ? 'after' : 'before', day } }
}

function yesOrNo(query: Query, wanted: boolean | undefined): Query | undefined {
  return wanted === undefined ? undefined : wanted ? query : notOf(query)
}

/** Several addresses with commas between them are alternatives; `Doe, Jane` is one name. */
function addressesOf(place: TextPlace, value: string | undefined): Query | undefined {
  if (value === undefined) return undefined
  const pieces = value.split(/[,;]/).filter((piece) => piece.trim() !== '')
  const people = pieces.every((piece) => piece.includes('@')) ? pieces : [value.replaceAll(/[,;]/g, ' ')]
  return anyOf(people.flatMap((one) => one.split(/ OR /)).map((one) => wordsOf(place, addressIn(one.trim()))))
}

function wordsOf(place: TextPlace, value: string | undefined): Query | undefined {
  const words = [
    ...(value ?? '').matchAll(/["\u201c\u201d]([^"\u201c\u201d]+)["\u201c\u201d]|([^\s"\u201c\u201d]+)/gu),
  ]
  return allOf(
    words.map(([, phrase, word = '']): Query | undefined => {
      const found = (phrase ?? withoutStars(word)).trim()
      return found === '' ? undefined : { kind: 'text', in: place, value: found }
    }),
  )
}
