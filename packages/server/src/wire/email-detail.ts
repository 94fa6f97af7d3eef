/** One whole email as a client gets it, and the lines a model reads instead. */
import type { Invitation, MailingList, MessageDetail } from '@email-connector/mail'
import * as z from 'zod'
import { sliceWhole, toLine } from './fit.ts'
import { chooseLinks, toLinkLines } from './link-rows.ts'
import { toAddressText } from './summary-row.ts'

/** Longer lists of recipients and attachments are cut; their number is said. */
const maxHeaderChars = 600
const maxAttachments = 40

export const emailDetail = z.object({
  id: z.string(),
  date: z.string(),
  from: z.string(),
  sender: z.string().optional(),
  reply_to: z.string().optional(),
  to: z.string(),
  cc: z.string().optional(),
  bcc: z.string().optional(),
  subject: z.string(),
  message_id: z.string().optional(),
  in_reply_to: z.string().optional(),
  importance: z.string().optional(),
  // As ListRow and, below, InvitationRow: fields explain themselves, and every definition is paid for in tokens.
  list: z.looseObject({}).optional(),
  authentication: z.record(z.string(), z.string()).optional(),
  invitation: z.looseObject({}).optional(),
  flags: z.array(z.string()),
  size: z.int(),
  body: z.string(),
  body_format: z.string(),
  total_chars: z.int(),
  next_offset: z.int().optional(),
  links: z.array(z.object({ number: z.int(), text: z.string(), url: z.string() })).optional(),
  // Each as ListedAttachment.
  attachments: z.array(z.looseObject({ attachment_id: z.string() })),
  report: z.array(z.looseObject({})).optional(),
  warnings: z.array(z.string()),
})
export type EmailDetail = Omit<z.output<typeof emailDetail>, 'attachments' | 'list' | 'invitation'> & {
  attachments: ListedAttachment[]
  list?: ListRow
  invitation?: InvitationRow
}

type ListRow = { id?: string; leave: string[]; one_click: boolean }

type InvitationRow = {
  method: string
  summary?: string
  start?: string
  end?: string
  repeats?: string
  location?: string
  organizer?: string
  attendees?: string[]
  more_events?: number
}

type ListedAttachment = {
  attachment_id: string
  filename?: string
  content_type: string
  size: number
  inline: boolean
  /** `attachment_id` of the email that this is in. */
  in?: string
  from?: string
  date?: string
  subject?: string
}

export function toEmailDetail(id: string, message: MessageDetail, maxBodyChars: number): EmailDetail {
  const { body, attachments } = message
  const shown = body.text === '' ? (body.note ?? '') : sliceWhole(body.text, maxBodyChars)
  const { text, links, isCut } = chooseLinks(shown, body.links, maxBodyChars)
  const end = body.text === '' ? body.totalChars : body.offset + text.length
  const more = attachments.length - maxAttachments
  const from = toAddressText(message.from, maxHeaderChars)
  const replyTo = toAddressText(message.replyTo, maxHeaderChars)
  const sender = toAddressText(message.sender, maxHeaderChars)
  const { recipients, list, authentication, invitation } = message
  return {
    id,
    // First, where a client that cuts its answers leaves it.
    ...(end < body.totalChars ? { next_offset: end } : {}),
    date: message.date,
    from,
    // Servers fill both in with From where the email has none (RFC 9051 §7.5.2).
    ...when('sender', sender === from ? '' : sender),
    ...when('reply_to', replyTo === from ? '' : replyTo),
    to: toAddressText(message.to, maxHeaderChars, recipients.to),
    ...when('cc', toAddressText(message.cc, maxHeaderChars, recipients.cc)),
    ...when('bcc', toAddressText(message.bcc, maxHeaderChars, recipients.bcc)),
    subject: toLine(message.subject, maxHeaderChars),
    ...when('message_id', toLine(message.messageId ?? '', maxHeaderChars)),
    ...when('in_reply_to', toLine(message.inReplyTo ?? '', maxHeaderChars)),
    ...when('importance', message.importance ?? ''),
    ...(list === undefined ? {} : { list: toListRow(list) }),
    ...(authentication === undefined ? {} : { authentication: { ...authentication } }),
    ...(invitation === undefined ? {} : { invitation: toInvitationRow(invitation) }),
    // \Recent tells of a session, not of the email (RFC 9051 leaves it out).
    flags: message.flags
      .filter((flag) => flag !== '\\Recent')
      .slice(0, 30)
      .map((flag) => toLine(flag, 60)),
    size: message.size,
    body: text,
    body_format: body.source,
    total_chars: body.totalChars,
    ...(links === undefined ? {} : { links }),
    attachments: attachments.slice(0, maxAttachments).map((part) => ({
      attachment_id: part.partId,
      ...when('filename', toLine(part.filename ?? '', 200)),
      content_type: toLine(part.contentType, 100),
      size: part.size,
      inline: part.inline,
      ...when('in', part.inPart ?? ''),
      ...when('from', toAddressText(part.message?.from ?? [], 200)),
      ...when('date', part.message?.date ?? ''),
      ...when('subject', toLine(part.message?.subject ?? '', 200)),
    })),
    ...(message.report.length === 0 ? {} : { report: message.report.map(toReportLine) }),
    warnings: [
      ...message.warnings,
      ...(isCut ? ['link_cut'] : []),
      ...(more > 0 ? [`${more} more attachments not listed`] : []),
    ],
  }
}

