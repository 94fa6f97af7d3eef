/** One row of a list, out of one FETCH row; everything in it is cleaned and bounded here. */

import { decodeCharset, decodeTransfer } from '../body-text/decode-part.ts'
import { collapsePadding, removeInvisible } from '../body-text/invisible-characters.ts'
import { notRendered } from '../body-text/readable-text.ts'
import { readPlain } from '../body-text/render.ts'
import { previewBytes } from '../imap/fetch-items.ts'
import type { FetchedMessage, SelectedMailbox } from '../imap/session.ts'
import type { MailAddress, MessageSummary } from '../message.ts'
import { type BodyStructure, sortParts } from './structure.ts'

const maxPreviewChars = 200
const maxHeaderChars = 998
const maxAddresses = 100

export async function toSummary(message: FetchedMessage, mailbox: SelectedMailbox): Promise<MessageSummary> {
  const { envelope, flags = new Set<string>() } = message
  return {
    ref: { mailbox: mailbox.path, uidValidity: mailbox.uidValidity, uid: message.uid },
    date: toDate(message),
    from: toAddresses(envelope?.from),
    to: toAddresses(envelope?.to),
    subject: cleanLine(envelope?.subject),
    preview: await toPreview(message),
    unread: !hasFlag(flags, '\\Seen'),
    flagged: hasFlag(flags, '\\Flagged'),
    answered: hasFlag(flags, '\\Answered'),
    attachments: sortParts(message.bodyStructure).attachments.filter((one) => !one.inline).length,
    size: message.size ?? 0,
    ...(message.threadId ? { threadId: message.threadId } : {}),
  }
}

/** Waits only to be expunged: no list shows it, as in other mail clients. */
export function isDeleted({ flags }: FetchedMessage): boolean {
  return flags !== undefined && hasFlag(flags, '\\Deleted')
}

function hasFlag(flags: ReadonlySet<string>, name: string): boolean {
  return [...flags].some((flag) => flag.toLowerCase() === name.toLowerCase())
}

/** With the sender's offset; INTERNALDATE in UTC where the Date header cannot be read, the epoch where neither can. */
export function toDate({ envelope, internalDate, dateText = '' }: FetchedMessage): string {
  if (isDate(envelope?.date)) return withOffset(envelope.date, dateText)
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
  addresses: readonly { name?: string | undefined; address?: string | undefined }[] | undefined,
): MailAddress[] {
  return (addresses ?? [])
    .slice(0, maxAddresses)
    .filter(({ address }) => isAddress(address))
    .map(({ name, address }) => {
      const shown = cleanLine(name)
      return { ...(shown === '' ? {} : { name: shown }), address: cleanLine(address) }
    })
}

/** Dovecot says so in place of what an address lacks (`From: <>`, `From: root`); no mail goes there. */
const missingHalf = /^MISSING_MAILBOX@|@MISSING_DOMAIN$/

export function isAddress(address: string | undefined): address is string {
  return address !== undefined && address !== '' && !missingHalf.test(address.trim())
}

/** A header value on one line, without what cannot be seen. Four times the line leaves enough to clean. */
export function cleanLine(value: string | undefined): string {
  return removeInvisible((value ?? '').slice(0, maxHeaderChars * 4).replaceAll(/\s+/g, ' '))
    .text.trim()
    .slice(0, maxHeaderChars)
}

async function toPreview({ bodyStructure, bodyParts }: FetchedMessage): Promise<string> {
  const peeked = bodyParts?.get('1')
  const leaf = peeked && firstLeaf(bodyStructure)
  if (!leaf || !Buffer.isBuffer(peeked) || !leaf.node.type.startsWith('text/')) return ''
  // a server may send more than was asked for
  const content = withoutPartHeaders(peeked.subarray(0, previewBytes), leaf.depth)
  const text = decodeCharset(
    decodeTransfer(content, leaf.node.encoding ?? ''),
    leaf.node.parameters?.charset ?? '',
  )
  return await readPreview(text.replace(/\uFFFD+$/, ''), leaf.node.type === 'text/html')
}

/** The bytes end anywhere, inside an entity too. What is left on one line is judged as the line it is shown as. */
async function readPreview(text: string, isHtml: boolean): Promise<string> {
  try {
    const readable = isHtml ? await readHtml(text.replace(/&[#\w]{0,12}$/, '')) : removeInvisible(text).text
    // A mail that is nothing but a quote says what it quotes.
    const own = readable.replaceAll(/^>.*$/gm, '')
    const line = collapsePadding(own.trim() === '' ? readable : own).trim()
    return readPlain(line).text.slice(0, maxPreviewChars)
  } catch {
    return notRendered.text
  }
}

/** Loaded with the first preview of HTML: a list of plain emails does without. */
async function readHtml(html: string): Promise<string> {
  const { htmlToText } = await import('../body-text/html-to-text.ts')
  return htmlToText(html).text
}

/** The first part that is not itself a multipart, and how many multiparts stand between it and BODY[1]. */
function firstLeaf(structure: BodyStructure | undefined): { node: BodyStructure; depth: number } | undefined {
  let node = structure?.childNodes?.[0] ?? structure
  let depth = 0
  while (node?.childNodes?.[0] !== undefined && node.type.startsWith('multipart/') && depth < 10) {
    node = node.childNodes[0]
    depth++
  }
  return node && { node, depth }
}

/** BODY[1] of a nested multipart is its source: a boundary line and MIME headers stand before each level's content. */
function withoutPartHeaders(content: Buffer, depth: number): Buffer {
  let text = content.toString('latin1')
  for (let level = 0; level < depth; level++) {
    const boundary = /(?:^|\r?\n)--\S.*\r?\n/.exec(text)
    const end = boundary && /\r?\n\r?\n/.exec(text.slice(boundary.index + boundary[0].length - 2))
    if (!boundary || !end) return Buffer.alloc(0)
    text = text.slice(boundary.index + boundary[0].length - 2 + end.index + end[0].length)
  }
  const next = depth > 0 ? /\r?\n--\S/.exec(text) : null
  return Buffer.from(next ? text.slice(0, next.index) : text, 'latin1')
}
