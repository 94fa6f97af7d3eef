/**
 * What each error means for a call of a tool: the code and sentence of its answer, the line that the operator's alarms
 * count, and whether it ends the whole HTTP request instead (503, or 401 where the grant is gone). One row per error;
 * what has no row is a bug.
 */
import { MailError } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { AccountNotAdmittedError, AccountNotFoundError, GrantGoneError } from '../accounts/grant-accounts.ts'
import { SettingsRefusedError } from '../accounts/owner-settings.ts'
import { findOutage } from '../http/outages.ts'
import { KeyRefusedError, KeyUnavailableError } from '../keys/key-wrapper.ts'
import { describeBug, type LogLine } from '../log.ts'
import { unexpectedError } from '../mcp/error-guard.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { toProviderError } from '../wire/provider-sentence.ts'
import { ToolError, toToolError } from '../wire/tool-error.ts'

interface Surroundings {
  readonly publicUrl: string
  /** One-time, for the owner, made for a refused login only. */
  readonly link?: string | undefined
}

export interface Outcome {
  readonly error: ToolError
  readonly log: LogLine
  /** No error for a model to act on, as long as nothing was answered yet. */
  readonly endsRequest: boolean
}

interface Row {
  readonly is: (error: unknown) => boolean
  toError(error: unknown, around: Surroundings): ToolError
  readonly log?: (error: unknown) => LogLine | undefined
  readonly endsRequest?: true
}

/** Ties the handler to the class, so that each row knows its own error. */
function row<T>(
  kind: abstract new (...given: never[]) => T,
  toError: (error: T, around: Surroundings) => ToolError,
  more: Pick<Row, 'log' | 'endsRequest'> = {},
): Row {
  const is = (error: unknown): error is T => error instanceof kind
  return {
    is,
    toError(error, around) {
      if (!is(error)) throw new Error('A row is asked about its own errors only')
      return toError(error, around)
    },
    ...more,
  }
}

function unavailable(): ToolError {
  const sentence = 'The connector is briefly unavailable and lost nothing: try again in a minute.'
  return new ToolError('temporarily_unavailable', sentence)
}

const rows: readonly Row[] = [
  row(ToolError, (error) => error),
  row(MailError, (error, { publicUrl, link }) => toToolError(error, publicUrl, link)),
  row(AccountNotFoundError, ({ addresses }) => {
    const sentence = `No connected account has this address or id. Connected: ${addresses.join(', ')}.`
    return new ToolError('account_not_found', sentence, { field: 'account' })
  }),
  row(AccountNotAdmittedError, () => {
    const sentence =
      'The operator of this server no longer lets this mailbox be used: only they can change that. Nothing was done.'
    return new ToolError('account_not_allowed', sentence)
  }),
  row(ProviderRefusedError, ({ refusal }, { publicUrl, link }) => toProviderError(refusal, publicUrl, link)),
  row(
    GrantGoneError,
    () =>
      new ToolError(
        'connection_ended',
        'The owner ended this connection, or it expired: connect again to go on.',
      ),
    { endsRequest: true },
  ),
  row(StoreUnavailableError, unavailable, { log: findOutage, endsRequest: true }),
  row(KeyUnavailableError, unavailable, { log: findOutage, endsRequest: true }),
  row(
    SettingsRefusedError,
    (_error, { publicUrl }) => {
      const sentence = `The limits that the owner set for this connection cannot be read, so nothing was done. The owner can revoke this connection at ${publicUrl}/oauth/connections and connect again.`
      return new ToolError('settings_unreadable', sentence)
    },
    { log: () => ({ event: 'key_refused', outcome: 'refused', code: 'settings_unreadable' }) },
  ),
  row(
    KeyRefusedError,
    (_error, { publicUrl }) => {
      const sentence = `The stored sign-in can no longer be opened. The owner can revoke this connection at ${publicUrl}/oauth/connections and connect again.`
      return new ToolError('credentials_unreadable', sentence)
    },
    { log: () => ({ event: 'key_refused', outcome: 'refused' }) },
  ),
]

const bug: Row = {
  is: () => true,
  toError: () => new ToolError('internal_error', unexpectedError),
  log: (error) => ({ event: 'bug', outcome: 'failed', ...describeBug(error) }),
}

export function toOutcome(error: unknown, around: Surroundings): Outcome {
  const found = rows.find(({ is }) => is(error)) ?? bug
  const answer = found.toError(error, around)
  const log = found.log?.(error)
  return {
    error: answer,
    log:
      log === undefined
        ? { event: 'tool', outcome: 'failed', code: answer.code }
        : { ...log, outcome: log.outcome ?? 'unavailable' },
    endsRequest: found.endsRequest === true,
  }
}
