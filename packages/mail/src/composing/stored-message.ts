/**
 * A message that is stored as a draft, sent as it is stored (R82): only Date, a missing Message-ID and fields that are
 * for drafts only change, and parts with lines too long for the way are encoded. Recipients are read from the bytes that
 * go out, so that the envelope is what they say; a field that cannot be read is a fault with a reason, never a recipient
 * less (R86).
 */
import { toAddressKey } from '../address.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MailAddress } from '../message.ts'
import { createMessageBytes } from '../message-bytes.ts'
import { readAddressList, toFaultText } from './address-list.ts'
import { type ComposedMessage, toComposed } from './compose.ts'
import { isDraftOnly } from './draft-headers.ts'
import {
  decodeWords,
  findField,
  type HeaderField,
  joinMessage,
  splitMessage,
  textOfField,
  toField,
} from './header-fields.ts'
import { parseMime } from './mime-tree.ts'
import { findRedirects, type RedirectingField } from './redirecting-headers.ts'
import { withShortLines } from './short-lines.ts'

/** What the header of a stored message says, decoded. */
export interface StoredHeaders {
  /** Several where the draft has several: it cannot be sent. */
  readonly from: readonly MailAddress[]
  readonly sender: readonly MailAddress[]
  readonly to: readonly MailAddress[]
  readonly cc: readonly MailAddress[]
  readonly bcc: readonly MailAddress[]
  readonly subject: string
  /** With its angle brackets. */
  readonly messageId?: string
  readonly inReplyTo?: string
  readonly references: readonly string[]
  /** Of the message that is forwarded, where the program that wrote the draft says so. */
  readonly forwarded?: string
  readonly redirects: readonly RedirectingField[]
}

const messageIdForm = /<[!-;=?-~]{1,500}>/

/** Throws `invalid_input` with a `reason`, naming `from`, `to`, `cc` or `bcc`. */
export function readStoredHeaders(raw: Buffer): StoredHeaders {
  const { fields } = splitMessage(raw)
  const addresses = (name: string) => readAddresses(fields, name)
  const id = (name: string) => messageIdForm.exec(textOf(fields, name))?.[0]
  const messageId = id('message-id')
  const inReplyTo = id('in-reply-to')
  const forwarded = id('x-forwarded-message-id')
  return {
    from: addresses('from'),
    sender: addresses('sender'),
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    subject: decodeWords(textOf(fields, 'subject')),
    ...(messageId === undefined ? {} : { messageId }),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references: textOf(fields, 'references').match(new RegExp(messageIdForm, 'g')) ?? [],
    ...(forwarded === undefined ? {} : { forwarded }),
    redirects: findRedirects(fields),
  }
}

/** @param made.messageId for a draft that has none. */
export function finishStored(
  raw: Buffer,
  made: { readonly date: Date; readonly messageId: string },
): ComposedMessage {
  const headers = readStoredHeaders(raw)
  const [from] = headers.from
  if (from === undefined || headers.from.length > 1) throw invalid('from')
  const { fields, rest } = splitMessage(withLinesToSend(raw))
  const date = toField('Date', made.date.toUTCString().replace('GMT', '+0000'))
  const id = headers.messageId === undefined ? [toField('Message-ID', made.messageId)] : []
  const at = fields.findIndex(({ name }) => name === 'date')
  const kept = fields.flatMap((field, index) => {
    if (field.name === 'date') return index === at ? [date] : []
    if (field.name === 'message-id' && headers.messageId === undefined) return []
    // the `From ` line of an mbox would end the header for some receivers
    return field.name === '' && index === 0 ? [] : [field]
  })
  const whole = [...(at < 0 ? [date] : []), ...id, ...kept]
  const people = [...headers.to, ...headers.cc, ...headers.bcc]
  const withFields = (isKept: (name: string) => boolean) => {
    const kept = whole.filter(({ name }) => isKept(name))
    return createMessageBytes([joinMessage({ fields: kept, rest: Buffer.alloc(0) }), rest])
  }
  const bytes = withFields((name) => !isDraftOnly(name))
  const hasBcc = headers.bcc.length > 0
  return toComposed({
    bytes,
    bytesWithBcc: hasBcc ? withFields((name) => name === 'bcc' || !isDraftOnly(name)) : bytes,
    messageId: headers.messageId ?? made.messageId,
    envelope: {
      from: from.address,
      to: [...new Map(people.map(({ address }) => [toAddressKey(address), address])).values()],
    },
  })
}

/** RFC 5322 §2.1.1. A signed message does not change (RFC 1847 §2.1). */
function withLinesToSend(raw: Buffer): Buffer {
  const short = withShortLines(raw)
  return short !== raw && parseMime(raw).type === 'multipart/signed' ? raw : short
}

function textOf(fields: readonly HeaderField[], name: string): string {
  const field = findField(fields, name)
  return field === undefined ? '' : textOfField(field)
}

/** Every field of that name: a second To is no reason to leave people out. */
function readAddresses(fields: readonly HeaderField[], name: string): MailAddress[] {
  return fields
    .filter((field) => field.name === name)
    .flatMap((field) => {
      const { mailboxes, faults } = readAddressList(textOfField(field))
      if (faults.length > 0)
        throw new MailError('invalid_input', { field: name, reason: toFaultText(faults) })
      return mailboxes.map(({ name: shown, address }) =>
        shown === undefined ? { address } : { name: decodeWords(shown), address },
      )
    })
}
