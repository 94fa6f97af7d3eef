/**
 * Every tool, and what surrounds every call: permission, limit, arguments, deadline, the one catch. Adding a tool is
 * its file and its line in `tools`. The endpoint has already answered 403 for a scope the token lacks; a permission
 * that the owner did not grant is answered here, as a tool error that says how to change it.
 */
import { type ImapSession, type MailDeps, MailError, withImapSession } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { type CallToolResult, McpServer } from '@modelcontextprotocol/server'
import {
  AccountNotFoundError,
  type GrantAccounts,
  GrantGoneError,
  type OpenedAccount,
} from '../accounts/grant-accounts.ts'
import { type Caller, permits, type Scope } from '../caller.ts'
import { KeyRefusedError, KeyUnavailableError } from '../keys/key-wrapper.ts'
import { describeBug, hashGrantId, type Log, type LogLine } from '../log.ts'
import type { McpApplication } from '../mcp/application.ts'
import type { OnceStore } from '../store/once-store.ts'
import { draftEmail } from './draft_email.ts'
import { getEmail } from './get_email.ts'
import { getRecentEmails } from './get_recent_emails.ts'
import { fits } from './limits.ts'
import { listAccounts } from './list_accounts.ts'
import { listMailboxes } from './list_mailboxes.ts'
import { listProviders } from './list_providers.ts'
import { markAsRead } from './mark_as_read.ts'
import { moveEmail } from './move_email.ts'
import { ToolError, toToolError } from './result.ts'
import { searchEmails } from './search_emails.ts'
import { sendEmail } from './send_email.ts'
import type { Tool, ToolCall } from './tool.ts'
import { parseArguments, toInputJsonSchema, toOpenSchema, toOutputJsonSchema } from './tool-schema.ts'
import { type MakeMark, randomMark } from './untrusted.ts'

/** In the order in which clients list them. */
export const tools: readonly Tool[] = [
  listProviders,
  listAccounts,
  listMailboxes,
  getRecentEmails,
  searchEmails,
  getEmail,
  draftEmail,
  sendEmail,
  markAsRead,
  moveEmail,
]

/** What `tools/list` says and tools.generated.json holds. Built once: it depends on nothing but the tools. */
export const toolDefinitions = tools.map((tool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  inputSchema: toInputJsonSchema(tool.input),
  outputSchema: toOutputJsonSchema(tool.output),
  annotations: { title: tool.title, ...tool.annotations },
}))

/** Two calls a second, all the time: no conversation gets there, a loop does. */
const maxCallsPerMinute = 120
/** Below every client's own limit, and what product.md promises: an answer before 25 s. */
const callDeadlineMs = 24_000

export interface ToolApplicationOptions {
  readonly grantAccounts: (caller: Caller) => GrantAccounts
  readonly once: OnceStore
  readonly mail: Pick<MailDeps, 'connector' | 'now' | 'deadlineMs'>
  /** Epoch seconds. */
  readonly now: () => number
  readonly providersOffered: readonly string[]
  readonly publicUrl: string
  readonly version: string
  readonly log: Log
  readonly makeMark?: MakeMark
}

export function createToolApplication(options: ToolApplicationOptions): McpApplication {
  return {
    requiredScope: (name) => {
      const tool = tools.find((one) => one.name === name)
      return tool && scopeOf(tool)
    },
    buildServer(caller, { signal }) {
      const server = new McpServer(
        { name: 'email-connector', title: 'Email connector', version: options.version },
        { capabilities: { tools: { listChanged: false } } },
      )
      for (const [index, tool] of tools.entries()) {
        const definition = toolDefinitions[index]
        if (!definition) throw new Error('Every tool has a definition')
        const { name, inputSchema, outputSchema, ...described } = definition
        const schemas = { inputSchema: toOpenSchema(inputSchema), outputSchema: toOpenSchema(outputSchema) }
        server.registerTool(name, { ...described, ...schemas }, (given, context) =>
          answerCall(tool, given, caller, options, AbortSignal.any([signal, context.mcpReq.signal])),
        )
      }
      // All tools can be called, so that a missing permission is an answer and not an unknown name; not all are listed.
      const listed = toolDefinitions.filter((_, index) => mayCall(caller, tools[index]))
      server.server.setRequestHandler('tools/list', () => ({ tools: listed.map((one) => ({ ...one })) }))
      return server
    },
  }
}

