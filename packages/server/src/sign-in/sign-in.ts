/**
 * Sign-in and consent: shows the page, proves the mailbox by a live login, seals it into a new grant and lets the
 * authorization server answer the client. The order in `connect` is the order of the checks; nothing is written before
 * every login has succeeded, and what a crash leaves behind names no grant that lives. CSRF and the client's request
 * are the authorization server's; the address policy and TLS are the mail package's.
 */
import { randomBytes } from 'node:crypto'
import type { MailAccount, Provider, ServerMemory } from '@email-connector/mail'
import type { AuthorizationServer, EpochSeconds, Transaction } from '@email-connector/oauth'
import type { AccountStore } from '../accounts/account-store.ts'
import { prepareGrant } from '../accounts/connect-account.ts'
import { type Permission, scopeOfPermission } from '../caller.ts'
import { parseForm } from '../http/body.ts'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import { hashGrantId, type Log } from '../log.ts'
import { messagePage } from '../pages/page.ts'
import { type SignInPage, signInPage } from '../pages/sign-in-page.ts'
import type { ServerSettings } from '../settings.ts'
import {
  type DemoMailbox,
  type FormValues,
  keptValues,
  mailboxRules,
  parseMailbox,
  parsePermission,
} from './form.ts'
import type { MailboxLogin } from './mailbox-login.ts'

export interface SignInOptions {
  readonly settings: ServerSettings
  readonly oauth: AuthorizationServer
  readonly accounts: AccountStore
  readonly keyWrapper: KeyWrapper
  readonly secrets: Pick<InstanceSecrets, 'peppers'>
  /** Where keys are used (KMS encryption context). */
  readonly app: string
  readonly stage: string
  readonly mailboxLogin: MailboxLogin
  readonly providers: readonly Provider[]
  /** The local runner's embedded mailbox; shown only with `settings.demo`. */
  readonly demo?: DemoMailbox
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS. */
  readonly privateHosts: boolean
  readonly log: Log
  readonly now: () => EpochSeconds
}

export interface SignIn {
  /** GET /oauth/authorize */
  authorize(request: Request): Promise<Response>
  /** POST /oauth/connect */
  connect(request: Request, peer: { readonly ip: string }): Promise<Response>
}

const daySeconds = 86_400
/** A grant that no client redeems goes after this long, and its records with it. */
const pendingSeconds = 600

export function createSignIn(options: SignInOptions): SignIn {
  const { settings, oauth, mailboxLogin, log } = options
  const rules = mailboxRules(options)
  const { demo } = rules
  const firstValues: FormValues = demo === undefined ? {} : { provider: 'demo', address: demo.address }

  return {
    async authorize(request) {
      const authorization = await oauth.authorize(request)
      if (authorization.kind === 'response') return authorization.response
      const headers = { 'Set-Cookie': authorization.cookie }
      return form(authorization, authorization.handle, { values: firstValues, faults: [], headers })
    },

    async connect(request, { ip }) {
      const fields = await parseForm(request)
      if (fields === undefined) return unreadable()
      const handle = fields.get('state') ?? ''
      const opened = await oauth.openTransaction(request, handle)
      if (opened.kind === 'refused') {
        log({ event: 'connect', outcome: 'refused', code: 'cross_site' })
        return ended()
      }
      const { transaction } = opened
      if (fields.get('action') === 'deny') {
        log({ event: 'connect', outcome: 'refused', code: 'denied' })
        return await oauth.deny(transaction)
      }

      const values = keptValues(fields)
      const mailbox = parseMailbox(fields, rules)
      const permission = parsePermission(fields, mayWrite(transaction))
      if (mailbox.parsed === undefined || permission.parsed === undefined) {
        const faults = [...(mailbox.faults ?? []), ...(permission.faults ?? [])]
        return form(opened, handle, { values, faults, status: 422 })
      }
      const account = mailbox.parsed
      const refusal = mailboxLogin.refusal(account)
      if (refusal !== undefined) return form(opened, handle, { values, faults: [refusal], status: 403 })

      const attempt = await oauth.countAttempt(transaction)
      if (attempt === 'gone') return ended()
      if (attempt === 'exhausted') return tooManyAttempts()
      const login = await mailboxLogin.login(account, { smtp: permission.parsed === 'send', ip })
      if (login.kind === 'exhausted') return tooManyAttempts()
      if (login.kind === 'failed') return form(opened, handle, { values, faults: [login.fault], status: 422 })
      return await grant(transaction, account, permission.parsed, login.memory)
    },
  }

  /** Index row and record first, then the authorization server's grant and code: a crash between leaves orphans. */
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
      const { ownerIndexes, accountIds, sealedHint, write } = await prepareGrant({
        secret,
        grantId,
        account,
        memory,
        clientId: transaction.clientId,
        permission,
        resource: transaction.resource,
        issuer: settings.publicUrl,
        absoluteExpiresAt,
        pendingExpiresAt: options.now() + pendingSeconds,
        keyWrapper: options.keyWrapper,
        peppers: options.secrets.peppers,
        app: options.app,
        stage: options.stage,
      })
      await write(options.accounts)
      const scope = scopeOfPermission(permission)
      const response = await oauth.approve(transaction, {
        ...{ grantId, secret, permission, scope, ownerIndexes, accountIds, sealedHint, absoluteExpiresAt },
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

  function form(
    asking: { transaction: Transaction; client: SignInPage['client']; redirectHost: string },
    handle: string,
    state: Pick<SignInPage, 'values' | 'faults' | 'status' | 'headers'>,
  ): Response {
    return signInPage({
      handle,
      client: asking.client,
      redirectUri: asking.transaction.redirectUri,
      redirectHost: asking.redirectHost,
      mayWrite: mayWrite(asking.transaction),
      ...rules,
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
function ended(): Response {
  return messagePage({
    status: 403,
    title: 'This sign-in has ended',
    text: 'It was used already, has expired, or was opened in another browser. Go back to your app and connect again.',
  })
}

export function tooManyAttempts(): Response {
  return messagePage({
    status: 429,
    title: 'Too many attempts',
    text: 'To protect mailboxes, signing in is paused for 15 minutes. After that, go back to your app and connect again.',
    headers: { 'Retry-After': '900' },
  })
}
