/**
 * What a message's headers say about it beside its envelope, as the sender wrote it: cleaned, bounded, and only where
 * it says something. Nothing here is followed or done.
 */
import { listHeaders } from '../imap/fetch-items.ts'
import type { FetchedMessage } from '../imap/session.ts'
import type { MailingList, MessageFacts } from '../message.ts'
import { cleanLine } from './envelope-text.ts'

export const factHeaders = [...listHeaders, 'LIST-UNSUBSCRIBE-POST', 'IMPORTANCE', 'X-PRIORITY', 'PRIORITY']

export function readFacts(
  headers: ReadonlyMap<string, readonly string[]>,
  { envelope }: FetchedMessage,
): MessageFacts {
  const first = (name: string) => headers.get(name)?.[0] ?? ''
  const list = readList(headers)
  const importance = readImportance(first)
  const recipients = [envelope?.to, envelope?.cc, envelope?.bcc].map((some) => some?.length ?? 0)
  const [to = 0, cc = 0, bcc = 0] = recipients
  return {
    recipients: { to, cc, bcc },
    ...(list === undefined ? {} : { list }),
    ...(importance === undefined ? {} : { importance }),
  }
}

const maxListIdChars = 255
const maxFieldChars = 8_192
const maxTargetChars = 2_000
const maxTargets = 2

/** RFC 2919 and RFC 2369; RFC 8058: one POST, without a page that asks. */
export function readList(headers: ReadonlyMap<string, readonly string[]>): MailingList | undefined {
  const [id = ''] = headers.get('list-id') ?? []
  const [post = ''] = headers.get('list-unsubscribe-post') ?? []
  const field = (headers.get('list-unsubscribe') ?? []).join(', ').slice(0, maxFieldChars)
  const targets = [...field.matchAll(/<\s*((?:https?:|mailto:)[^<>\s]{1,4000})\s*>/gi)].flatMap(
    ([, target = '']) => {
      const clean = cleanLine(target)
      return clean.length <= maxTargetChars && URL.canParse(clean) ? [clean] : []
    },
  )
  const named = cleanLine(/<([^<>]{1,600})>/.exec(id)?.[1] ?? id).slice(0, maxListIdChars)
  const leave = [...new Set(targets)].slice(0, maxTargets)
  if (named === '' && leave.length === 0) return undefined
  const isOneClick =
    /^\s*list-unsubscribe\s*=\s*one-click\s*$/i.test(post) && leave.some((target) => /^https:/i.test(target))
  return { ...(named === '' ? {} : { id: named }), leave, isOneClick }
}

/** RFC 2156 names `Importance` and `Priority`; `X-Priority` counts from 1, highest, to 5. */
function readImportance(first: (name: string) => string): MessageFacts['importance'] {
  const importance = first('importance').trim().toLowerCase()
  if (importance === 'high' || importance === 'low') return importance
  const grade = /^\s*([1-5])\b/.exec(first('x-priority'))?.[1]
  if (grade !== undefined && grade !== '3') return grade < '3' ? 'high' : 'low'
  const priority = first('priority').trim().toLowerCase()
  if (priority === 'urgent') return 'high'
  return priority === 'non-urgent' ? 'low' : undefined
}
