/** APPEND (RFC 9051 §6.3.12): one flight where the server takes non-synchronizing literals. Answers where it went. */

import { parseHeaders } from '../headers.ts'
import { atom } from '../imap/protocol.ts'
import { type ImapSession, textOf } from '../imap/session.ts'
import { isUid, isUidValidity } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageRef } from '../message.ts'
import { findByMessageId } from '../reading/find.ts'
import { assertFlags } from './flag-names.ts'

export interface AppendOptions {
  /** A path or a special use. */
  readonly mailbox: string
  readonly raw: Buffer
  readonly flags: readonly string[]
}

/** Undefined: stored, but the server does not say where and it cannot be found. Throws `over_quota`, `too_large`. */
export async function appendMessage(
  session: ImapSession,
  { mailbox, raw, flags }: AppendOptions,
): Promise<MessageRef | undefined> {
  assertFlags(flags, 'flags')
  const { path } = await resolveMailbox(session, mailbox)
  // RFC 9051 §6.3.3: what is examined may not change, and Courier refuses an APPEND to it. In the same flight.
  if (session.examined === path) session.sendAhead('SELECT', [session.pathToChange(path)])
  const completion = await session.run(
    'APPEND',
    [session.pathToChange(path), flags.map(atom), { type: 'LITERAL', value: raw }],
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
  const messageId = parseHeaders(raw.subarray(0, 64 * 1024)).get('message-id')?.[0]
  if (messageId === undefined) return undefined
  // it is stored: a search that fails now must not make the caller store it again
  return await findByMessageId(session, path, messageId).catch((error: unknown) => {
    if (error instanceof MailError) return undefined
    throw error
  })
}
