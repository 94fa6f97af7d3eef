/** R79: one reader for a calendar, whether it is the text of a mail or an attachment. */
import { expect, test } from 'vitest'
import { toInvitationText } from '../../src/body-text/invitation-text.ts'
import { writeCalendar } from '../../src/documents/calendar.ts'
import { createTextSink } from '../../src/documents/text-sink.ts'
import { readCalendar } from '../../src/mime/calendar.ts'

const lines = [
  'BEGIN:VCALENDAR',
  'METHOD:cancel',
  'BEGIN:VTIMEZONE',
  'BEGIN:STANDARD',
  'DTSTART:16010101T030000',
  'END:STANDARD',
  'END:VTIMEZONE',
  'BEGIN:VEVENT',
  'SUMMARY;LANGUAGE=de:Boot\\, blau',
  'DTSTART:20261202',
  'EXDATE:20261209T080000Z',
  'ATTENDEE;PARTSTAT=DECLINED;CN=Bob:mailto:bob@test.example',
  'BEGIN:VALARM',
  'SUMMARY:an alarm',
  'END:VALARM',
]
const closed = [...lines, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n')
const said =
  'Start: 2026-12-02 (all day)\nNot on: 2026-12-09 08:00 UTC\nAttendee: Bob <bob@test.example> (declined)'

test('a body and a file say the same of an event, without its alarms and time zones', () => {
  expect(toInvitationText(closed)).toBe(`[Cancelled invitation]\nEvent: Boot, blau\n${said}`)
  const sink = createTextSink()
  writeCalendar(closed, sink)
  expect(sink.toText()).toBe(`Method: CANCEL\n\n[event 1]\nSummary: Boot, blau\n${said}`)
})

test('what a cut text holds of an event is read', () => {
  expect(readCalendar(lines.join('\n'))?.events).toHaveLength(1)
  expect(toInvitationText(lines.join('\n'))).toContain('Event: Boot, blau')
})

test('what is no calendar stays as it is', () => {
  for (const text of ['', 'Hello', 'BEGIN:VCARD\nEND:VCARD', 'BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT'])
    expect(toInvitationText(text)).toBe(text)
})
