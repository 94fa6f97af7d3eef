/** One row of a list, out of one FETCH row; everything in it is cleaned and bounded here. */

import { collapsePadding, removeInvisible } from '../body-text/invisible-characters.ts'
import { toInvitationText } from '../body-text/invitation-text.ts'
import { readPlain } from '../body-text/read-plain.ts'
import { notRendered } from '../body-text/readable-text.ts'
import { parseHeaders } from '../headers.ts'
import { widePreviewBytes } from '../imap/fetch-items.ts'
import type { FetchedMessage, SelectedMailbox } from '../imap/session.ts'
import type { MessageRef, MessageSummary } from '../message.ts'
import { decodeText } from '../mime/charset.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { toDraftTag } from './draft-tag.ts'
import { cleanLine, toAddresses, toDate } from './envelope-text.ts'
import { readList } from './facts.ts'
import { findMethod } from './invitation.ts'
import { type BodyStructure, countFiles } from './structure.ts'

const maxPreviewChars = 200
const noPreview = '[No preview: the text of this email begins far behind its styles.]'

/** `drafts`: the path of Drafts, where it is known. */
export async function toSummary(
  message: FetchedMessage,
  mailbox: SelectedMailbox,
  drafts?: string,
): Promise<MessageSummary> {
  const { envelope, flags = new Set<string>() } = message
  const invitation = findMethod(message.bodyStructure)
  const list = readList(parseHeaders(message.headers))
  return {
    ref: toRef(message, mailbox, drafts),
    date: toDate(message),
    from: toAddresses(envelope?.from),
    to: toAddresses(envelope?.to),
    subject: cleanLine(envelope?.subject),
    preview: await toPreview(message),
    unread: !hasFlag(flags, '\\Seen'),
    flagged: hasFlag(flags, '\\Flagged'),
    answered: hasFlag(flags, '\\Answered'),
    attachments: countFiles(message.bodyStructure),
    size: message.size ?? 0,
    ...(message.threadId ? { threadId: message.threadId } : {}),
    ...(invitation === undefined ? {} : { invitation }),
    ...(list === undefined ? {} : { list: list.id ?? 'unnamed' }),
  }
}

/** Of a draft with the tag by which it is found after an edit. */
export function toRef(message: FetchedMessage, mailbox: SelectedMailbox, drafts?: string): MessageRef {
  const { envelope, uid } = message
  const tag =
    isDraft(message, mailbox, drafts) && envelope?.messageId ? { draft: toDraftTag(envelope.messageId) } : {}
  return { mailbox: mailbox.path, uidValidity: mailbox.uidValidity, uid, ...tag }
}

export function isDraft(
  { flags = new Set() }: FetchedMessage,
  mailbox: SelectedMailbox,
  drafts?: string,
): boolean {
  return hasFlag(flags, '\\Draft') || mailbox.path === drafts
}

/** Waits only to be expunged: no list shows it, as in other mail clients. */
export function isDeleted({ flags }: FetchedMessage): boolean {
  return flags !== undefined && hasFlag(flags, '\\Deleted')
}

function hasFlag(flags: ReadonlySet<string>, name: string): boolean {
  return [...flags].some((flag) => flag.toLowerCase() === name.toLowerCase())
}

/** What a reader sees first. Of an email that begins with more than is fetched of it, that is what is said. */
export async function toPreview({ bodyStructure, bodyParts }: FetchedMessage): Promise<string> {
  const peeked = bodyParts?.get('1')
  const leaf = peeked && firstLeaf(bodyStructure)
  if (!leaf || !Buffer.isBuffer(peeked) || !leaf.node.type.startsWith('text/')) return ''
  // a server may send more than was asked for
  const content =
    // What was wrapped is here; BODY[1] is its wrapping.
    leaf.node.content?.subarray(0, widePreviewBytes) ??
    withoutPartHeaders(peeked.subarray(0, widePreviewBytes), leaf.depth)
  const isHtml = leaf.node.type === 'text/html'
  const bytes = decodeTransfer(content, leaf.node.encoding ?? '', true)
  const text = decodeText(bytes, leaf.node.parameters?.charset ?? '', { isHtml })
  const words = text.replace(/\uFFFD+$/, '')
  const isInvitation = leaf.node.type === 'text/calendar'
  const preview = await readPreview(isInvitation ? toInvitationText(words) : words, isHtml)
  return preview === '' && peeked.length >= widePreviewBytes ? noPreview : preview
}

/** The bytes end anywhere, inside an entity too. What is left on one line is judged as the line it is shown as. */
async function readPreview(text: string, isHtml: boolean): Promise<string> {
  try {
    const readable = isHtml ? await readHtml(text.replace(/&[#\w]{0,12}$/, '')) : removeInvisible(text).text
    // A mail that is nothing but a quote says what it quotes.
    const own = readable.replaceAll(/^>.*$/gm, '')
    const line = collapsePadding(own.trim() === '' ? readable : own).trim()
    return (await readPlain(line)).text.slice(0, maxPreviewChars)
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
