/**
 * BODYSTRUCTURE and ENVELOPE of a FETCH answer (RFC 9051 §7.5.2) as our own tree: parts numbered by §6.4.5.1 (the library
 * gives the one part of a nested message its parent's number), names and subjects decoded from the bytes as sent. A
 * structure that cannot be read is none; it never costs the row.
 */
import { decodeHeader, decodeWords } from '../mime/encoded-words.ts'
import { decodeParameters, type RawParameter } from '../mime/parameters.ts'
import {
  type BodyStructure,
  below,
  type Envelope,
  type EnvelopeAddress,
  isMessageType,
  maxDepth,
  toRecord,
} from '../mime/structure.ts'
import type { ImapAttribute } from './protocol.ts'
import { textOf } from './response-text.ts'

type Token = ImapAttribute | undefined | null | readonly Token[]

/** More than Dovecot tells apart. */
const maxParts = 10_000

/** Undefined for NIL and for what is no structure. */
export function toBodyStructure(token: unknown): BodyStructure | undefined {
  const room = { parts: 0 }
  return Array.isArray(token) ? toNode(token, '', true, 0, room) : undefined
}

function toNode(
  tokens: readonly Token[],
  part: string,
  isRoot: boolean,
  depth: number,
  room: { parts: number },
): BodyStructure | undefined {
  if (depth > maxDepth * 2 || ++room.parts > maxParts) return undefined
  return Array.isArray(tokens[0])
    ? toMultipart(tokens, part, depth, room)
    : toLeaf(tokens, isRoot ? below(part, 1) : part, depth, room)
}

function toMultipart(
  tokens: readonly Token[],
  part: string,
  depth: number,
  room: { parts: number },
): BodyStructure | undefined {
  const count = tokens.findIndex((token) => !Array.isArray(token))
  const children = count < 0 ? tokens : tokens.slice(0, count)
  const childNodes = children.flatMap((child, index) => {
    const node = Array.isArray(child)
      ? toNode(child, below(part, index + 1), false, depth + 1, room)
      : undefined
    return node ?? []
  })
  const [subtype, parameters, ...extension] = count < 0 ? [] : tokens.slice(count)
  return {
    type: `multipart/${text(subtype).toLowerCase() || 'mixed'}`,
    ...(part === '' ? {} : { part }),
    childNodes,
    ...toParameters(parameters),
    ...toDisposition(extension[0]),
  }
}

function toLeaf(
  tokens: readonly Token[],
  part: string,
  depth: number,
  room: { parts: number },
): BodyStructure | undefined {
  const [main, subtype, parameters, id, , encoding, size, ...rest] = tokens
  const type = toType(text(main).toLowerCase(), text(subtype).toLowerCase())
  const octets = Number(text(size))
  const contentId = text(id)
  const common = {
    type,
    part,
    ...toParameters(parameters),
    ...(contentId === '' ? {} : { id: contentId }),
    encoding: text(encoding).toLowerCase() || '7bit',
    size: Number.isSafeInteger(octets) && octets > 0 ? octets : 0,
  }
  const isNested = isMessageType(type) && Array.isArray(rest[0]) && Array.isArray(rest[1])
  if (isNested) {
    const [envelope, body, , , disposition, , location] = rest
    const child = Array.isArray(body) ? toNode(body, part, true, depth + 1, room) : undefined
    return {
      ...common,
      ...(Array.isArray(envelope) ? { envelope: toEnvelope(envelope) } : {}),
      ...(child === undefined ? {} : { childNodes: [child] }),
      ...toDisposition(disposition),
      ...toLocation(location),
    }
  }
  const extension = withoutLines(type, rest)
  return { ...common, ...toDisposition(extension[1]), ...toLocation(extension[3]) }
}

/** Text and messages have a number of lines before the extension; some servers leave it out. */
function withoutLines(type: string, rest: readonly Token[]): readonly Token[] {
  const hasLines = type.startsWith('text/') || isMessageType(type)
  if (!hasLines) return rest
  const isLeftOut = rest.length === 4 && Array.isArray(rest[1]) && !Array.isArray(rest[2])
  return isLeftOut ? rest : rest.slice(1)
}

