/**
 * One call of one tool, from the client's arguments to its answer. The order of checks: limit, permission, arguments,
 * then the handler under one deadline. Whatever is thrown becomes a ToolError here, in one place: the SDK would
 * otherwise show the message of any error to the model.
 */
import { MailError, type MailErrorCode } from '@email-connector/mail'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { type AuditEnd, createCallAudit } from '../accounts/audit.ts'
import { type Caller, permits, type Scope } from '../caller.ts'
import { findOutage } from '../http/outages.ts'
import { hashGrantId, type LogLine } from '../log.ts'
import type { CallBeginning } from '../mcp/call-beginning.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { cleanResult } from '../wire/clean-result.ts'
import { fits } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { createEarlyConnections } from './early-connection.ts'
import { toOutcome } from './outcomes.ts'
import { assertSendsAsMeant } from './sends-as-meant.ts'
import type { Asking, Tool, ToolQuestion } from './tool.ts'
import { type CallSurroundings, callDeadlineMs, createLink, createToolCall, elapsedMs } from './tool-call.ts'
import { parseArguments, toUnknownText } from './tool-schema.ts'

/** Two calls a second, all the time: no conversation gets there, a loop does. */
const maxCallsPerMinute = 120

export async function answerCall(
  tool: Tool,
  given: unknown,
  caller: Caller,
  around: CallSurroundings,
  request: { signal: AbortSignal; asking: Asking; beginning?: CallBeginning | undefined },
): Promise<CallToolResult | ToolQuestion> {
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
  const changes = tool.permission !== 'read'
  const audit = createCallAudit({
    ...{ store: around.audit, caller, changes },
    tool: tool.name,
    now: around.now,
  })
  const noteEnd = async (end: AuditEnd) => {
    const failure = await audit.ended(end)
    // The answer stands: what was done is done.
    if (failure !== undefined) around.log(findOutage(failure) ?? { event: 'unavailable', code: 'store' })
  }
  try {
    await assertWithinLimit(around, caller)
    assertPermission(tool, caller, around.publicUrl)
    const { input, unknown } = parseArguments(tool.input, given, tool.misplaced)
    assertSendsAsMeant(tool, given, unknown)
    const result = await tool.handle(
      input,
      createToolCall(caller, around, {
        ...request,
        // Sending tools may wait for a person and use SMTP first: an early IMAP socket would go stale.
        ...(tool.permission !== 'send' && { early }),
        changes,
        audit,
        startedAt,
      }),
    )
    if ('question' in result) {
      log({ event: 'tool', outcome: 'ok', code: 'confirmation_asked' })
      await noteEnd({ outcome: 'asked' })
      return result
    }
    const answer = withUnknown(cleanResult(result), unknown)
    const { structured, text, content = [], meta } = answer
    if (!fits(answer)) {
      throw new ToolError(
        'too_large',
        'The answer is too long: ask for less with a smaller "limit" or fewer "ids".',
      )
    }
    log({ event: 'tool', outcome: 'ok' })
    await noteEnd({ outcome: 'ok', ...countOf(structured) })
    return {
      content: [{ type: 'text', text }, ...content],
      ...(structured !== undefined && { structuredContent: structured as Record<string, unknown> }),
      ...(meta !== undefined && { _meta: meta }),
    }
  } catch (error) {
    const link = isForOwner(error) ? await createLink(around, caller) : undefined
    const outcome = toOutcome(error, { publicUrl: around.publicUrl, link })
    const { code, message, field } = outcome.error
    await noteEnd({ outcome: 'failed', code })
    const endsRequest = outcome.endsRequest && request.beginning?.failed(error) === true
    // A request that ends is logged as such where it is answered.
    log(endsRequest ? { event: 'tool', outcome: 'failed', code } : outcome.log)
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

/** How many emails a result is about: of a change those that were changed. */
function countOf(structured: unknown): { count?: number } {
  const { results, emails } = (structured ?? {}) as { results?: unknown; emails?: unknown }
  if (Array.isArray(results)) return { count: results.filter((one) => one?.ok === true).length }
  return Array.isArray(emails) ? { count: emails.length } : {}
}

/** A parameter that was spelt wrong is not lost in silence: what was asked for may be less, or the opposite. */
function withUnknown(result: ToolResult<unknown>, unknown: readonly string[]): ToolResult<unknown> {
  if (unknown.length === 0) return result
  const warning = toUnknownText(unknown)
  const text = `${warning}\n${result.text}`
  // A client that reads only that would miss pictures.
  if (result.structured === undefined) return { ...result, text }
  const { warnings = [] } = result.structured as { warnings?: readonly string[] }
  return { ...result, text, structured: { ...result.structured, warnings: [warning, ...warnings] } }
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
export function mayCall(caller: Caller, tool: Tool): boolean {
  return permits(caller.permission, tool.permission) && caller.scopes.includes(scopeOf(tool))
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

/** Logins that their owner can repair through a link. */
const repairable: readonly MailErrorCode[] = [
  'login_refused',
  'login_needs_oauth',
  'token_refused',
  'token_scope_missing',
  'access_disabled',
  'access_blocked',
]

function isForOwner(error: unknown): boolean {
  if (error instanceof ProviderRefusedError)
    return error.refusal !== 'unavailable' && error.refusal !== 'misconfigured'
  return error instanceof MailError && repairable.includes(error.code)
}
