/** An event of a calendar as the lines that a person reads: what, when, where, who. */
import { type CalendarEvent, valuesOf } from '../mime/calendar.ts'

const shown = [
  ['Start', 'DTSTART'],
  ['End', 'DTEND'],
  ['Due', 'DUE'],
  ['Duration', 'DURATION'],
  ['Repeats', 'RRULE'],
  ['Not on', 'EXDATE'],
  ['Instead of', 'RECURRENCE-ID'],
  ['Status', 'STATUS'],
  ['Location', 'LOCATION'],
  ['Organizer', 'ORGANIZER'],
  ['Attendee', 'ATTENDEE'],
  ['Link', 'URL'],
  ['Description', 'DESCRIPTION'],
] as const

/** `title`: what its summary is called. */
export function toEventLines(event: CalendarEvent, title: string): string[] {
  return [[title, 'SUMMARY'] as const, ...shown].flatMap(([label, name]) =>
    valuesOf(event, name).map((value) => `${label}: ${value}`),
  )
}