function toReportLine(one: MessageDetail['report'][number]): Record<string, string> {
  return {
    kind: one.kind,
    action: toLine(one.action, 60),
    recipient: toLine(one.recipient, 300),
    ...when('status', toLine(one.status ?? '', 60)),
    ...when('diagnostic', toLine(one.diagnostic ?? '', 300)),
  }
}

export function toDetailText(email: EmailDetail): string {
  const attachments = email.attachments.map(
    (part) =>
      `Attachment ${part.attachment_id}: ${part.filename ?? 'unnamed'}, ${part.content_type}, ${part.size} bytes${part.inline ? ', inline' : ''}${part.in === undefined ? '' : `, in ${part.in}`}${toSenderText(part)}`,
  )
  const reports = (email.report ?? []).map((one) => `Report: ${Object.values(one).join(', ')}`)
  const lines = [
    `Id: ${email.id}`,
    `Date: ${email.date}`,
    `From: ${email.from}`,
    email.sender === undefined ? [] : `Sender: ${email.sender}`,
    email.reply_to === undefined ? [] : `Reply-To: ${email.reply_to}`,
    `To: ${email.to}`,
    email.cc === undefined ? [] : `Cc: ${email.cc}`,
    email.bcc === undefined ? [] : `Bcc: ${email.bcc}`,
    `Subject: ${email.subject}`,
    email.message_id === undefined ? [] : `Message-ID: ${email.message_id}`,
    email.importance === undefined ? [] : `Importance: ${email.importance}`,
    email.list === undefined ? [] : toListLine(email.list),
    email.authentication === undefined ? [] : toAuthenticationLine(email.authentication),
    email.invitation === undefined ? [] : toInvitationLine(email.invitation),
    email.flags.length === 0 ? [] : `Flags: ${email.flags.join(' ')}`,
    email.warnings.length === 0 ? [] : `Warnings: ${email.warnings.join(', ')}`,
    attachments,
    reports,
    '',
    email.body,
    email.links === undefined ? [] : toLinkLines(email.links),
    email.next_offset === undefined ? [] : '[cut]',
  ]
  return lines.flat().join('\n')
}

/** Of a nested email. */
function toSenderText({ from, date, subject }: ListedAttachment): string {
  const said = [from && `from ${from}`, date, subject].filter((one) => one !== undefined && one !== '')
  return said.length === 0 ? '' : `: ${said.join(', ')}`
}

/** Of a longer way to leave the part in front of its query: whole it would cost more than the email. */
const maxLeaveChars = 600

function toListRow({ id, leave, isOneClick }: MailingList): ListRow {
  return {
    ...when('id', toLine(id ?? '', 255)),
    leave: leave.map((target) => (target.length <= maxLeaveChars ? target : target.replace(/[?#].*$/, ''))),
    one_click: isOneClick,
  }
}

function toListLine({ id, leave, one_click }: ListRow): string {
  const ways = leave.length === 0 ? '' : `leave by ${leave.join(' or ')}${one_click ? ' (one click)' : ''}`
  return `List: ${[id ?? '', ways].filter((part) => part !== '').join(', ')}`
}

const maxFactChars = 300

function toInvitationRow({ method, attendees, moreEvents, ...facts }: Invitation): InvitationRow {
  return {
    method,
    ...when('summary', toLine(facts.summary ?? '', maxFactChars)),
    ...when('start', toLine(facts.start ?? '', maxFactChars)),
    ...when('end', toLine(facts.end ?? '', maxFactChars)),
    ...when('repeats', toLine(facts.repeats ?? '', maxFactChars)),
    ...when('location', toLine(facts.location ?? '', maxFactChars)),
    ...when('organizer', toLine(facts.organizer ?? '', maxFactChars)),
    ...(attendees.length === 0 ? {} : { attendees: attendees.map((one) => toLine(one, 120)) }),
    ...(moreEvents === 0 ? {} : { more_events: moreEvents }),
  }
}

function toInvitationLine({ method, attendees, more_events, ...facts }: InvitationRow): string {
  const said = [
    method,
    ...Object.entries(facts).map(([name, value]) => `${name} ${value}`),
    ...(attendees === undefined ? [] : [`attendees ${attendees.join(', ')}`]),
    ...(more_events === undefined ? [] : [`and ${more_events} more events`]),
  ]
  return `Invitation: ${said.join('; ')}`
}

function toAuthenticationLine(results: Readonly<Record<string, string>>): string {
  return `Authentication: ${Object.entries(results)
    .map(([method, result]) => `${method} ${result}`)
    .join(', ')}`
}

/** How to go on belongs at the start of an answer: clients cut ends and middles. */
export function toCutText({ total_chars, next_offset }: EmailDetail, what: string): string {
  return `${what} cut: ${total_chars} characters, go on with offset ${next_offset}.`
}

function when<Key extends string>(key: Key, value: string): { [K in Key]?: string } {
  return value === '' ? {} : ({ [key]: value } as { [K in Key]?: string })
}
