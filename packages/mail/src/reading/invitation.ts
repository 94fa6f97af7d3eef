/**
 * An invitation in a mail (RFC 6047): from the structure alone what it asks or says, from the text of its part also the
 * event. What a mail inside the mail invites to is not the mail's.
 */

import { readPlain } from '../body-text/read-plain.ts'
import type { Invitation, InvitationMethod } from '../message.ts'
import { readCalendar, valuesOf } from '../mime/calendar.ts'
import type { BodyStructure } from '../mime/structure.ts'
import { cleanLine } from './envelope-text.ts'
import { findParts } from './structure.ts'

const methods: ReadonlySet<string> = new Set<InvitationMethod>([
  'request',
  'cancel',
  'reply',
  'counter',
  'declinecounter',
  'refresh',
  'add',
  'publish',
])

/** The part that a mail program would show: Google and Outlook attach the same once more as a file. */
export function findCalendar(structure: BodyStructure | undefined): BodyStructure | undefined {
  const found = findParts(structure, ({ type }) => type === 'text/calendar' || type === 'application/ics')
  return found.find(({ type }) => type === 'text/calendar') ?? found[0]
}

/** RFC 6047 §2.4: the part names the method of the calendar in it. */
export function findMethod(structure: BodyStructure | undefined): InvitationMethod | undefined {
  const part = findCalendar(structure)
  return part && toMethod(part.parameters?.method)
}

function toMethod(method: string | undefined): InvitationMethod {
  const word = method?.trim().toLowerCase() ?? ''
  return isMethod(word) ? word : 'event'
}

function isMethod(word: string): word is InvitationMethod {
  return methods.has(word)
}

const maxAttendees = 20
/** The most of a text that is read for it. */
const maxChars = 256 * 1024

/** `textOf`: of the part with this number, where it was fetched. */
export async function readInvitation(
  structure: BodyStructure | undefined,
  textOf: (part: string) => string | undefined,
): Promise<Invitation | undefined> {
  const part = findCalendar(structure)
  if (part === undefined) return undefined
  const calendar = readCalendar((textOf(part.part ?? '1') ?? '').slice(0, maxChars))
  const method = toMethod(calendar?.method ?? part.parameters?.method)
  const [event] = calendar?.events ?? []
  if (calendar === undefined || event === undefined) return { method, attendees: [], moreEvents: 0 }
  const names = { ...factNames, end: event.kind === 'todo' ? 'DUE' : 'DTEND' }
  const facts = await Promise.all(
    Object.entries(names).map(async ([key, name]) => [key, await toFact(valuesOf(event, name)[0])]),
  )
  return {
    method,
    ...Object.fromEntries(facts.filter(([, value]) => value !== '')),
    attendees: await Promise.all(valuesOf(event, 'ATTENDEE').slice(0, maxAttendees).map(toFact)),
    moreEvents: calendar.events.length - 1 + calendar.more,
  }
}

const factNames: Record<Exclude<keyof Invitation, 'method' | 'attendees' | 'moreEvents'>, string> = {
  summary: 'SUMMARY',
  start: 'DTSTART',
  end: 'DTEND',
  repeats: 'RRULE',
  location: 'LOCATION',
  organizer: 'ORGANIZER',
}

/** A place is often a link: shown as in a text, without its query. */
async function toFact(value: string | undefined): Promise<string> {
  return (await readPlain(cleanLine(value))).text
}