function toType(main: string, subtype: string): string {
  if (main === '' || main === 'nil') return 'text/plain'
  // RFC 2045 §5.2: `Content-Type: text` is plain; servers say so in different words.
  if (main === 'text' && (subtype === '' || subtype === 'nil' || subtype === 'x-unknown')) return 'text/plain'
  return `${main}/${subtype || 'octet-stream'}`
}

function toParameters(token: Token): Pick<BodyStructure, 'parameters'> {
  const raw = pairs(token)
  return raw.length === 0 ? {} : { parameters: toRecord(decodeParameters(raw)) }
}

function toDisposition(token: Token): Pick<BodyStructure, 'disposition' | 'dispositionParameters'> {
  // Some servers give the word alone.
  const list = Array.isArray(token) ? token : [token]
  const disposition = text(list[0]).toLowerCase()
  if (disposition === '') return {}
  const raw = pairs(list[1])
  return {
    disposition,
    ...(raw.length === 0 ? {} : { dispositionParameters: toRecord(decodeParameters(raw)) }),
  }
}

function toLocation(token: Token): Pick<BodyStructure, 'location'> {
  const location = text(token)
  return location === '' ? {} : { location }
}

function pairs(token: Token): RawParameter[] {
  if (!Array.isArray(token)) return []
  const raw: RawParameter[] = []
  for (let at = 0; at + 1 < token.length; at += 2) raw.push([text(token[at]), bytes(token[at + 1])])
  return raw
}

export function toEnvelope(tokens: readonly Token[]): Envelope {
  const [date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId] = tokens
  const dateText = text(date)
  const moment = new Date(dateText)
  return {
    ...(dateText === '' || Number.isNaN(moment.getTime()) ? {} : { date: moment }),
    ...(dateText === '' ? {} : { dateText }),
    ...whenSaid('subject', header(subject)),
    from: toAddresses(from),
    sender: toAddresses(sender),
    replyTo: toAddresses(replyTo),
    to: toAddresses(to),
    cc: toAddresses(cc),
    bcc: toAddresses(bcc),
    ...whenSaid('inReplyTo', text(inReplyTo).trim()),
    ...whenSaid('messageId', text(messageId).trim()),
  }
}

function whenSaid<Key extends string>(key: Key, value: string): { [K in Key]?: string } {
  return value === '' ? {} : ({ [key]: value } as { [K in Key]?: string })
}

function toAddresses(token: Token): EnvelopeAddress[] {
  if (!Array.isArray(token)) return []
  return token.flatMap((one: Token): EnvelopeAddress[] => {
    if (!Array.isArray(one)) return []
    const [name, , mailbox, host] = one
    const shown = withoutQuotes(header(name))
    const domain = header(host)
    // A NIL host opens or closes a group: a name, and no address.
    if (domain === '') {
      const group = shown || withoutQuotes(decodeWords(header(mailbox)))
      return group === '' ? [] : [{ name: group }]
    }
    return [{ ...(shown === '' ? {} : { name: shown }), address: `${header(mailbox)}@${domain}` }]
  })
}

/** Some servers leave them in place. */
function withoutQuotes(name: string): string {
  return name.length > 2 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name
}

/** A literal holds the bytes as sent; a string was UTF-8 to the library. */
function header(token: Token): string {
  const value = isToken(token) ? token.value : undefined
  return decodeHeader(Buffer.isBuffer(value) ? value : text(token))
}

function bytes(token: Token): Buffer {
  const value = isToken(token) ? token.value : undefined
  return Buffer.isBuffer(value) ? value : Buffer.from(text(token), 'utf8')
}

function text(token: Token): string {
  return isToken(token) ? textOf(token) : ''
}

function isToken(token: Token): token is ImapAttribute & object {
  return typeof token === 'object' && token !== null && !Array.isArray(token)
}
