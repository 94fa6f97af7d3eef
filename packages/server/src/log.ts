/**
 * The log: one JSON line per event, made of a closed vocabulary. A field is an enumerated word, a number, or an id of a
 * fixed shape; there is no field for text, so a password, token, address or subject has nowhere to go (R45). The
 * types say so at compile time, the table below at run time: what does not fit is dropped and counted.
 */
import { createHash } from 'node:crypto'

const words = {
  event: [
    'request',
    'bug',
    'connect',
    'revoke',
    'review',
    'authorize',
    'tool',
    'mail',
    'session',
    'token',
    'register',
    'client_metadata',
    'key_refused',
    'unavailable',
    'started',
    'stopped',
  ],
  method: ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'other'],
  route: [
    'home',
    'health',
    'mcp',
    'authorize',
    'connect',
    'connections',
    'link',
    'files',
    'review',
    'provider_start',
    'provider_callback',
    'provider_device',
    'privacy',
    'token',
    'revoke',
    'register',
    'metadata',
    'resource_metadata',
    'other',
  ],
  outcome: ['ok', 'refused', 'failed', 'unavailable', 'unknown'],
  code: [
    // MailErrorCode
    'invalid_input',
    'host_unreachable',
    'tls_failed',
    'starttls_missing',
    'login_refused',
    'login_needs_oauth',
    'token_refused',
    'token_scope_missing',
    'access_disabled',
    'access_blocked',
    'timeout',
    'connection_lost',
    'throttled',
    'server_refused',
    'try_later',
    'sender_refused',
    'auth_required',
    'relay_refused',
    'policy_refused',
    'too_many_recipients',
    'mailbox_not_found',
    'mailbox_protected',
    'mailbox_read_only',
    'message_not_found',
    'stale_id',
    'over_quota',
    'too_large',
    'not_supported',
    // ToolErrorCode
    'account_not_found',
    'account_not_allowed',
    'connection_ended',
    'permission_missing',
    'rate_limited',
    'credentials_unreadable',
    'settings_unreadable',
    'sign_in_needed',
    'provider_unavailable',
    'temporarily_unavailable',
    'key_reused',
    'send_in_progress',
    'declined',
    'not_confirmed',
    'owner_limit',
    'count_changed',
    'internal_error',
    // A tool that answers with a question
    'confirmation_asked',
    // Sign-in
    'not_allowed',
    'too_many_attempts',
    'cross_site',
    'expired',
    'denied',
    // ProviderRefusal
    'revoked',
    'ended',
    'consent_withdrawn',
    'admin_consent_needed',
    'interaction_required',
    'blocked',
    'account_unusable',
    'misconfigured',
    'unavailable',
    'unanswered',
    'not_genuine',
    // RFC 6749 §5.2, RFC 8707, RFC 7591
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'invalid_scope',
    'invalid_target',
    'invalid_token',
    'insufficient_scope',
    'invalid_redirect_uri',
    'invalid_client_metadata',
    'unauthorized_client',
    'unsupported_grant_type',
    'unsupported_response_type',
    'replayed',
    // What is down
    'store',
    'key_service',
  ],
  provider: [
    'gmail',
    'icloud',
    'outlook',
    'yahoo',
    'fastmail',
    'protonmail',
    'generic',
    'organisation',
    'demo',
  ],
  permission: ['read', 'write', 'send'],
  era: ['2025', '2026'],
  tool: [
    'list_providers',
    'list_accounts',
    'list_mailboxes',
    'get_recent_emails',
    'search_emails',
    'get_email',
    'get_thread',
    'get_attachment',
    'find_people',
    'mark_as_read',
    'set_flags',
    'move_email',
    'archive_email',
    'delete_email',
    'mark_as_spam',
    'organize_emails',
    'undo',
    'create_mailbox',
    'rename_mailbox',
    'delete_mailbox',
    'draft_email',
    'update_draft',
    'send_draft',
    'approve_send',
    'send_email',
    'reply_to_email',
    'forward_email',
  ],
  /** Names of built-in errors: which kind of bug it was. */
  bug: ['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'URIError', 'AggregateError'],
} as const

type Words = typeof words

type WordFields = { readonly [Field in keyof Words]?: Words[Field][number] }

export interface LogLine extends WordFields {
  readonly event: Words['event'][number]
  readonly requestId?: string
  /** From `hashGrantId`. */
  readonly grant?: string
  readonly status?: number
  readonly durationMs?: number
  readonly count?: number
  readonly bytes?: number
  readonly port?: number
  /** File, line and column where a bug surfaced, from `describeBug`; scripts/where.ts finds it in our sources. */
  readonly at?: string
}

const shapes: Readonly<Record<string, RegExp>> = {
  // Ours, or of API Gateway: a UUID (REST API), or such as JKJaXmPLvHcESHA= (HTTP API).
  requestId: /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Za-z0-9_-]{10,22}={1,2})$/,
  grant: /^grant-[0-9a-f]{12}$/,
  // esbuild names chunks in upper case, and a line of a bundle is long: the column is needed.
  at: /^[A-Za-z][A-Za-z0-9_-]{0,60}\.(ts|js|mjs):\d{1,6}:\d{1,7}$/,
}

/** For an id that comes from outside: what does not have the form is not used. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && shapes.requestId?.test(value) === true
}

const numbers: ReadonlySet<string> = new Set(['status', 'durationMs', 'count', 'bytes', 'port'])

/** Which values each field takes, for docs/log.md. */
export const logFields: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(words).map(([field, allowed]) => [field, allowed.join(', ')])),
  ...Object.fromEntries([...numbers].map((field) => [field, 'a number'])),
  ...Object.fromEntries(Object.keys(shapes).map((field) => [field, 'an id of a fixed form'])),
}

function isAllowed(field: string, value: unknown): boolean {
  if (numbers.has(field)) return typeof value === 'number' && Number.isFinite(value)
  if (typeof value !== 'string') return false
  if (Object.hasOwn(words, field)) {
    const allowed: readonly string[] = words[field as keyof Words]
    return allowed.includes(value)
  }
  return Object.hasOwn(shapes, field) && shapes[field]?.test(value) === true
}

/** Enough to follow one grant through the log, not enough to find it in the store. */
export function hashGrantId(grantId: string): string {
  return `grant-${createHash('sha256').update(`log\0${grantId}`).digest('hex').slice(0, 12)}`
}

/** Kind and place of an unforeseen error, without its message: that may quote a mail server or a person. */
export function describeBug(error: unknown): Pick<LogLine, 'bug' | 'at'> {
  if (!(error instanceof Error)) return {}
  const bug = words.bug.find((name) => name === error.constructor.name) ?? 'Error'
  // The stack repeats the message; frames are looked for only after it.
  const stack = error.stack ?? ''
  const end = stack.indexOf(error.message) + error.message.length
  const frame = /[/\\]([A-Za-z][A-Za-z0-9_-]{0,60}\.(?:ts|js|mjs):\d{1,6}:\d{1,7})\)?$/m.exec(
    stack.slice(end),
  )
  return frame?.[1] === undefined ? { bug } : { bug, at: frame[1] }
}

export type Log = (line: LogLine) => void

export function createLog(options: { write: (line: string) => void; now: () => Date }): Log {
  return (line) => {
    const kept = Object.entries(line).filter(([field, value]) => isAllowed(field, value))
    const dropped = Object.values(line).filter((value) => value !== undefined).length - kept.length
    options.write(
      JSON.stringify({
        time: options.now().toISOString(),
        ...Object.fromEntries(kept),
        ...(dropped > 0 ? { dropped } : {}),
      }),
    )
  }
}
