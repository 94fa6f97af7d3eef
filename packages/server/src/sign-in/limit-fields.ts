/** The fields of an owner's limits on sending, of a mailbox or of a whole connection, and their parse. */
import { assertAddress, assertHost } from '@email-connector/mail'
import type { OwnerLimits } from '../accounts/settings.ts'
import { type FormReader, passes, shorten, type TypedFields } from './form-reader.ts'

const recipientChoices = ['anyone', 'known', 'own_domain', 'listed'] as const
const maxAddress = 320
const maxListed = 500
const maxCount = 10_000

export function parseLimits(reader: FormReader): OwnerLimits {
  const typed = reader.text('recipients')
  const recipients = recipientChoices.find((one) => one === typed)
  if (recipients === undefined) reader.refuse('recipients', 'Choose to whom the app may send.')
  const listed = reader
    .lines('listed', maxListed, 'Addresses and domains')
    .map((entry) => entry.replace(/^@/, '').toLowerCase())
  const wrong = listed.find((entry) => !isAddressOrDomain(entry))
  if (wrong !== undefined) {
    reader.refuse('listed', `“${shorten(wrong)}” is neither an address nor a domain. Write one a line.`)
  }
  if (recipients === 'listed' && listed.length === 0) {
    reader.refuse('listed', 'Write at least one address or domain, or choose somebody else above.')
  }
  const newRecipientsPerDay = reader.count('new_recipients', maxCount, 'New recipients a day')
  const sendsPerHour = reader.count('sends', maxCount, 'Emails an hour')
  return {
    recipients: recipients ?? 'anyone',
    listed: [...new Set(listed)],
    ...(newRecipientsPerDay !== undefined && { newRecipientsPerDay }),
    ...(sendsPerHour !== undefined && { sendsPerHour }),
    attachments: !reader.has('no_attachments'),
  }
}

function isAddressOrDomain(entry: string): boolean {
  if (entry.length > maxAddress) return false
  return entry.includes('@')
    ? passes(() => assertAddress(entry, 'listed'))
    : entry.includes('.') && passes(() => assertHost(entry, 'listed'))
}

export function typedLimits(limits: OwnerLimits): TypedFields {
  return {
    recipients: limits.recipients,
    listed: limits.listed.join('\n'),
    new_recipients: String(limits.newRecipientsPerDay ?? ''),
    sends: String(limits.sendsPerHour ?? ''),
    ...(!limits.attachments && { no_attachments: 'on' }),
  }
}