async function answerCall(
  tool: Tool,
  given: unknown,
  caller: Caller,
  options: ToolApplicationOptions,
  signal: AbortSignal,
): Promise<CallToolResult> {
  const startedAt = performance.now()
  const logged: Omit<LogLine, 'event'> = {
    tool: tool.name as LogLine['tool'] & string,
    grant: hashGrantId(caller.grantId),
  }
  try {
    await assertWithinLimit(options, caller)
    assertPermission(tool, caller, options.publicUrl)
    const input = parseArguments(tool.input, given)
    const { structured, text } = await tool.handle(input, createCall(caller, options, signal, startedAt))
    if (!fits({ structured, text })) {
      throw new ToolError(
        'too_large',
        'The answer is too long: ask for less with a smaller "limit" or fewer "ids".',
      )
    }
    options.log({ event: 'tool', ...logged, outcome: 'ok', durationMs: elapsedMs(startedAt) })
    return { content: [{ type: 'text', text }], structuredContent: structured as Record<string, unknown> }
  } catch (error) {
    const answer = toAnswer(error, options.publicUrl)
    const isBug = answer.code === 'internal_error'
    // The log drops a code it has no word for.
    const reason = isBug ? describeBug(error) : { code: answer.code as LogLine['code'] & string }
    const event = isBug ? 'bug' : 'tool'
    options.log({ event, ...logged, ...reason, outcome: 'failed', durationMs: elapsedMs(startedAt) })
    const field = answer.field === undefined ? {} : { field: answer.field }
    return {
      isError: true,
      content: [{ type: 'text', text: answer.message }],
      structuredContent: { code: answer.code, ...field },
    }
  }
}

function createCall(
  caller: Caller,
  options: ToolApplicationOptions,
  signal: AbortSignal,
  startedAt: number,
): ToolCall {
  const { deadlineMs = callDeadlineMs, ...mail } = options.mail
  // One deadline for the call, however many connections it opens.
  const mailDeps = (share = 1): MailDeps => ({
    ...mail,
    signal,
    deadlineMs: Math.max(1, Math.round((deadlineMs - elapsedMs(startedAt)) * share)),
  })
  return {
    caller,
    accounts: options.grantAccounts(caller),
    once: options.once,
    now: options.now,
    publicUrl: options.publicUrl,
    providersOffered: options.providersOffered,
    makeMark: options.makeMark ?? randomMark,
    mailDeps,
    withSession: (opened, use) => openSession(opened, mailDeps(), use),
  }
}

async function openSession<T>(
  { account, memory, remember }: OpenedAccount,
  deps: MailDeps,
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  let remembering: Promise<void> | undefined
  const known = memory === undefined ? {} : { memory }
  const onMemory = (learnt: Parameters<OpenedAccount['remember']>[0]) => {
    // A memory that is not kept costs the next call a round trip, this one nothing.
    remembering = remember(learnt).catch(() => undefined)
  }
  const result = await withImapSession(account, { ...deps, ...known, onMemory }, use)
  // A Lambda function is frozen with the answer: what is not written by then may never be.
  await remembering
  return result
}

async function assertWithinLimit({ once, now }: ToolApplicationOptions, caller: Caller): Promise<void> {
  const calls = await once.count(`calls#${caller.grantId}`, 60, now())
  if (calls <= maxCallsPerMinute) return
  throw new ToolError(
    'rate_limited',
    `More than ${maxCallsPerMinute} calls in a minute: wait a minute, then go on.`,
  )
}

function assertPermission(tool: Tool, caller: Caller, publicUrl: string): void {
  if (mayCall(caller, tool)) return
  const granted = { read: 'reading only', write: 'reading, organising and drafting', send: 'everything' }
  throw new ToolError(
    'permission_missing',
    `The owner granted ${granted[caller.permission]}, and this needs more. The owner can revoke this connection at ${publicUrl}/oauth/connections, connect again and grant "${tool.permission}".`,
  )
}

function scopeOf(tool: Tool): Scope {
  return tool.permission === 'read' ? 'email:read' : 'email:write'
}

function mayCall(caller: Caller, tool: Tool | undefined): boolean {
  return (
    tool !== undefined && permits(caller.permission, tool.permission) && caller.scopes.includes(scopeOf(tool))
  )
}

function toAnswer(error: unknown, publicUrl: string): ToolError {
  if (error instanceof ToolError) return error
  if (error instanceof MailError) return toToolError(error, publicUrl)
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
    return new ToolError(
      'temporarily_unavailable',
      'The connector is briefly unavailable and lost nothing: try again in a minute.',
    )
  }
  if (error instanceof KeyRefusedError) {
    return new ToolError(
      'credentials_unreadable',
      `The stored sign-in can no longer be opened. The owner can sign in again at ${publicUrl}/oauth/connections, or disconnect and connect again.`,
    )
  }
  return new ToolError(
    'internal_error',
    'The connector failed in a way it did not foresee. Try again; if it stays so, tell its operator.',
  )
}

function elapsedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
