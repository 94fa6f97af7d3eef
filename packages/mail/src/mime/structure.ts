/**
 * A MIME entity as a tree of parts, the same from each parser: the server (BODYSTRUCTURE, imap/fetch-structure.ts) or we
 * (mime/source.ts). Parts are numbered as IMAP numbers them (RFC 9051 §6.4.5.1); below what only we can open, a number
 * goes on behind a `~`: `2~1.3` is part 1.3 of what was found inside part 2.
 */

export interface EnvelopeAddress {
  readonly name?: string
  readonly address?: string
}

/** RFC 9051 §7.5.2, decoded. */
export interface Envelope {
  readonly date?: Date
  /** The Date header as written: the moment alone loses the sender's time of day. */
  readonly dateText?: string
  readonly subject?: string
  readonly from?: readonly EnvelopeAddress[]
  readonly sender?: readonly EnvelopeAddress[]
  readonly replyTo?: readonly EnvelopeAddress[]
  readonly to?: readonly EnvelopeAddress[]
  readonly cc?: readonly EnvelopeAddress[]
  readonly bcc?: readonly EnvelopeAddress[]
  readonly inReplyTo?: string
  readonly messageId?: string
}

export interface BodyStructure {
  /** Lower case, `type/subtype`. */
  readonly type: string
  /** Of everything but a multipart that is the whole message. */
  readonly part?: string
  readonly parameters?: Readonly<Record<string, string>>
  /** Content-ID. */
  readonly id?: string
  readonly location?: string
  readonly encoding?: string
  /** Encoded octets. */
  readonly size?: number
  readonly disposition?: string
  readonly dispositionParameters?: Readonly<Record<string, string>>
  /** Of a message part. */
  readonly envelope?: Envelope
  /** Of a multipart its parts, of a message part the one entity it holds. */
  readonly childNodes?: readonly BodyStructure[]
  /** Encoded, where we parsed it; absent where the server holds it. */
  readonly content?: Buffer
  /** The source went on where it was cut. */
  readonly isCut?: boolean
}

export function isMessageType(type: string): boolean {
  return type === 'message/rfc822' || type === 'message/global' || type === 'message/news'
}

/** The number of the part that a message part at `part` holds, and of the parts of a multipart at `part`. */
export function below(part: string | undefined, index: number): string {
  if (part === undefined || part === '') return String(index)
  return part.endsWith('~') ? `${part}${index}` : `${part}.${index}`
}

/** A mail that nests or splits further than this is made to exhaust its readers. */
export const maxDepth = 20

/** Parameter names are the sender's: an object without a prototype has none of its own. */
export function toRecord(entries: Iterable<readonly [string, string]>): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null)
  for (const [name, value] of entries) record[name] = value
  return record
}
