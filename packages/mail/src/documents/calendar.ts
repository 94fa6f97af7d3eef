/** ICS: each event, to-do and journal entry as facts on lines, below a mark of its own. */
import { toEventLines } from '../body-text/event-lines.ts'
import { readCalendar } from '../mime/calendar.ts'
import type { TextSink } from './text-sink.ts'

export function writeCalendar(text: string, sink: TextSink): void {
  const calendar = readCalendar(text)
  if (calendar === undefined) return
  const { method, name, events, more } = calendar
  if (method !== undefined) sink.write(`Method: ${method}\n`)
  if (name !== undefined) sink.write(`Calendar: ${name}\n`)
  for (const [index, event] of events.entries()) {
    sink.mark(`${event.kind === 'event' ? 'event' : `event (${event.kind})`} ${index + 1}`)
    for (const line of toEventLines(event, 'Summary')) sink.write(`${line}\n`)
  }
  if (more > 0) sink.mark(`event: ${more} more are not shown`)
}
