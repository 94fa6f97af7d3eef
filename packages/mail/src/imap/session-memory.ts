/** What a session knows of its server: from an earlier call, as learned in this one, and as kept for the next. */
import { isDeepStrictEqual } from 'node:util'
import type { Mailbox, ServerMemory } from '../message.ts'

export interface SessionMemory {
  readonly mailboxes: readonly Mailbox[] | undefined
  readonly sentCopiesAreOurs: boolean
  remember(mailboxes: readonly Mailbox[]): void
  /** As `remember`, of a list that may be the one that is known: then nothing is kept again. True: it is another. */
  renew(mailboxes: readonly Mailbox[]): boolean
  /** The mailboxes were listed in this session. */
  readonly isListed: boolean
  /** Commands that came with a LOGIN were lost: not again. */
  rememberLoss(): void
  /** Nobody else filed what was sent: the next email need not be looked for. */
  rememberOwnSentCopies(): void
  toMemory(): ServerMemory
}

export function createSessionMemory({
  memory,
  onMemory,
  capabilities,
}: {
  memory: ServerMemory | undefined
  onMemory: ((memory: ServerMemory) => void) | undefined
  capabilities: () => readonly string[]
}): SessionMemory {
  let mailboxes = memory?.mailboxes
  let pipelines = memory?.pipelines !== false
  let sentCopiesAreOurs = memory?.sentCopiesAreOurs === true

  const toMemory = (): ServerMemory => ({
    v: 1,
    // what holds only before TLS or before login must not be believed next time
    capabilities: capabilities().filter((name) => name !== 'STARTTLS' && name !== 'LOGINDISABLED'),
    delimiter: mailboxes?.[0]?.delimiter ?? '/',
    mailboxes: (mailboxes ?? []).map(withoutCounts),
    ...(pipelines ? {} : { pipelines: false }),
    ...(sentCopiesAreOurs ? { sentCopiesAreOurs: true } : {}),
    ...(memory?.ownName === undefined ? {} : { ownName: memory.ownName }),
  })
  let isListed = false
  const keep = () => onMemory?.(toMemory())
  const remember = (listed: readonly Mailbox[]) => {
    mailboxes = listed
    isListed = true
    keep()
  }
  return {
    get mailboxes() {
      return mailboxes
    },
    get sentCopiesAreOurs() {
      return sentCopiesAreOurs
    },
    remember,
    get isListed() {
      return isListed
    },
    renew(listed) {
      isListed = true
      if (isDeepStrictEqual(toComparable(listed), toComparable(mailboxes ?? []))) return false
      remember(listed)
      return true
    },
    rememberLoss: () => {
      pipelines = false
      keep()
    },
    rememberOwnSentCopies: () => {
      sentCopiesAreOurs = true
      keep()
    },
    toMemory,
  }
}

/** A server may list in another order each time. */
function toComparable(mailboxes: readonly Mailbox[]): Mailbox[] {
  return mailboxes.map(withoutCounts).sort((a, b) => (a.path < b.path ? -1 : 1))
}

function withoutCounts({ total: _total, unread: _unread, ...mailbox }: Mailbox): Mailbox {
  return mailbox
}
