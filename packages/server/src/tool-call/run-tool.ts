/**
 * One call of one tool, from the client's arguments to its answer. The order of checks: limit, permission, arguments,
 * then the handler under one deadline. Whatever is thrown becomes a ToolError here, in one place: the SDK would
 * otherwise show the message of any error to the model.
 */
import {
  type ImapDeps,
  type ImapSession,
  type MailDeps,
  MailError,
  withImapSession,
} from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { type CallToolResult, type InputRequiredResult, inputRequired } from '@modelcontextprotocol/server'
import {
  AccountNotFoundError,
  type GrantAccounts,
  GrantGoneError,
  type OpenedAccount,
} from '../accounts/grant-accounts.ts'
import type { CreateLink } from '../accounts/one-time-link.ts'
import { type Caller, permits, type Scope } from '../caller.ts'
import { KeyRefusedError, KeyUnavailableError } from '../keys/key-wrapper.ts'
import { describeBug, hashGrantId, type Log, type LogLine } from '../log.ts'
import type { CallBeginning } from '../mcp/call-beginning.ts'
import { unexpectedError } from '../mcp/error-guard.ts'
import type { Asking, ToolQuestion } from '../sending/confirmation.ts'
import type { OnceStore } from '../store/once-store.ts'
import { cleanResult } from '../wire/clean-result.ts'
import { fits } from '../wire/fit.ts'
import { ToolError, toToolError } from '../wire/tool-error.ts'
import { type MakeMark, randomMark } from '../wire/untrusted.ts'
import { createEarlyConnections, type EarlyConnections } from './early-connection.ts'
import type { Tool, ToolCall, ToolResult } from './tool.ts'
import { composes, parseArguments, toUnknownText } from './tool-schema.ts'

/** Two calls a second, all the time: no conversation gets there, a loop does. */
const maxCallsPerMinute = 120
/** Below every client's own limit, and what product.md promises: an answer before 25 s. */
export const callDeadlineMs = 24_000

export interface CallSurroundings {
  readonly grantAccounts: (caller: Caller) => GrantAccounts
  readonly once: OnceStore
  readonly createLink: CreateLink
  readonly mail: Pick<MailDeps, 'connector' | 'now' | 'deadlineMs'>
  /** Epoch seconds. */
  readonly now: () => number
  readonly providersOffered: readonly string[]
  readonly publicUrl: string
  readonly log: Log
  readonly makeMark?: MakeMark
}

export async function answerCall(
  tool: Tool,
  given: unknown,
  caller: Caller,
  around: CallSurroundings,
  request: { signal: AbortSignal; asking: Asking; beginning?: CallBeginning | undefined },
): Promise<CallToolResult | InputRequiredResult> {
  const startedAt = performance.now()
  const log = (line: LogLine) =>
    around.log({
      tool: tool.name as LogLine['tool'] & string,
      grant: hashGrantId(caller.grantId),
      durationMs: elapsedMs(startedAt),
      ...line,
    })
  const early = createEarlyConnections({
    connector: around.mail.connector,
    signal: request.signal,
    leftMs: () => Math.max(1, (around.mail.deadlineMs ?? callDeadlineMs) - elapsedMs(startedAt)),
  })
  try {
    await assertWithinLimit(around, caller)
    assertPermission(tool, caller, around.publicUrl)
    const { input, unknown } = parseArguments(tool.input, given)
    const result = await tool.handle(
      input,
      createCall(caller, around, {
        ...request,
        // Sending tools may wait for a person and use SMTP first: an early IMAP socket would go stale.
        ...(tool.permission !== 'send' && { early }),
        startedAt,
      }),
    )
    if ('question' in result) {
      log({ event: 'tool', outcome: 'ok', code: 'confirmation_asked' })
      return toQuestion(result)
    }
    const { structured, text, content = [] } = withUnknown(cleanResult(result), composes(tool) ? unknown : [])
    if (!fits({ structured, text })) {
      throw new ToolError(
        'too_large',
        'The answer is too long: ask for less with a smaller "limit" or fewer "ids".',
      )
    }
    log({ event: 'tool', outcome: 'ok' })
    return {
      content: [{ type: 'text', text }, ...content],
      ...(structured !== undefined && { structuredContent: structured as Record<string, unknown> }),
    }
  } catch (error) {
    const link = isRefusedLogin(error) ? await createLink(around, caller) : undefined
    const { code, message, field } = toAnswer(error, around.publicUrl, link)
    const endsRequest = isOutside(error) && request.beginning?.failed(error) === true
    log(endsRequest ? { event: 'tool', outcome: 'failed', code } : toLogLine(error, code))
    return {
      isError: true,
      content: [{ type: 'text', text: message }],
      // Some clients show a model nothing else.
      structuredContent: { code, message, ...(field === undefined ? {} : { field }) },
    }
  } finally {
    early.close()
  }
}

function createCall(
  caller: Caller,
  around: CallSurroundings,
  {
    signal,
    asking,
    beginning,
    early,
    startedAt,
  }: {
    signal?: AbortSignal
    asking: Asking
    beginning?: CallBeginning | undefined
    early?: EarlyConnections
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
        // Limit, grant and key are behind it; what comes now is the mail server's.
        beginning?.begun()
        return opened
      },
    },
    once: around.once,
    asking,
    createLink: () => createLink(around, caller),
    now: around.now,
    publicUrl: around.publicUrl,
    providersOffered: around.providersOffered,
    makeMark: around.makeMark ?? randomMark,
    mailDeps,
    withSession(opened, use) {
      const socket = early?.take(opened.account.imap)
      return openSession(opened, { ...mailDeps(), ...(socket && { socket }) }, use)
    },
    toCompletion: () => createCall(caller, around, { asking, startedAt }),
  }
}

