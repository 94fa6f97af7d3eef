/** What a tool may use during one call: the caller's accounts, sessions and connections, all under one deadline. */
import {
  type ImapDeps,
  type ImapSession,
  type MailDeps,
  MailError,
  withImapSession,
} from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import type { CallAudit } from '../accounts/audit.ts'
import type { CreateFileLink } from '../accounts/file-link.ts'
import type { GrantAccounts, OpenedAccount } from '../accounts/grant-accounts.ts'
import type { CreateLink } from '../accounts/one-time-link.ts'
import { SettingsRefusedError } from '../accounts/owner-settings.ts'
import type { CreateReviewLink } from '../accounts/review-link.ts'
import type { Caller } from '../caller.ts'
import type { Log } from '../log.ts'
import type { CallBeginning } from '../mcp/call-beginning.ts'
import type { AuditStore } from '../store/audit-store.ts'
import type { OnceStore } from '../store/once-store.ts'
import { type MakeMark, randomMark } from '../wire/untrusted.ts'
import type { EarlyConnections } from './early-connection.ts'
import type { Asking, ToolCall } from './tool.ts'

/** Below every client's own limit, and under the 25 s in which every call answers (R58). */
export const callDeadlineMs = 24_000

export interface CallSurroundings {
  readonly grantAccounts: (caller: Caller) => GrantAccounts
  readonly once: OnceStore
  readonly audit: AuditStore
  readonly createLink: CreateLink
  readonly createFileLink: CreateFileLink
  readonly createReviewLink: CreateReviewLink
  readonly mail: Pick<MailDeps, 'connector' | 'now' | 'deadlineMs'>
  /** Epoch seconds. */
  readonly now: () => number
  readonly providersOffered: readonly string[]
  /** Of these, the ones that are signed in to at the provider. */
  readonly signIns?: ToolCall['signIns']
  readonly publicUrl: string
  readonly log: Log
  readonly makeMark?: MakeMark
}

export function createToolCall(
  caller: Caller,
  around: CallSurroundings,
  {
    signal,
    asking,
    beginning,
    early,
    changes,
    audit,
    startedAt,
  }: {
    signal?: AbortSignal
    asking: Asking
    beginning?: CallBeginning | undefined
    early?: EarlyConnections
    /** It may change or send something, so that the owner's settings must be readable. */
    changes: boolean
    audit: CallAudit
    startedAt: number
  },
): ToolCall {
  const { deadlineMs = callDeadlineMs, ...mail } = around.mail
  // One deadline for the call, however many connections it opens.
  const mailDeps = (share = 1): MailDeps => ({
    ...mail,
    ...(signal && { signal }),
    deadlineMs: Math.max(1, Math.round((deadlineMs - elapsedMs(startedAt)) * share)),
  })
  const accounts = around.grantAccounts(caller)
  return {
    caller,
    accounts: {
      ...accounts,
      async open(ref) {
        const opened = await accounts.open(ref, early?.start)
        assertSettings(opened, changes)
        await audit.opened(opened.accountId)
        // Rate limit, grant and key have passed: failures from here on are tool results.
        beginning?.begun()
        return opened
      },
    },
    once: around.once,
    asking,
    createLink: () => createLink(around, caller),
    createFileLink: (opened, ref, partId) =>
      unlessGone(caller, () => around.createFileLink(caller, opened, { ref, partId })),
    createReviewLink: (opened, draft) =>
      unlessGone(caller, () => around.createReviewLink(caller, opened, draft)),
    now: around.now,
    publicUrl: around.publicUrl,
    providersOffered: around.providersOffered,
    signIns: around.signIns ?? (async () => []),
    makeMark: around.makeMark ?? randomMark,
    mailDeps,
    withSession(opened, use, ending) {
      const socket = early?.take(opened.account.imap)
      const depsUntilEnding = () => {
        const deps = mailDeps()
        const signals = [deps.signal, ending].filter((one) => one !== undefined)
        return { ...deps, ...(signals.length > 0 && { signal: AbortSignal.any(signals) }) }
      }
      return openSession(opened, { socket, mailDeps: depsUntilEnding }, use)
    },
    toCompletion: () => createToolCall(caller, around, { asking, changes, audit, startedAt }),
  }
}

/** Nothing is done past a limit that cannot be read. */
function assertSettings({ settings }: OpenedAccount, changes: boolean): void {
  if (settings.state === 'refused' && (changes || settings.hides)) {
    throw new SettingsRefusedError('The settings of the owner do not open')
  }
}

async function openSession<T>(
  { account, memory, remember, settings, withNewToken }: OpenedAccount,
  { socket, mailDeps }: { socket: ImapDeps['socket'] | undefined; mailDeps: () => MailDeps },
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  let remembering: Promise<void> | undefined
  // Settings that cannot be read and may hide something were refused before.
  const { hidden = [], readOnly = [] } = settings.state === 'open' ? settings.account : {}
  const known = { ...(memory && { memory }), hidden, readOnly }
  const onMemory = (learned: Parameters<OpenedAccount['remember']>[0]) => {
    // A memory that is not kept costs the next call a round trip, this one nothing.
    const named = memory?.ownName === undefined ? {} : { ownName: memory.ownName }
    remembering = remember({ ...named, ...learned }).catch(() => undefined)
  }
  const result = await withImapSession(
    account,
    { ...mailDeps(), ...(socket && { socket }), ...known, onMemory },
    use,
  ).catch(async (error: unknown) => {
    // A token may be withdrawn before its time. Nothing was done on the server yet.
    const renewed = isRefusedToken(error) ? await withNewToken() : undefined
    if (renewed === undefined) throw error
    return await withImapSession(renewed, { ...mailDeps(), ...known, onMemory }, use)
  })
  // A Lambda function is frozen with the answer: what is not written by then may never be.
  await remembering
  return result
}

function isRefusedToken(error: unknown): boolean {
  return error instanceof MailError && error.code === 'token_refused'
}

/** Where the owner can renew a password or add a mailbox; an answer does without it when it cannot be made now. */
export async function createLink({ createLink: create }: CallSurroundings, caller: Caller) {
  return await unlessGone(caller, () => create(caller))
}

/** A client that waits no longer has had the secret zeroed: there is nobody to show a link to. */
async function unlessGone<T>({ secret }: Caller, make: () => Promise<T>): Promise<T | undefined> {
  return secret.every((byte) => byte === 0) ? undefined : await unlessUnavailable(make())
}

async function unlessUnavailable<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}

export function elapsedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
