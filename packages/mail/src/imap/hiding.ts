/**
 * What is not there for a session, and what it may not change: the sets of mailboxes that the owner named, the labels of
 * the hidden ones (Gmail), and the errors that a command with such a mailbox gets.
 */
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import type { ImapClient } from './client.ts'
import { createHidingLabels, type HidingLabels } from './hiding-labels.ts'
import { createMailboxSet } from './mailbox-set.ts'
import type { SessionMemory } from './session-memory.ts'

export interface Hiding {
  readonly labels: HidingLabels
  /** Without the hidden ones. */
  visible(mailboxes: readonly Mailbox[]): readonly Mailbox[]
  /** One like that is there, and hidden. */
  hides(isMeant: (mailbox: Mailbox) => boolean): boolean
  /** Throws `mailbox_not_found`, as a server answers that has no such mailbox. */
  assertShown(path: string): void
  /** Throws `mailbox_read_only`. */
  assertChangeable(path: string): void
  /** Throws `server_refused` for a mailbox in which something hidden or not to be changed lies: it would go with it. */
  assertHoldsNone(path: string): void
}

export function createHiding({
  client,
  memory,
  hidden: names,
  readOnly: unchanged,
}: {
  client: Pick<ImapClient, 'has' | 'encodePath' | 'decodePath'>
  memory: Pick<SessionMemory, 'mailboxes'>
  /** Paths of mailboxes, what lies in them included. */
  hidden: readonly string[]
  readOnly: readonly string[]
}): Hiding {
  const mailboxes = () => memory.mailboxes ?? []
  const manners = {
    delimiterOf: () => mailboxes().find(({ delimiter }) => delimiter !== '')?.delimiter,
    viewsToo: () => !client.has('X-GM-EXT-1'),
  }
  const hidden = createMailboxSet(names, manners)
  const readOnly = createMailboxSet(unchanged, manners)
  return {
    labels: createHidingLabels({ client, hidden, names, mailboxes }),
    visible: (all) => hidden.visible(all),
    hides: (isMeant) => mailboxes().some((one) => hidden.has(one.path) && isMeant(one)),
    assertShown(path) {
      if (hidden.has(path)) throw new MailError('mailbox_not_found', { protocol: 'imap' })
    },
    assertChangeable(path) {
      if (readOnly.has(path)) throw new MailError('mailbox_read_only', { protocol: 'imap' })
    },
    assertHoldsNone(path) {
      if (hidden.isAbove(path) || readOnly.isAbove(path))
        throw new MailError('server_refused', { protocol: 'imap', field: 'name' })
    },
  }
}
