/**
 * Proves that someone may use a mailbox: allowed here at all (R71), within the limits (R42), then the live IMAP login and,
 * where mail is to be sent, the SMTP one; the browser is known from then on. Used by the sign-in form and the owner's
 * pages.
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
import { type Admission, isAdmitted } from '../admission.ts'
import type { Clock } from '../clock.ts'
import type { Log, LogLine } from '../log.ts'
import { failureFault } from './failure-sentences.ts'
import type { Fault, SignInWish } from './form.ts'
import { type GuessedMailbox, guessedMailboxes } from './guessed-mailbox.ts'
import type { KnownBrowsers } from './known-browser.ts'
import type { SignInLimits, Try } from './rate-limits.ts'

export type LoginOutcome =
  /** `cookies`: Set-Cookie values that make the browser a known one of this mailbox. */
  | { readonly kind: 'open'; readonly memory: ServerMemory; readonly cookies: readonly string[] }
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'failed'; readonly fault: Fault }

/** `login`: where it is known by then. */
type Candidate = Pick<MailAccount, 'provider' | 'address'> & Partial<Pick<MailAccount, 'login'>>

export interface MailboxLogin {
  /** Undefined: this address may connect. Contacts nobody. */
  refusal(account: Candidate): Fault | undefined
  /** The same before a provider is asked; a provider says later whose mailbox it is. */
  refusalOfWish(wish: SignInWish): Fault | undefined
  /** Throws StoreUnavailableError: what cannot be counted is not tried. */
  login(account: MailAccount, options: LoginOptions): Promise<LoginOutcome>
}

export interface LoginOptions extends Omit<Try, 'account' | 'knownAs'> {
  /** Whose cookies tell whether its browser is known. */
  readonly request: Request
}

/** Both logins end before the gateway gives up at 29 s. */
const loginDeadlineMs = 12_000
/**
 * A host refused by policy is known at once, one that does not exist after a moment, one that is silent after the
 * connector's 4 s: from outside all of them take this long (R40).
 */
export const unreachableFloorMs = 5_000

export function createMailboxLogin(options: {
  settings: Admission
  connector: Connector
  providers: readonly Provider[]
  limits: SignInLimits
  knownBrowsers: KnownBrowsers
  clock: Clock
  log: Log
}): MailboxLogin {
  const { settings, connector, providers, limits, knownBrowsers, clock } = options
  const log = (account: Pick<MailAccount, 'provider'>, line: Omit<LogLine, 'event' | 'provider'>) =>
    options.log({ event: 'mail', provider: account.provider, ...line })

  /** The error of the server that refused, if one did. */
  async function verify(
    account: MailAccount,
    smtp: boolean,
  ): Promise<{ memory: ServerMemory } | { error: MailError; protocol: 'imap' | 'smtp' }> {
    const deps = { connector, now: () => clock.now(), deadlineMs: loginDeadlineMs }
    let protocol: 'imap' | 'smtp' = 'imap'
    try {
      const memory = await verifyImapLogin(account, deps)
      protocol = 'smtp'
      if (smtp) await verifySmtpLogin(account, deps)
      return { memory }
    } catch (error) {
      if (error instanceof MailError) return { error, protocol }
      throw error
    }
  }

  function refusal(account: Candidate): Fault | undefined {
    if (account.provider === 'demo' || isAdmitted(settings, account)) return undefined
    log(account, { outcome: 'refused', code: 'not_allowed' })
    return {
      field: 'address',
      message:
        'The owner of this server has not allowed this address to connect. Use another one, or ask the owner.',
    }
  }

  return {
    refusal,

    refusalOfWish: ({ provider, address }) =>
      address === undefined ? undefined : refusal({ provider: provider.id, address }),

    async login(account, { request, ...asked }) {
      const knownAs = (mailbox: GuessedMailbox) => knownBrowsers.find(request, mailbox)
      const taken = await limits.take({ ...asked, account, knownAs })
      if (taken === 'exhausted') {
        log(account, { outcome: 'refused', code: 'too_many_attempts' })
        return { kind: 'exhausted' }
      }
      const startedAt = clock.now()
      const verified = await verify(account, asked.smtp)
      const durationMs = clock.now() - startedAt
      if ('memory' in verified) {
        await taken.end()
        log(account, { outcome: 'ok', durationMs })
        const cookies = knownBrowsers.remember(request, guessedMailboxes(account, asked.smtp))
        return { kind: 'open', memory: verified.memory, cookies }
      }
      const { error, protocol } = verified
      await taken.end({ code: error.code, protocol })
      log(account, { outcome: 'failed', code: error.code, durationMs })
      if (error.code === 'host_unreachable') {
        await clock.sleep(Math.max(0, unreachableFloorMs - (clock.now() - startedAt)))
      }
      const provider = providers.find(({ id }) => id === account.provider)
      return { kind: 'failed', fault: failureFault(error, account, provider) }
    },
  }
}
