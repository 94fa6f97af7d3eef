/**
 * One question to several connected mailboxes at once, each over its own connection. One that is broken or slow is named
 * and never holds up the others: once one has answered, the others have a while longer than that one took.
 */
import type { ImapSession } from '@email-connector/mail'
import { MailError } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolError } from '../wire/tool-error.ts'
import { toOutcome } from './outcomes.ts'
import type { ToolCall } from './tool.ts'

/** Connections of one call; a provider may see a flood in more. */
const maxConnections = 5
/** A mailbox that is well answers within a second. */
const patienceMs = 2_000
/** And one that is far, or large, has as much time again as the slowest of those that answered. */
const patienceFactor = 2

export interface NamedAccount {
  readonly accountId: string
  readonly address: string
}

export interface AccountAnswer<T> extends NamedAccount {
  readonly value: T
}

export interface AccountFailure extends NamedAccount {
  readonly error: ToolError
  readonly cause: unknown
}

export interface AllAnswers<T> {
  /** In the order of the accounts. */
  readonly answers: readonly AccountAnswer<T>[]
  readonly failures: readonly AccountFailure[]
}

/** `account: "all"` of the reading tools. */
export function isAll(account: string | undefined): boolean {
  return account?.trim().toLowerCase() === 'all'
}

/** Throws what ends the whole request, a bug, and the first failure where no account answered. */
export async function askAccounts<T>(
  call: ToolCall,
  accounts: readonly NamedAccount[],
  use: (session: ImapSession, account: OpenedAccount) => Promise<T>,
): Promise<AllAnswers<T>> {
  const { answers, failures } = await askEach(call, accounts, use)
  const [first] = failures
  if (answers.length === 0 && first !== undefined) throw first.cause
  return { answers, failures }
}

/** The same, for what reports each outcome even if there is no good one. `isPatient`: none is given up before its time. */
export async function askEach<T>(
  call: ToolCall,
  accounts: readonly NamedAccount[],
  use: (session: ImapSession, account: OpenedAccount) => Promise<T>,
  { isPatient = false }: { isPatient?: boolean } = {},
): Promise<AllAnswers<T>> {
  const race = createRace(isPatient)
  const outcomes = new Map<string, AccountAnswer<T> | AccountFailure>()
  const waiting = [...accounts]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { accountId, address } = next
      try {
        const value = await race.run(async (signal) => {
          const opened = await call.accounts.open(accountId)
          return await call.withSession(opened, (session) => use(session, opened), signal)
        })
        outcomes.set(accountId, { accountId, address, value })
      } catch (cause) {
        const { error, endsRequest } = toOutcome(cause, { publicUrl: call.publicUrl })
        if (endsRequest || error.code === 'internal_error') throw cause
        outcomes.set(accountId, { accountId, address, error, cause })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxConnections, accounts.length) }, work))
  const all = accounts.flatMap(({ accountId }) => outcomes.get(accountId) ?? [])
  return {
    answers: all.filter((one) => 'value' in one),
    failures: all.filter((one) => 'error' in one),
  }
}

interface Race {
  run<T>(use: (signal: AbortSignal) => Promise<T>): Promise<T>
}

function createRace(isPatient: boolean): Race {
  const running = new Set<() => void>()
  let slowestMs: number | undefined
  return {
    async run(use) {
      const startedAt = performance.now()
      const ending = new AbortController()
      let timer: NodeJS.Timeout | undefined
      let arm = () => {}
      const late = new Promise<never>((_, reject) => {
        const end = () => {
          reject(new MailError('timeout', { protocol: 'imap' }))
          ending.abort()
        }
        arm = () => {
          if (slowestMs === undefined || isPatient) return
          clearTimeout(timer)
          const allowedMs = Math.max(patienceMs, slowestMs * patienceFactor)
          timer = setTimeout(end, Math.max(0, startedAt + allowedMs - performance.now()))
        }
      })
      running.add(arm)
      arm()
      const used = use(ending.signal)
      // It ends with its connection, unheard.
      used.catch(() => undefined)
      try {
        const value = await Promise.race([used, late])
        slowestMs = Math.max(slowestMs ?? 0, performance.now() - startedAt)
        return value
      } finally {
        clearTimeout(timer)
        running.delete(arm)
        for (const one of running) one()
      }
    },
  }
}
