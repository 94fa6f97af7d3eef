/**
 * Sign-in and consent: shows the page, proves the mailbox by a live login, seals it into a new grant and lets the
 * authorization server answer the client. The order below is the order of the checks; nothing is written before every
 * login has succeeded, and what a crash leaves behind names no grant that lives. CSRF and the client's request are
 * the authorization server's; the address policy and TLS are the mail package's.
 */
import { randomBytes } from 'node:crypto'
import {
  type MailAccount,
  type MailDeps,
  MailError,
  type Provider,
  type ServerMemory,
  verifyImapLogin,
  verifySmtpLogin,
} from '@email-connector/mail'
import type { AuthorizationServer, EpochSeconds, Transaction } from '@email-connector/oauth'
import type { AccountStore } from '../accounts/account-store.ts'
import { prepareGrant } from '../accounts/connect-account.ts'
import { type Permission, scopeOfPermission } from '../caller.ts'
import { parseForm } from '../http/body.ts'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import { hashGrantId, type Log } from '../log.ts'
import { messagePage } from '../pages/page.ts'
import { signInPage } from '../pages/sign-in-page.ts'
import { isAccountAllowed, type ServerSettings } from '../settings.ts'
import { failureFault } from './failure-sentences.ts'
import { type DemoMailbox, type Fault, type FormValues, keptValues, parseSignInForm } from './form.ts'
import type { SignInLimits } from './limits.ts'

export interface SignInOptions {
  readonly settings: ServerSettings
  readonly oauth: AuthorizationServer
  readonly accounts: AccountStore
  readonly keyWrapper: KeyWrapper
  readonly secrets: Pick<InstanceSecrets, 'peppers'>
  readonly app: string
  readonly stage: string
  readonly mail: Pick<MailDeps, 'connector'>
  readonly limits: SignInLimits
  readonly providers: readonly Provider[]
  /** The local runner's embedded mailbox; shown only with `settings.demo`. */
  readonly demo?: DemoMailbox
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS. */
  readonly privateHosts: boolean
  readonly log: Log
  readonly now: () => EpochSeconds
  readonly clock: Clock
}

/** Time that passes, for the floor under refusals; tests pass their own. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

export interface SignIn {
  /** GET /oauth/authorize */
  authorize(request: Request): Promise<Response>
  /** POST /oauth/connect */
  connect(request: Request, peer: { readonly ip: string }): Promise<Response>
}

/** Both logins end before the gateway gives up at 29 s. */
const loginDeadlineMs = 12_000
/**
 * A host refused by policy is known at once, one that does not exist after a moment, one that is silent after the
 * connector's 4 s: from outside all of them take this long (R40).
 */
export const unreachableFloorMs = 5_000
const daySeconds = 86_400

