/**
 * Proves that someone may use a mailbox: allowed here at all (R71), within the limits (R42), then the live IMAP login and,
 * where mail is to be sent, the SMTP one. Used by the sign-in form and by the page of connections.
 */
import {
  type Connector,
  type MailAccount,
  MailError,
  type Provider,
  type ServerMemory,
  verifyImapLogin,
  verifySmtpLogin,
} from '@email-connector/mail'
import type { Log, LogLine } from '../log.ts'
import { isAccountAllowed, type ServerSettings } from '../settings.ts'
import { failureFault } from './failure-sentences.ts'
import type { Fault } from './form.ts'
import type { CountedLink, SignInLimits } from './rate-limits.ts'

/** Time that passes, for the floor under refusals; tests pass their own. Milliseconds. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

export type LoginOutcome =
  | { readonly kind: 'open'; readonly memory: ServerMemory }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'failed'; readonly fault: Fault }

export interface MailboxLogin {
  /** Undefined: this address may connect. Contacts nobody. */
  refusal(account: MailAccount): Fault | undefined
  /** Throws StoreUnavailableError: what cannot be counted is not tried. */
  login(
    account: MailAccount,
    options: { smtp: boolean; ip: string; link?: CountedLink },
  ): Promise<LoginOutcome>
}

/** Both logins end before the gateway gives up at 29 s. */
const loginDeadlineMs = 12_000
/**
 * A host refused by policy is known at once, one that does not exist after a moment, one that is silent after the
 * connector's 4 s: from outside all of them take this long (R40).
 */
export const unreachableFloorMs = 5_000

export function createMailboxLogin(options: {
  settings: Pick<ServerSettings, 'allowedAccounts'>
  connector: Connector
  providers: readonly Provider[]
  limits: SignInLimits
  clock: Clock
  log: Log
}): MailboxLogin {
  const { settings, connector, providers, limits, clock } = options
  const log = (account: MailAccount, line: Omit<LogLine, 'event' | 'provider'>) =>
    options.log({ event: 'mail', provider: account.provider, ...line })

  async function verify(account: MailAccount, smtp: boolean): Promise<ServerMemory | MailError> {
    const deps = { connector, now: () => clock.now(), deadlineMs: loginDeadlineMs }
    try {
      const memory = await verifyImapLogin(account, deps)
      if (smtp) await verifySmtpLogin(account, deps)
      return memory
    } catch (error) {
      if (error instanceof MailError) return error
      throw error
    }
  }

  return {
    refusal(account) {
      if (account.provider === 'demo' || isAccountAllowed(settings, account.address)) return undefined
      log(account, { outcome: 'refused', code: 'not_allowed' })
      return {
        field: 'address',
        message:
          'The owner of this server has not allowed this address to connect. Use another one, or ask the owner.',
      }
    },

    async login(account, { smtp, ip, link }) {
      if ((await limits.take(account, ip, link)) === 'exhausted') {
        log(account, { outcome: 'refused', code: 'too_many_attempts' })
        return { kind: 'exhausted' }
      }
      const startedAt = clock.now()
      const verified = await verify(account, smtp)
      const durationMs = clock.now() - startedAt
      if (!(verified instanceof MailError)) {
        await limits.succeeded(account, ip)
        log(account, { outcome: 'ok', durationMs })
        return { kind: 'open', memory: verified }
      }
      log(account, { outcome: 'failed', code: verified.code, durationMs })
      if (verified.code === 'host_unreachable') {
        await clock.sleep(Math.max(0, unreachableFloorMs - (clock.now() - startedAt)))
      }
      const provider = providers.find(({ id }) => id === account.provider)
      return { kind: 'failed', fault: failureFault(verified, account, provider) }
    },
  }
}
