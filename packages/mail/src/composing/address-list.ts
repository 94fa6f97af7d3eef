/**
 * Reads recipients as people and models write them: names with commas or comments, groups, mailto links, several in one
 * string, trailing separators, curly quotes, full-width signs. Every address that is meant comes out once, in one
 * spelling, or is a fault that names it (R86); what two parsers would read as two addresses is a fault too (R39).
 */
import { readAddress, toAddressKey } from '../address.ts'
import { assertNoControls } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MailAddress } from '../message.ts'
import { type Segment, splitList } from './address-segments.ts'

export interface AddressFault {
  /** As it was typed. */
  readonly text: string
  /** Among the addresses of its list, from 1. */
  readonly place: number
  readonly reason: string
}

export interface ReadAddresses {
  readonly mailboxes: readonly MailAddress[]
  readonly faults: readonly AddressFault[]
}

/** One address, a list, or an array of either; blank means nobody. Throws `invalid_input` naming `field`, with a `reason`. */
export function parseAddressList(value: string | readonly string[], field: string): MailAddress[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
  return entries.flatMap((entry) => {
    assertNoControls(entry, field)
    const { mailboxes, faults } = readAddressList(entry)
    if (faults.length === 0) return mailboxes
    throw new MailError('invalid_input', { field, reason: toFaultText(faults) })
  })
}

const maxToldFaults = 5

/** "bob@" (2nd): nothing is behind the @; … */
export function toFaultText(faults: readonly AddressFault[]): string {
  const told = faults
    .slice(0, maxToldFaults)
    .map(({ text, place, reason }) => `"${text.slice(0, 200)}" (number ${place}): ${reason}`)
  const more = faults.length - told.length
  return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** Text without control characters; of a header, unfolded. */
export function readAddressList(text: string): ReadAddresses {
  const split = splitList(normalise(text))
  if (split === undefined) {
    const fault = { text: text.trim(), place: 1, reason: 'a quotation mark in it is not closed' }
    return { mailboxes: [], faults: [fault] }
  }
  const mailboxes: MailAddress[] = []
  const faults: AddressFault[] = []
  const segments = joinNames(split.map((one) => ({ ...one, text: withoutMarks(one.text) })))
  segments.forEach(({ text, group }, index) => {
    const found = readSegment(text)
    if ('reason' in found) faults.push({ text, place: index + 1, reason: found.reason })
    else mailboxes.push(...(group === undefined ? found.mailboxes : withLabel(found.mailboxes, group)))
  })
  return { mailboxes, faults }
}

/** Separators, brackets and quotes as keyboards and programs type them; mailto links become what they link to. */
function normalise(text: string): string {
  const plain = text
    .replaceAll(/\p{Zs}/gu, ' ')
    .replaceAll(/[，、]/g, ',')
    .replaceAll('；', ';')
    .replaceAll('＜', '<')
    .replaceAll('＞', '>')
    .replaceAll('＠', '@')
  const quoted = plain.includes('"') ? plain : plain.replaceAll(/[“”„‟＂]/g, '"')
  return quoted.replaceAll(/(?<![\w.@+-])mailto:([^?\s<>")]*)(?:\?([^\s<>")]*))?/gi, fromMailto)
}

/** RFC 6068. More recipients in its fields come along, where they would lose nothing but their place. */
function fromMailto(link: string, to: string, query: string | undefined): string {
  const fields = new URLSearchParams(query ?? '')
  // What is hidden in a link is not sent to: a fault that names the link.
  if (fields.has('cc') || fields.has('bcc')) return link
  return [...to.split(','), ...fields.getAll('to')].map(percentDecoded).join(', ')
}

