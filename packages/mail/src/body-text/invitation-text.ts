/**
 * A calendar object (RFC 5545) as the lines a person reads: what, when, where, who. Times stay as they are written, with
 * their zone's name. What is none stays as it is.
 */
import { unfoldLines } from '../mime/unfold-lines.ts'

const maxChars = 256 * 1024
const maxLines = 400
const shown: ReadonlyMap<string, string> = new Map([
  ['SUMMARY', 'Event'],
  ['DTSTART', 'Start'],
  ['DTEND', 'End'],
  ['DUE', 'Due'],
  ['DURATION', 'Duration'],
  ['RRULE', 'Repeats'],
  ['LOCATION', 'Where'],
  ['STATUS', 'Status'],
  ['ORGANIZER', 'Organizer'],
  ['ATTENDEE', 'Attendee'],
  ['DESCRIPTION', 'Description'],
])
const methods: ReadonlyMap<string, string> = new Map([
  ['REQUEST', 'Invitation'],
  ['CANCEL', 'Cancelled invitation'],
  ['REPLY', 'Reply to an invitation'],
  ['COUNTER', 'Proposal of another time'],
])

export function toInvitationText(text: string): string {
  const lines = unfoldLines(text.slice(0, maxChars))
  if (!lines.some((line) => /^BEGIN:VCALENDAR\s*$/i.test(line))) return text
  const said: string[] = []
  // Alarms and time zones have summaries and starts of their own.
  const within: string[] = []
  for (const line of lines) {
    const { name, parameters, value } = parseLine(line)
    if (name === 'BEGIN') within.push(value.toUpperCase())
    else if (name === 'END') within.pop()
    else if (name === 'METHOD' && within.length === 1)
      said.unshift(`[${methods.get(value.toUpperCase()) ?? 'Calendar event'}]`)
    else if (/^V(?:EVENT|TODO|JOURNAL)$/.test(within.at(-1) ?? '')) {
      const label = shown.get(name)
      if (label !== undefined && value !== '') said.push(`${label}: ${toShown(name, parameters, value)}`)
    }
    if (said.length >= maxLines) break
  }
  return said.length === 0 ? '[A calendar without events.]' : said.join('\n')
}

function parseLine(line: string): { name: string; parameters: string; value: string } {
  // The first colon outside quotes ends name and parameters.
  const [, name = '', parameters = '', value = ''] =
    /^([\w-]{1,100})((?:;(?:"[^"]*"|[^":])*)?):(.*)$/s.exec(line.slice(0, 20_000)) ?? []
  return { name: name.toUpperCase(), parameters, value: value.trim() }
}

function toShown(name: string, parameters: string, value: string): string {
  const text = value.replaceAll(/\\([nN,;\\])/g, (_, char: string) => (/n/i.test(char) ? '\n' : char))
  const named = /;CN=(?:"([^"]*)"|([^;:]*))/i.exec(parameters)
  if (name === 'ORGANIZER' || name === 'ATTENDEE') {
    const address = text.replace(/^mailto:/i, '')
    const who = named?.[1] ?? named?.[2]
    return who === undefined || who === '' ? address : `${who} <${address}>`
  }
  const [, year, month, day, hour, minute, second, isUtc] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/.exec(text) ?? []
  if (year === undefined) return text
  const zone = /;TZID=(?:"([^"]*)"|([^;:]*))/i.exec(parameters)
  const where = isUtc ? ' UTC' : zone ? ` ${zone[1] ?? zone[2]}` : ''
  const seconds = second === '00' ? '' : `:${second}`
  return `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}${seconds}${where}`}`
}
