/**
 * What a machine says of a mail, as facts: delivery reports (RFC 3464), read receipts (RFC 8098), complaints (RFC 5965).
 * Fields of a machine's own part, bounded; what cannot be read is left out.
 */
import type { DeliveryReport } from '../message.ts'
import { findField, type HeaderField, splitEntity } from '../mime/source.ts'
import type { BodyStructure } from '../mime/structure.ts'
import { cleanLine } from './envelope-text.ts'

const maxRecipients = 50
const maxReportChars = 256 * 1024
const maxFieldChars = 500

export function isReport({ type }: BodyStructure): boolean {
  return /^message\/(?:(?:global-)?delivery-status|(?:global-)?disposition-notification|feedback-report)$/.test(
    type,
  )
}

export function readReport(type: string, text: string): DeliveryReport[] {
  const blocks = text
    .slice(0, maxReportChars)
    .replaceAll(/\r\n?/g, '\n')
    .trim()
    .split(/\n[ \t]*\n/)
    .map((block) => splitEntity(Buffer.from(`${block}\n`, 'utf8')).fields)
  const [first = []] = blocks
  if (type.endsWith('disposition-notification')) return toReceipt(first)
  if (type.endsWith('feedback-report')) return toComplaint(first)
  return blocks.slice(0, maxRecipients + 1).flatMap((fields): DeliveryReport[] => {
    const recipient = read(fields, 'final-recipient') ?? read(fields, 'original-recipient')
    const action = read(fields, 'action')
    if (recipient === undefined && action === undefined) return []
    return [
      {
        kind: 'delivery',
        action: action?.toLowerCase() ?? 'unknown',
        recipient: withoutType(recipient ?? ''),
        ...when('status', read(fields, 'status')),
        ...when('diagnostic', withoutTypeOrNone(read(fields, 'diagnostic-code'))),
      },
    ]
  })
}

/** `manual-action/MDN-sent-manually; displayed` */
function toReceipt(fields: readonly HeaderField[]): DeliveryReport[] {
  const disposition = read(fields, 'disposition')
  const recipient = read(fields, 'final-recipient') ?? read(fields, 'original-recipient')
  if (disposition === undefined) return []
  const action = disposition
    .slice(disposition.lastIndexOf(';') + 1)
    .trim()
    .toLowerCase()
  const mode = disposition.includes(';') ? disposition.slice(0, disposition.indexOf(';')).trim() : undefined
  return [
    {
      kind: 'read_receipt',
      action: action.replace(/\/.*$/, ''),
      recipient: withoutType(recipient ?? ''),
      ...when('status', mode),
      ...when('diagnostic', read(fields, 'error') ?? read(fields, 'failure')),
    },
  ]
}

function toComplaint(fields: readonly HeaderField[]): DeliveryReport[] {
  const action = read(fields, 'feedback-type')
  if (action === undefined) return []
  const recipient = read(fields, 'original-rcpt-to') ?? read(fields, 'removal-recipient')
  return [
    {
      kind: 'feedback',
      action: action.toLowerCase(),
      recipient: (recipient ?? '').replace(/^<|>$/g, ''),
      ...when('diagnostic', read(fields, 'user-agent') ?? read(fields, 'reported-domain')),
    },
  ]
}

/** The bytes were text, were made bytes again for the fields, and are UTF-8. */
function read(fields: readonly HeaderField[], name: string): string | undefined {
  const value = findField(fields, name)
  if (value === undefined) return undefined
  const line = cleanLine(Buffer.from(value, 'latin1').toString('utf8')).slice(0, maxFieldChars)
  return line === '' ? undefined : line
}

/** `rfc822; ann@example.org`, `smtp; 550 no such user` */
function withoutType(value: string): string {
  return value.replace(/^[\w-]{1,40}\s*;\s*/, '').replace(/^<|>$/g, '')
}

function withoutTypeOrNone(value: string | undefined): string | undefined {
  return value === undefined ? undefined : withoutType(value)
}

function when<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [K in Key]?: string })
}
