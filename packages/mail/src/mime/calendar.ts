/**
 * An iCalendar object (RFC 5545) as its events, to-dos and journals, each with its own lines: alarms and time zones have
 * summaries and starts of their own. Times keep the zone that the text names; nothing is computed from a rule, so no rule
 * can be made to run for ever, and no table of zones is kept between two texts.
 */
import { type ContentLine, readContentLines, unescapeText } from './content-lines.ts'

export interface CalendarEvent {
  readonly kind: 'event' | 'todo' | 'journal'
  readonly lines: readonly ContentLine[]
}

export interface Calendar {
  /** RFC 5546 §1.4, in upper case: what its sender asks or says; absent: it only tells. */
  readonly method?: string
  readonly name?: string
  readonly events: readonly CalendarEvent[]
  /** Beyond the ones that are read. */
  readonly more: number
}

const kinds: ReadonlyMap<string, CalendarEvent['kind']> = new Map([
  ['VEVENT', 'event'],
  ['VTODO', 'todo'],
  ['VJOURNAL', 'journal'],
])
const maxEvents = 2_000

/** Undefined: the text is no calendar. */
export function readCalendar(text: string): Calendar | undefined {
  const events: CalendarEvent[] = []
  let method: string | undefined
  let name: string | undefined
  let isCalendar = false
  let count = 0
  let open: { kind: CalendarEvent['kind']; lines: ContentLine[] } | undefined
  let inner = 0
  for (const line of readContentLines(text)) {
    const value = line.value.trim()
    const kind = line.name === 'BEGIN' ? kinds.get(value.toUpperCase()) : undefined
    if (open === undefined) {
      if (kind !== undefined) open = { kind, lines: [] }
      else if (line.name === 'BEGIN') isCalendar ||= value.toUpperCase() === 'VCALENDAR'
      else if (line.name === 'METHOD') method ??= value.toUpperCase()
      else if (line.name === 'X-WR-CALNAME') name ??= unescapeText(value)
    } else if (line.name === 'BEGIN') inner += 1
    else if (line.name === 'END' && inner > 0) inner -= 1
    else if (line.name === 'END') {
      count += 1
      if (count <= maxEvents) events.push(open)
      open = undefined
    } else if (inner === 0) open.lines.push(line)
  }
  // A text that was cut ends inside an event.
  if (open !== undefined && events.length < maxEvents) events.push(open)
  if (!isCalendar) return undefined
  return {
    ...(method === undefined ? {} : { method }),
    ...(name === undefined ? {} : { name }),
    events,
    more: Math.max(0, count - maxEvents),
  }
}

/** The values of one property, each as a person reads it. */
export function valuesOf({ lines }: CalendarEvent, name: string): string[] {
  const toText = texts.get(name) ?? (({ value }: ContentLine) => unescapeText(value))
  return lines.flatMap((line) => {
    const text = line.name === name ? toText(line).trim() : ''
    return text === '' ? [] : [text]
  })
}

const texts: ReadonlyMap<string, (line: ContentLine) => string> = new Map([
  ...['DTSTART', 'DTEND', 'DUE', 'EXDATE', 'RECURRENCE-ID'].map((name) => [name, toTime] as const),
  ...['ORGANIZER', 'ATTENDEE'].map((name) => [name, toPerson] as const),
  ['RRULE', ({ value }) => value.replaceAll(/(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?/g, '$1-$2-$3')] as const,
])

function toTime({ value, parameters }: ContentLine): string {
  const zone = parameters.get('TZID')
  return value
    .split(',')
    .map((one) => {
      const [, y, mo, d, h, mi, s, utc] =
        /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(one.trim()) ?? []
      if (y === undefined) return one.trim()
      const day = `${y}-${mo}-${d}`
      if (h === undefined) return `${day} (all day)`
      const time = `${day} ${h}:${mi}${s === '00' ? '' : `:${s}`}`
      return utc === 'Z' ? `${time} UTC` : `${time} ${zone ?? '(local time of the reader)'}`
    })
    .join(', ')
}

function toPerson({ value, parameters }: ContentLine): string {
  const name = parameters.get('CN')
  const address = value.trim().replace(/^mailto:/i, '')
  const role = parameters.get('ROLE') === 'OPT-PARTICIPANT' ? ', optional' : ''
  const answer = parameters.get('PARTSTAT')
  const said = answer === undefined ? '' : ` (${answer.toLowerCase().replaceAll('-', ' ')}${role})`
  return `${name === undefined || name === address ? address : `${name} <${address}>`}${said}`
}
