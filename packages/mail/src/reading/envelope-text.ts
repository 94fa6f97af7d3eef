/** Dates, addresses and lines of an envelope as they are shown: cleaned, bounded, with nothing a server made up. */
import { removeInvisible } from '../body-text/invisible-characters.ts'
import type { FetchedMessage } from '../imap/session.ts'
import type { MailAddress } from '../message.ts'
import type { EnvelopeAddress } from '../mime/structure.ts'

const maxHeaderChars = 998
const maxAddresses = 100
/** Of one email that is read whole: an answer to all goes to every one of them. */
export const maxDetailAddresses = 2_000

/** With the sender's offset; INTERNALDATE in UTC where the Date header cannot be read, the epoch where neither can. */
export function toDate({
  envelope,
  internalDate,
}: Partial<Pick<FetchedMessage, 'envelope' | 'internalDate'>>): string {
  if (isDate(envelope?.date)) return withOffset(envelope.date, envelope.dateText ?? '')
  return withOffset(isDate(internalDate) ? internalDate : new Date(0), '')
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

/** RFC 5322 §3.3, zone; names of zones count as UTC. */
function withOffset(date: Date, dateText: string): string {
  const [, sign, hours, minutes] = /\s([+-])([01]\d)([0-5]\d)\b/.exec(dateText) ?? []
  if (sign === undefined) return date.toISOString().replace(/\.000Z$/, 'Z')
  const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const local = new Date(date.getTime() + offsetMinutes * 60_000)
  return `${local.toISOString().slice(0, 19)}${offsetMinutes === 0 ? 'Z' : `${sign}${hours}:${minutes}`}`
}

export function toAddresses(
  addresses: readonly EnvelopeAddress[] | undefined,
  max = maxAddresses,
): MailAddress[] {
  return (addresses ?? [])
    .slice(0, max)
    .filter(({ address }) => isAddress(address))
    .map(({ name, address }) => {
      const shown = cleanLine(name)
      return { ...(shown === '' ? {} : { name: shown }), address: cleanLine(address) }
    })
}

/** What Dovecot and Cyrus say in place of what an address lacks (`From: <>`, `root`, `a@b.example.`); no mail goes there. */
const missingHalf = /^MISSING_MAILBOX@|@(?:MISSING_DOMAIN|SYNTAX_ERROR|unspecified-domain)$/i

export function isAddress(address: string | undefined): address is string {
  return address !== undefined && address.trim() !== '' && !missingHalf.test(address.trim())
}

/** A header value on one line, without what cannot be seen. Four times the line leaves enough to clean. */
export function cleanLine(value: string | undefined): string {
  return removeInvisible((value ?? '').slice(0, maxHeaderChars * 4).replaceAll(/\s+/g, ' '))
    .text.trim()
    .slice(0, maxHeaderChars)
}
