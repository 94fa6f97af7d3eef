/**
 * APPEND (RFC 9051 §6.3.12): one flight where the server takes non-synchronizing literals. Answers where it went. A mark
 * on another message may go ahead of it in that flight.
 */
import { parseHeaders } from '../headers.ts'
import { toLiteral } from '../imap/message-literal.ts'
import { atom } from '../imap/protocol.ts'
import { type ImapSession, textOf } from '../imap/session.ts'
import { isUid, isUidValidity } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { type FilingUse, fileInto } from '../mailboxes/filing.ts'
import type { MessageRef } from '../message.ts'
import { createMessageBytes, type MessageBytes } from '../message-bytes.ts'
import { findByMessageId } from '../reading/find.ts'
import { assertFlags } from './flag-names.ts'
import { type Mark, markAhead } from './mark.ts'

export interface AppendOptions {
  readonly mailbox: FilingUse
  readonly raw: Buffer | MessageBytes
  readonly flags: readonly string[]
  /** On a message that this session has read. Whether it could be set is not seen. */
  readonly mark?: Mark | undefined
}

/** `ref` is absent where the message is stored, and the server does not say where and it cannot be found. */
export interface Appended {
  readonly mailbox: string
  readonly ref?: MessageRef
}

/** The mailbox is made where it is missing. Throws `over_quota`, `too_large`, `mailbox_not_found`. */
export async function appendMessage(
  session: ImapSession,
  { mailbox, raw, flags, mark }: AppendOptions,
): Promise<Appended> {
  assertFlags(flags, 'flags')
  let waiting = mark
  return await fileInto(session, mailbox, async ({ path }) => {
    if (waiting !== undefined) markAhead(session, waiting)
    // RFC 9051 §6.3.3: what is examined may not change, and Courier refuses an APPEND to it. In the same flight.
    else if (session.examined === path) session.sendAhead('SELECT', [session.pathToChange(path)])
    waiting = undefined
    const ref = await appendTo(session, path, raw, flags)
    return { mailbox: path, ...(ref === undefined ? {} : { ref }) }
  })
}

async function appendTo(
  session: ImapSession,
  path: string,
  raw: Buffer | MessageBytes,
  flags: readonly string[],
): Promise<MessageRef | undefined> {
  const message = Buffer.isBuffer(raw) ? createMessageBytes([raw]) : raw
  const completion = await session.run(
    'APPEND',
    [session.pathToChange(path), flags.map(atom), toLiteral(message)],
    {},
    'select',
  )
  // RFC 4315 §3, APPENDUID
  const [code, validity, number] = completion.attributes?.[0]?.section ?? []
  const uidValidity = textOf(validity)
  const uid = Number(textOf(number))
  if (textOf(code).toUpperCase() === 'APPENDUID' && isUidValidity(uidValidity) && isUid(uid)) {
    return { mailbox: path, uidValidity, uid }
  }
  const messageId = parseHeaders(message.pieces().next().value).get('message-id')?.[0]
  if (messageId === undefined) return undefined
  // it is stored: a search that fails now must not make the caller store it again
  return await findByMessageId(session, path, messageId).catch((error: unknown) => {
    if (error instanceof MailError) return undefined
    throw error
  })
}
