/**
 * ICS: each event, to-do and free-busy as facts on lines. Times keep the zone that the file names; nothing is computed
 * from a rule, so no rule can be made to run for ever, and no table of zones is kept between two files.
 */
import { type ContentLine, readContentLines, unescapeText } from './content-lines.ts'
import type { TextSink } from './text-sink.ts'

const maxEvents = 2_000

export function readCalendar(text: string, sink: TextSink): void {
  let event: ContentLine[] | undefined
  let kind = ''
  let inner = 0
  let events = 0
  for (const line of readContentLines(text)) {
    const value = line.value.trim().toUpperCase()
    if (line.name === 'BEGIN') {
      if (event !== undefined) inner += 1
      else if (value === 'VEVENT' || value === 'VTODO' || value === 'VJOURNAL') {
        event = []
        kind = value.slice(1).toLowerCase()
      }
    } else if (line.name === 'END') {
      if (inner > 0) inner -= 1
      else if (event !== undefined) {
        events += 1
        if (events <= maxEvents) writeEvent(kind, event, events, sink)
        event = undefined
      }
    } else if (event !== undefined && inner === 0) event.push(line)
    else if (line.name === 'METHOD') sink.write(`Method: ${line.value.trim()}\n`)
    else if (line.name === 'X-WR-CALNAME') sink.write(`Calendar: ${unescapeText(line.value)}\n`)
  }
  if (events > maxEvents) sink.mark(`event: ${events - maxEvents} more are not shown`)
}

function writeEvent(kind: string, lines: readonly ContentLine[], number: number, sink: TextSink): void {
  sink.mark(`${kind === 'event' ? 'event' : `event (${kind})`} ${number}`)
  const tell = (
    label: string,
    name: string,
    toText: (line: ContentLine) => string = ({ value }) => unescapeText(value),
  ) => {
    const found = lines.filter((line) => line.name === name)
    for (const line of found) {
      const shown = toText(line).trim()
      if (shown !== '') sink.write(`${label}: ${shown}\n`)
    }
  }
  tell('Summary', 'SUMMARY')
  tell('Start', 'DTSTART', toTime)
  tell('End', 'DTEND', toTime)
  tell('Due', 'DUE', toTime)
  tell('Duration', 'DURATION')
  tell('Repeats', 'RRULE', ({ value }) => value.replaceAll(/(\d{4})(\d{2})(\d{2})(T\d{6}Z?)?/g, '$1-$2-$3'))
  tell('Not on', 'EXDATE', toTime)
  tell('Instead of', 'RECURRENCE-ID', toTime)
  tell('Status', 'STATUS')
  tell('Location', 'LOCATION')
  tell('Organizer', 'ORGANIZER', toPerson)
  tell('Attendee', 'ATTENDEE', toPerson)
  tell('Link', 'URL')
  tell('Description', 'DESCRIPTION')
}

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
