/** A calendar object that is the text of a mail, as the lines that a person reads. What is none stays as it is. */
import { readCalendar } from '../mime/calendar.ts'
import { toEventLines } from './event-lines.ts'

const maxChars = 256 * 1024
const maxLines = 400
const methods: ReadonlyMap<string, string> = new Map([
  ['REQUEST', 'Invitation'],
  ['CANCEL', 'Cancelled invitation'],
  ['REPLY', 'Reply to an invitation'],
  ['COUNTER', 'Proposal of another time'],
])

export function toInvitationText(text: string): string {
  const calendar = readCalendar(text.slice(0, maxChars))
  if (calendar === undefined) return text
  const { method, events } = calendar
  const head = method === undefined ? [] : [`[${methods.get(method) ?? 'Calendar event'}]`]
  const said = [...head, ...events.flatMap((event) => toEventLines(event, 'Event'))]
  return said.length === 0 ? '[A calendar without events.]' : said.slice(0, maxLines).join('\n')
}
