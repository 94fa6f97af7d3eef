/**
 * One message or several: the structure first, then only the text parts that will be read, never setting \Seen. EXAMINE and the
 * first FETCH share a flight; UIDVALIDITY is checked before anything of the answer is used.
 */

import { isLookAlike } from '../body-text/look-alike.ts'
import { parseHeaders } from '../headers.ts'
import { peekHeaders, summaryItems } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { isUid, toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import type { MessageDetail, MessageRef } from '../message.ts'
import { readAuthentication } from './authentication-results.ts'
import { type GetMessageOptions, type ReadBody, readBodies, type StructuredMessage } from './bodies.ts'
import { cleanLine, isAddress, maxDetailAddresses, toAddresses, toDate } from './envelope-text.ts'
import { factHeaders, readFacts } from './facts.ts'
import { maxOpenedBytes, openParts } from './open-parts.ts'
import { sortParts } from './structure.ts'

/** What `toDetail` reads beside the envelope. */
export const detailHeaders = ['FROM', 'REFERENCES', 'AUTHENTICATION-RESULTS', ...factHeaders]
const maxReferences = 100
/** Two are suspicious already. */
const maxJudgedSenders = 10

/** Throws `stale_id`, `message_not_found`, `mailbox_not_found`. */
export async function getMessage(
  session: ImapSession,
  ref: MessageRef,
  options: GetMessageOptions,
): Promise<MessageDetail> {
  const [found = notFound()] = await getMessages(session, [ref], options)
  if (found instanceof MailError) throw found
  return found
}

/**
 * Several in the round trips of one, as long as they are in one mailbox and built alike. What is stale or gone is its
 * error in its place; any other failure is thrown.
 */
export async function getMessages(
  session: ImapSession,
  refs: readonly MessageRef[],
  options: GetMessageOptions,
): Promise<(MessageDetail | MailError)[]> {
  if (!refs.every(({ uid }) => isUid(uid))) throw new MailError('invalid_input', { field: 'id' })
  const found = new Map<MessageRef, MessageDetail | MailError>()
  for (const path of new Set(refs.map(({ mailbox }) => mailbox))) {
    const here = refs.filter(({ mailbox }) => mailbox === path)
    const read = await readMailbox(session, path, here, options).catch(orMissing)
    for (const ref of here) {
      const detail = read instanceof MailError ? read : (read.get(ref) ?? notFound())
      found.set(ref, detail)
    }
  }
  return refs.map((ref) => found.get(ref) ?? notFound())
}

const notFound = () => new MailError('message_not_found', { protocol: 'imap' })

function orMissing(error: unknown): MailError {
  if (error instanceof MailError && error.code === 'mailbox_not_found') return error
  throw error
}

async function readMailbox(
  session: ImapSession,
  path: string,
  refs: readonly MessageRef[],
  options: GetMessageOptions,
): Promise<Map<MessageRef, MessageDetail | MailError>> {
  const uids = toUidSet(refs.map(({ uid }) => uid))
  const items = [...summaryItems(session), peekHeaders(detailHeaders)]
  const { mailbox, messages } = await session.examineAndFetch(path, uids, items)
  const isStale = ({ uidValidity }: MessageRef) => uidValidity !== mailbox.uidValidity
  const asked = messages.filter(({ uid }) => refs.some((ref) => ref.uid === uid && !isStale(ref)))
  const opened = await openParts(session, mailbox, asked, maxOpenedBytes)
  const wanted = opened.map((message) => ({ message, parts: sortParts(message.bodyStructure) }))
  const bodies = await readBodies(session, mailbox, wanted, options)
  return new Map(
    refs.map((ref) => {
      if (isStale(ref)) return [ref, new MailError('stale_id', { protocol: 'imap' })]
      const one = wanted.find(({ message }) => message.uid === ref.uid)
      const read = bodies.get(ref.uid)
      return [ref, one && read ? toDetail(session, ref, one, read) : notFound()]
    }),
  )
}

export function toDetail(
  session: ImapSession,
  ref: MessageRef,
  { message, parts }: StructuredMessage,
  { body, invitation, report, warnings }: ReadBody,
): MessageDetail {
  const headers = parseHeaders(message.headers)
  const { envelope } = message
  const sender = envelope?.from?.[0]?.address
  const domain = isAddress(sender) ? sender?.split('@').at(-1) : undefined
  const authentication = readAuthentication(
    headers.get('authentication-results') ?? [],
    domain,
    session.receiver,
  )
  const messageId = cleanLine(envelope?.messageId)
  const inReplyTo = cleanLine(envelope?.inReplyTo)
  return {
    ref,
    date: toDate(message),
    from: toAddresses(envelope?.from, maxDetailAddresses),
    sender: toAddresses(envelope?.sender, maxDetailAddresses),
    replyTo: toAddresses(envelope?.replyTo, maxDetailAddresses),
    to: toAddresses(envelope?.to, maxDetailAddresses),
    cc: toAddresses(envelope?.cc, maxDetailAddresses),
    bcc: toAddresses(envelope?.bcc, maxDetailAddresses),
    subject: cleanLine(envelope?.subject),
    ...(messageId === '' ? {} : { messageId }),
    ...(inReplyTo === '' ? {} : { inReplyTo }),
    references: ((headers.get('references') ?? []).join(' ').match(/<[^<>\s]{1,998}>/g) ?? []).slice(
      -maxReferences,
    ),
    flags: [...(message.flags ?? [])],
    size: message.size ?? 0,
    body,
    attachments: parts.files,
    ...(invitation === undefined ? {} : { invitation }),
    report,
    ...readFacts(headers, message),
    ...(authentication ? { authentication } : {}),
    warnings: [
      ...new Set([
        ...warnings,
        ...fromWarnings(headers.get('from') ?? [], message),
        ...(authentication?.dmarc === 'fail' ? ['sender_not_authenticated'] : []),
      ]),
    ],
  }
}

/** EXAMINE and UID FETCH of one message in one flight. */
export async function fetchByRef(
  session: ImapSession,
  ref: MessageRef,
  items: Parameters<ImapSession['examineAndFetch']>[2],
): Promise<{ mailbox: SelectedMailbox; message: FetchedMessage }> {
  if (!isUid(ref.uid)) throw new MailError('invalid_input', { field: 'id' })
  const { mailbox, messages } = await session.examineAndFetch(ref.mailbox, String(ref.uid), items)
  if (mailbox.uidValidity !== ref.uidValidity) throw new MailError('stale_id', { protocol: 'imap' })
  const message = messages.find((one) => one.uid === ref.uid)
  if (!message) throw new MailError('message_not_found', { protocol: 'imap' })
  return { mailbox, message }
}

/** RFC 5322 §3.6 allows one From; a second, an address inside the name, or letters of another script in the host are there to be mistaken. */
function fromWarnings(raw: readonly string[], { envelope }: FetchedMessage): string[] {
  const from = envelope?.from ?? []
  const named = from.slice(0, maxJudgedSenders).some(({ name, address = '' }) => {
    // from the start of a run only: a long one without an @ would take time by the square
    const inName = /(?<![^\s<>"'])[^\s<>"']+@[\p{L}\p{N}_.-]+\.[\p{L}\p{N}]+/u.exec(
      cleanLine(name).normalize('NFKC'),
    )?.[0]
    return inName !== undefined && inName.toLowerCase() !== address.toLowerCase()
  })
  // A quoted local part may hold all that makes a second address.
  const isOdd = from.some(({ address = '' }) =>
    /[\s"(),:;<>@[\\\]]/.test(cleanLine(address).replace(/@[^@]*$/, '')),
  )
  const imitates = from.some(({ address }) => isLookAlike(address?.split('@').at(-1) ?? ''))
  return raw.length > 1 || from.length !== 1 || named || isOdd || imitates ? ['suspicious_from'] : []
}
