/** What a session knows of its server: from an earlier call, as learned in this one, and as kept for the next. */
import type { Mailbox, ServerMemory } from '../message.ts'

export interface SessionMemory {
  readonly mailboxes: readonly Mailbox[] | undefined
  readonly sentCopiesAreOurs: boolean
  remember(mailboxes: readonly Mailbox[]): void
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
    mailboxes: (mailboxes ?? []).map(({ total: _total, unread: _unread, ...mailbox }) => mailbox),
    ...(pipelines ? {} : { pipelines: false }),
    ...(sentCopiesAreOurs ? { sentCopiesAreOurs: true } : {}),
    ...(memory?.ownName === undefined ? {} : { ownName: memory.ownName }),
  })
  const remember = (listed: readonly Mailbox[]) => {
    mailboxes = listed
    onMemory?.(toMemory())
  }
  return {
    get mailboxes() {
      return mailboxes
    },
    get sentCopiesAreOurs() {
      return sentCopiesAreOurs
    },
    remember,
    rememberLoss: () => {
      pipelines = false
      remember(mailboxes ?? [])
    },
    rememberOwnSentCopies: () => {
      sentCopiesAreOurs = true
      remember(mailboxes ?? [])
    },
    toMemory,
  }
}
