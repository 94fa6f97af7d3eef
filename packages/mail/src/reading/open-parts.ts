/**
 * Second looks: what a server's structure leaves closed is fetched, opened and put into the tree, so that everything
 * else sees one kind of message. A message without a structure, or one that its server could not split, is parsed from its
 * source. Ordinary mail costs nothing here; the rest costs one round trip a message, within bounds, and stays as it was where
 * that fails.
 */
import { peek } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { parseSource } from '../mime/source.ts'
import { type BodyStructure, isMessageType } from '../mime/structure.ts'
import { openContainer, openWithin } from './opened.ts'
import { sortParts } from './structure.ts'

/** Of one part or source; one piece is the largest literal we take. */
export const maxOpenedBytes = 4 * 1024 * 1024
/** All that one call opens. */
const maxCallBytes = 16 * 1024 * 1024
const maxOpenedParts = 5
/** For a row of a list the start is enough. */
export const maxRowBytes = 256 * 1024

export async function openParts(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly FetchedMessage[],
  maxBytes: number,
): Promise<FetchedMessage[]> {
  let left = maxCallBytes
  const opened: FetchedMessage[] = []
  for (const message of messages) {
    const closed = toOpen(message.bodyStructure)
    if (!isClosed(message)) opened.push(message)
    else if (left <= 0) opened.push(message)
    else {
      left -= maxBytes
      opened.push(await openOne(session, mailbox, message, closed, maxBytes))
    }
  }
  return opened
}

/** Whether a second look would show more of it. */
export function isClosed({ bodyStructure }: FetchedMessage): boolean {
  return bodyStructure === undefined || isUnsplit(bodyStructure) || toOpen(bodyStructure).length > 0
}

/** What a server lists where it finds no line of the boundary: nothing, or one empty text in the place of every part. */
function isUnsplit({ type, childNodes = [] }: BodyStructure): boolean {
  if (!type.startsWith('multipart/') || childNodes.length > 1) return false
  return childNodes.every((child) => child.type === 'text/plain' && child.size === 0)
}

interface ToOpen {
  readonly node: BodyStructure
  readonly kind: 'signed' | 'tnef'
}

function toOpen(structure: BodyStructure | undefined): ToOpen[] {
  return sortParts(structure)
    .closed.flatMap(({ node, kind }) => (kind === 'signed' || kind === 'tnef' ? [{ node, kind }] : []))
    .filter(({ node }) => node.content === undefined && node.childNodes === undefined)
    .slice(0, maxOpenedParts)
}

async function openOne(
  session: ImapSession,
  mailbox: SelectedMailbox,
  message: FetchedMessage,
  closed: readonly ToOpen[],
  maxBytes: number,
): Promise<FetchedMessage> {
  try {
    if (message.bodyStructure === undefined)
      return { ...message, ...(await readSource(session, mailbox, message.uid, maxBytes)) }
    if (isUnsplit(message.bodyStructure)) {
      const { bodyStructure } = await readSource(session, mailbox, message.uid, maxBytes)
      const isSplit = bodyStructure?.childNodes !== undefined && !isUnsplit(bodyStructure)
      return isSplit ? { ...message, bodyStructure } : message
    }
    let structure = message.bodyStructure
    for (const { node, kind } of closed) {
      const part = node.part ?? '1'
      const content = await fetchPiece(session, mailbox, message.uid, part, maxBytes)
      if (content !== undefined)
        structure = replace(structure, node, await openContainer(node, kind, content))
    }
    return { ...message, bodyStructure: structure }
  } catch (error) {
    // The row is worth more than what is closed in it.
    if (error instanceof MailError && (error.code === 'server_refused' || error.code === 'not_supported'))
      return message
    throw error
  }
}

/** Parts are numbered behind a `~`: the server knows none of them. */
async function readSource(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  maxBytes: number,
): Promise<Pick<FetchedMessage, 'bodyStructure' | 'envelope'>> {
  const source = await fetchPiece(session, mailbox, uid, '', maxBytes)
  if (source === undefined) return {}
  const { root, envelope } = parseSource(source, '~', source.length >= maxBytes)
  return { bodyStructure: await openWithin(root), envelope }
}

export async function fetchPiece(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  section: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const items = [{ type: 'ATOM', value: 'UID' }, peek(section, 0, maxBytes)]
  const [row] = await session.fetch(mailbox, 'uid', String(uid), items)
  const content = section === '' ? row?.source : row?.bodyParts?.get(section)
  return Buffer.isBuffer(content) ? content : undefined
}

function replace(tree: BodyStructure, node: BodyStructure, opened: BodyStructure): BodyStructure {
  if (tree === node) return opened
  if (tree.childNodes === undefined || isMessageType(tree.type)) return tree
  return { ...tree, childNodes: tree.childNodes.map((child) => replace(child, node, opened)) }
}
