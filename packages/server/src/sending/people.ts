/** Who gets an email, and whom of them the owner has written to: looked up in Sent once a call at most, kept nowhere. */
import { findWrittenTo } from '@email-connector/mail'
import type { KeptMailbox } from './kept-mailbox.ts'
import type { Recipients } from './outgoing.ts'

export interface People {
  readonly addresses: readonly string[]
  /** In lower case; undefined where the server names no Sent. Throws MailError. */
  writtenTo(): Promise<ReadonlySet<string> | undefined>
}

export function createPeople(mailbox: KeptMailbox, { to, cc, bcc }: Recipients): People {
  const all = [...to, ...cc, ...bcc].map(({ address }) => address)
  const addresses = [...new Map(all.map((one) => [one.toLowerCase(), one])).values()]
  let found: Promise<ReadonlySet<string> | undefined> | undefined
  return {
    addresses,
    writtenTo: () => (found ??= mailbox.run((session) => findWrittenTo(session, addresses))),
  }
}