/** A parameter that was spelt wrong is not lost in silence, where an email is made of what was given. */
function withUnknown(result: ToolResult<unknown>, unknown: readonly string[]): ToolResult<unknown> {
  if (unknown.length === 0) return result
  const warning = toUnknownText(unknown)
  const structured = { ...(result.structured as object), warnings: [warning] }
  return { ...result, structured, text: `${warning}\n${result.text}` }
}

/** A form without fields: to submit it is the answer. */
function toQuestion({ question, state }: ToolQuestion): InputRequiredResult {
  const requestedSchema = { type: 'object' as const, properties: {} }
  const inputRequests = { confirm: inputRequired.elicit({ message: question, requestedSchema }) }
  return inputRequired({ inputRequests, requestState: state })
}

async function openSession<T>(
  { account, memory, remember }: OpenedAccount,
  deps: ImapDeps,
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  let remembering: Promise<void> | undefined
  const known = memory === undefined ? {} : { memory }
  const onMemory = (learned: Parameters<OpenedAccount['remember']>[0]) => {
    // A memory that is not kept costs the next call a round trip, this one nothing.
    remembering = remember(learned).catch(() => undefined)
  }
  const result = await withImapSession(account, { ...deps, ...known, onMemory }, use)
  // A Lambda function is frozen with the answer: what is not written by then may never be.
  await remembering
  return result
}

async function assertWithinLimit({ once, now }: CallSurroundings, caller: Caller): Promise<void> {
  const calls = await once.count(`calls#${caller.grantId}`, 60, now())
  if (calls <= maxCallsPerMinute) return
  throw new ToolError(
    'rate_limited',
    `More than ${maxCallsPerMinute} calls in a minute: wait a minute, then go on.`,
  )
}

/** What a client may do is what both its token's scope and the owner's permission allow. */
export function mayCall(caller: Caller, tool: Tool | undefined): boolean {
  return (
    tool !== undefined && permits(caller.permission, tool.permission) && caller.scopes.includes(scopeOf(tool))
  )
}

export function scopeOf(tool: Tool): Scope {
  return tool.permission === 'read' ? 'email:read' : 'email:write'
}

const permissionText = { read: 'reading', write: 'reading, organising and drafting', send: 'everything' }

function assertPermission(tool: Tool, caller: Caller, publicUrl: string): void {
  if (mayCall(caller, tool)) return
  const sentence = permits(caller.permission, tool.permission)
    ? `This needs the scope ${scopeOf(tool)}, which the client did not ask for. The owner can connect again with it.`
    : `The owner granted ${permissionText[caller.permission]} only. The owner can revoke this connection at ${publicUrl}/oauth/connections, connect again and grant "${tool.permission}".`
  throw new ToolError('permission_missing', sentence)
}

/** Not for a model to act on: the request itself is answered 503 or, where the grant is gone, 401. */
function isOutside(error: unknown): boolean {
  return (
    error instanceof StoreUnavailableError ||
    error instanceof KeyUnavailableError ||
    error instanceof GrantGoneError
  )
}

function isRefusedLogin(error: unknown): boolean {
  return error instanceof MailError && error.code === 'login_refused'
}

/** Where the owner can renew a password or add a mailbox; an answer does without it when it cannot be made now. */
async function createLink({ createLink: create }: CallSurroundings, caller: Caller) {
  // Whoever waits no longer for the answer has zeroed the secret: there is nobody to show a link to.
  return caller.secret.every((byte) => byte === 0) ? undefined : await unlessUnavailable(create(caller))
}

async function unlessUnavailable<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined
    throw error
  }
}

function toAnswer(error: unknown, publicUrl: string, link: string | undefined): ToolError {
  if (error instanceof ToolError) return error
  if (error instanceof MailError) return toToolError(error, publicUrl, link)
  if (error instanceof AccountNotFoundError) {
    const sentence = `No connected account has this address or id. Connected: ${error.addresses.join(', ')}.`
    return new ToolError('account_not_found', sentence, { field: 'account' })
  }
  if (error instanceof GrantGoneError) {
    return new ToolError(
      'connection_ended',
      'The owner ended this connection, or it expired: connect again to go on.',
    )
  }
  if (error instanceof StoreUnavailableError || error instanceof KeyUnavailableError) {
    const sentence = 'The connector is briefly unavailable and lost nothing: try again in a minute.'
    return new ToolError('temporarily_unavailable', sentence)
  }
  if (error instanceof KeyRefusedError) {
    const sentence = `The stored sign-in can no longer be opened. The owner can revoke this connection at ${publicUrl}/oauth/connections and connect again.`
    return new ToolError('credentials_unreadable', sentence)
  }
  return new ToolError('internal_error', unexpectedError)
}

/** What the operator has to see: alarms hang on `key_refused`, `unavailable` and `bug`. */
function toLogLine(error: unknown, code: ToolError['code']): LogLine {
  if (error instanceof KeyRefusedError) return { event: 'key_refused', outcome: 'refused' }
  if (error instanceof StoreUnavailableError)
    return { event: 'unavailable', code: 'store', outcome: 'unavailable' }
  if (error instanceof KeyUnavailableError)
    return { event: 'unavailable', code: 'key_service', outcome: 'unavailable' }
  if (code === 'internal_error') return { event: 'bug', outcome: 'failed', ...describeBug(error) }
  return { event: 'tool', outcome: 'failed', code }
}

function elapsedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