export function createSignIn(options: SignInOptions): SignIn {
  const { settings, oauth, limits, clock, log } = options
  const demo = settings.demo ? options.demo : undefined

  return {
    async authorize(request) {
      const authorization = await oauth.authorize(request)
      if (authorization.kind === 'response') return authorization.response
      const { transaction, handle, client, redirectHost, cookie } = authorization
      return form(
        { transaction, handle, client, redirectHost },
        { values: {}, faults: [], headers: { 'Set-Cookie': cookie } },
      )
    },

    async connect(request, peer) {
      const fields = await parseForm(request)
      if (fields === undefined) return unreadable()
      const handle = fields.get('state') ?? ''
      const opened = await oauth.openTransaction(request, handle)
      if (opened.kind === 'refused') {
        log({ event: 'connect', outcome: 'refused', code: 'cross_site' })
        return expired()
      }
      const { transaction } = opened
      const page = { transaction, handle, client: opened.client, redirectHost: opened.redirectHost }
      const values = keptValues(fields)
      const again = (status: number, ...faults: Fault[]) => form(page, { values, faults, status })

      if (fields.get('action') === 'deny') {
        log({ event: 'connect', outcome: 'refused', code: 'denied' })
        return await oauth.deny(transaction)
      }
      const parsed = parseSignInForm(fields, {
        providers: options.providers,
        ...(demo === undefined ? {} : { demo }),
        mayWrite: mayWrite(transaction),
        privateHosts: options.privateHosts,
      })
      if (parsed.kind === 'faults') return again(422, ...parsed.faults)
      const { account, permission } = parsed.form
      // R71: before any mail server is contacted, and before an attempt is used up.
      if (account.provider !== 'demo' && !isAccountAllowed(settings, account.address)) {
        log({ event: 'connect', outcome: 'refused', code: 'not_allowed', provider: account.provider })
        return again(403, {
          field: 'address',
          message:
            'The owner of this server has not allowed this address to connect. Use another one, or ask the owner.',
        })
      }
      const attempt = await oauth.countAttempt(transaction)
      if (attempt === 'gone') return expired()
      if (attempt === 'exhausted') return exhausted(account)
      if ((await limits.take(account, peer.ip)) === 'exhausted') return exhausted(account)

      const startedAt = clock.now()
      const login = await signInToMailbox(account, permission)
      if (login.kind === 'failed') {
        log({
          event: 'connect',
          outcome: 'failed',
          code: login.error.code,
          provider: account.provider,
          durationMs: clock.now() - startedAt,
        })
        if (login.error.code === 'host_unreachable') {
          await clock.sleep(Math.max(0, unreachableFloorMs - (clock.now() - startedAt)))
        }
        const provider = options.providers.find(({ id }) => id === account.provider)
        return again(422, failureFault(login.error, account, provider))
      }
      await limits.succeeded(account, peer.ip)
      return await grant(transaction, account, permission, login.memory)
    },
  }

  async function signInToMailbox(
    account: MailAccount,
    permission: Permission,
  ): Promise<{ kind: 'open'; memory: ServerMemory } | { kind: 'failed'; error: MailError }> {
    const deps = { ...options.mail, now: () => clock.now(), deadlineMs: loginDeadlineMs }
    try {
      const memory = await verifyImapLogin(account, deps)
      if (permission === 'send') await verifySmtpLogin(account, deps)
      return { kind: 'open', memory }
    } catch (error) {
      if (error instanceof MailError) return { kind: 'failed', error }
      throw error
    }
  }

  /** Index rows and records first, then the authorization server's grant and code: a crash between leaves orphans. */
  async function grant(
    transaction: Transaction,
    account: MailAccount,
    permission: Permission,
    memory: ServerMemory,
  ): Promise<Response> {
    const secret = new Uint8Array(randomBytes(32))
    const grantId = randomBytes(16).toString('hex')
    const absoluteExpiresAt = options.now() + settings.lifetimes.refreshAbsoluteSeconds
    try {
      const prepared = await prepareGrant({
        secret,
        grantId,
        account,
        memory,
        clientId: transaction.clientId,
        permission,
        resource: transaction.resource,
        issuer: settings.publicUrl,
        absoluteExpiresAt,
        keyWrapper: options.keyWrapper,
        peppers: options.secrets.peppers,
        app: options.app,
        stage: options.stage,
        now: options.now,
      })
      await prepared.write(options.accounts)
      const response = await oauth.approve(transaction, {
        grantId,
        secret,
        permission,
        scope: scopeOfPermission(permission),
        ownerIndexes: prepared.ownerIndexes,
        accountIds: prepared.accountIds,
        sealedHint: prepared.sealedHint,
        absoluteExpiresAt,
      })
      log({
        event: 'connect',
        outcome: 'ok',
        provider: account.provider,
        permission,
        grant: hashGrantId(grantId),
      })
      return response
    } finally {
      secret.fill(0)
    }
  }

  function exhausted(account: MailAccount): Response {
    log({ event: 'connect', outcome: 'refused', code: 'too_many_attempts', provider: account.provider })
    return messagePage({
      status: 429,
      title: 'Too many attempts',
      text: 'To protect mailboxes, signing in is paused for 15 minutes. After that, go back to your app and connect again.',
      headers: { 'Retry-After': '900' },
    })
  }

  function form(
    page: {
      transaction: Transaction
      handle: string
      client: { name: string; host?: string; loopbackOnly: boolean }
      redirectHost: string
    },
    state: {
      values: FormValues
      faults: readonly Fault[]
      status?: number
      headers?: Readonly<Record<string, string>>
    },
  ): Response {
    return signInPage({
      handle: page.handle,
      client: page.client,
      redirectUri: page.transaction.redirectUri,
      redirectHost: page.redirectHost,
      mayWrite: mayWrite(page.transaction),
      providers: options.providers,
      ...(demo === undefined ? {} : { demo }),
      idleDays: Math.round(settings.lifetimes.refreshIdleSeconds / daySeconds),
      absoluteDays: Math.round(settings.lifetimes.refreshAbsoluteSeconds / daySeconds),
      ...state,
    })
  }
}

function mayWrite(transaction: Transaction): boolean {
  return transaction.scope.split(' ').includes('email:write')
}

function unreadable(): Response {
  return messagePage({
    status: 400,
    title: 'The form could not be read',
    text: 'Go back to your app and connect again.',
  })
}

/** One answer for a missing or foreign cookie, a used handle and a foreign page (R41). */
function expired(): Response {
  return messagePage({
    status: 403,
    title: 'This sign-in has ended',
    text: 'It was used already, has expired, or was opened in another browser. Go back to your app and connect again.',
  })
}