function percentDecoded(text: string): string {
  try {
    const decoded = decodeURIComponent(text)
    return /[\p{Cc},;<>"]/u.test(decoded) ? text : decoded
  } catch {
    return text
  }
}

/** Of a name that was split at its comma. */
const titles = /^(?:jr|sr|ph\.?d|m\.?d|esq|mba|cpa|dds|ii|iii|iv)\.?$/i

/** `Doe, Jane <j@x>`: a name without an address belongs to the one behind its comma. Two of them are a list of names. */
function joinNames(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = []
  let names: Segment[] = []
  for (const segment of segments) {
    const isName = segment.text.length <= maxSegmentChars && !/[@<>"]/.test(segment.text)
    if (isName && segment.separator === ',') {
      names.push(segment)
      continue
    }
    const [name = '', address] = segment.text.slice(0, maxSegmentChars).split('<')
    const isNamed = address?.endsWith('>') === true && name.trim() !== '' && !/[@"]/.test(name)
    const isOneName = names.length === 1 || (names.length === 2 && titles.test(name.trim()))
    if (names.length > 0 && isNamed && isOneName) {
      joined.push({ ...segment, text: [...names, segment].map(({ text }) => text).join(', ') })
    } else joined.push(...names, segment)
    names = []
  }
  return [...joined, ...names]
}

type Found = { readonly mailboxes: readonly MailAddress[] } | { readonly reason: string }

const twoAddresses = 'it names two addresses: separate them with a comma'

/** A name of 998 characters and an address; longer is no address, and no work. */
const maxSegmentChars = 2_000

function readSegment(text: string): Found {
  if (text.length > maxSegmentChars) return { reason: 'it is too long for an address' }
  if (/^<?mailto:/i.test(text)) return { reason: 'its link names more recipients: give each as an address' }
  const markdown = /^\[([^[\]]*)\]\(([^()\s]+)\)$/.exec(text)
  if (markdown?.[2] !== undefined) return toFound(markdown[2], markdown[1] ?? '')
  const bracketed = /^((?:[^"<>]|"(?:[^"\\]|\\.)*")*)<([^<>]*)>\s*(\([^()]*\)|\.)?$/.exec(text)
  if (bracketed?.[2] !== undefined) return toFound(bracketed[2], bracketed[1] ?? '')
  if (/[<>]/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))) {
    const opened = text.split('<').length
    return { reason: opened === 2 && !text.includes('>') ? 'its bracket is not closed' : twoAddresses }
  }
  // `b@x (Bob)`, as RFC 822 wrote names
  const commented = /^([^()]*@[^()]*?)\s*\(([^()]*)\)$/.exec(text)
  if (commented?.[1] !== undefined) return toFound(commented[1], commented[2] ?? '')
  const read = readAddress(withoutQuotes(text))
  if (read.reason === undefined) return { mailboxes: [{ address: read.address }] }
  const words = text.split(/\s+/)
  if (words.length > 1 && !text.includes('"')) {
    const several = words.map(readAddress)
    const good = several.flatMap((one) => (one.reason === undefined ? [{ address: one.address }] : []))
    if (good.length === words.length) return { mailboxes: good }
    if (good.length === 1 && several.at(-1)?.reason === undefined)
      return { reason: 'it has words before the address: write Name <name@example.org>' }
  }
  return { reason: text.includes('@') ? read.reason : 'it is a name without an address' }
}

function toFound(typed: string, beside: string): Found {
  const read = readAddress(withoutQuotes(typed.trim()))
  if (read.reason !== undefined)
    return { reason: typed.trim() === '' ? 'its brackets are empty' : read.reason }
  const { address } = read
  const isQuoted = /^\s*"/.test(beside)
  const name = toName(beside)
  // `b@x <b@x>` says it twice; another address unquoted beside it is two recipients, or a trick.
  const named = readAddress(withoutQuotes(name))
  const isSame = named.reason === undefined && toAddressKey(named.address) === toAddressKey(address)
  if (name === '' || isSame) return { mailboxes: [{ address }] }
  if (!isQuoted && holdsAddress(name)) return { reason: twoAddresses }
  return { mailboxes: [{ name, address }] }
}

/** A list writes `'bob@x' via Team` of whom it sends for; `Bob@Home` has no domain. */
function holdsAddress(name: string): boolean {
  const own = name.replace(/^'[^'@\s]+@[^'@\s]+' via /i, '')
  return own.split(' ').some((word) => {
    const at = word.indexOf('@', 1)
    return at > 0 && /[.。．｡]/.test(word.slice(at))
  })
}

/** Quoted strings without their quotes, blanks single. */
function toName(text: string): string {
  return text
    .replaceAll(/"((?:[^"\\]|\\.)*)"/g, (_, content: string) => content.replaceAll(/\\(.)/g, '$1'))
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Contacts and pages come with direction marks and zero-width spaces at their ends. */
function withoutMarks(text: string): string {
  return text.length > maxSegmentChars ? text : text.replaceAll(/^[\p{Cf}\s]+|[\p{Cf}\s]+$/gu, '')
}

/** Outlook copies `'b@x'`. */
function withoutQuotes(text: string): string {
  const trimmed = withoutMarks(text)
  return /^'[^']*@[^']*'$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
}

/** `Team: North <n@x>` without the semicolon of a group is a name with a colon, as lists print it. */
function withLabel([first, ...rest]: readonly MailAddress[], label: string): MailAddress[] {
  if (first === undefined) return []
  return [first.name === undefined ? first : { ...first, name: `${label}: ${first.name}` }, ...rest]
}
