/**
 * Sign-in and consent: shows the form (sign-in-form.ts), proves the mailbox by a live login and has the grant made
 * (new-grant.ts). The order in `connect` is the order of the checks; nothing is written before every login has succeeded.
 * CSRF and the client's request are the authorization server's; the address policy and TLS are the mail package's.
 */
import type { Provider } from '@email-connector/mail'
import type { AuthorizationServer, EpochSeconds } from '@email-connector/oauth'
import { gatherGrant, prepareAccount, prepareGrant } from '../accounts/connect-account.ts'
import { isSameMailbox } from '../accounts/grant-hint.ts'
import type { RoomSecrets } from '../accounts/owner-room.ts'
import { pairBrowser } from '../accounts/paired-browser.ts'
import type { FindServers } from '../find-servers/find-servers.ts'
import type { GateWord } from '../gate/gate-word.ts'
import { parseForm } from '../http/body.ts'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import type { Log } from '../log.ts'
import { signInEnded, tooManyAttempts, unreadableForm } from '../pages/sign-in-messages.ts'
import type { ServerSettings } from '../settings.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { MailboxLogin } from './account-login.ts'
import { openSoFar } from './accounts-so-far.ts'
import {
  type DemoMailbox,
  type Fault,
  type Fields,
  type FormValues,
  mailboxRules,
  type ParsedMailbox,
  parseAsk,
  parsePermission,
} from './form.ts'
import type { OpenGate } from './gate.ts'
import { withCookies } from './known-browser.ts'
import { createNewGrants } from './new-grant.ts'
import type { ProviderTrips } from './provider-trips.ts'
import { createReadMailbox } from './read-mailbox.ts'
import { createSignInForm, mayWrite, type OpenSignIn } from './sign-in-form.ts'

export interface SignInOptions {
  readonly settings: ServerSettings
  readonly oauth: AuthorizationServer
  readonly accounts: AccountStore
  readonly keyWrapper: KeyWrapper
  readonly secrets: RoomSecrets & Pick<InstanceSecrets, 'handoffKeys'>
  /** Where keys are used (KMS encryption context). */
  readonly app: string
  readonly stage: string
  readonly mailboxLogin: MailboxLogin
  readonly trips: ProviderTrips
  /** Comes before the form, and before each answer to it. */
  readonly gate?: OpenGate
  readonly providers: readonly Provider[]
  /** The local runner's embedded mailbox; shown only with `settings.demo`. */
  readonly demo?: DemoMailbox
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS. */
  readonly privateHosts: boolean
  readonly findServers: FindServers
  readonly log: Log
  readonly now: () => EpochSeconds
}

export interface SignIn {
  /** GET /oauth/authorize */
  authorize(request: Request): Promise<Response>
  /** POST /oauth/connect */
  connect(request: Request, peer: { readonly ip: string }): Promise<Response>
  /** A form of this page, read already. `mailbox`: what a provider's sign-in has made of it. */
  proceed(form: SentForm): Promise<Response>
  /** The first form, for a browser that has passed the gate. */
  begin(form: SentForm): Promise<Response>
}

export interface SentForm {
  readonly request: Request
  readonly fields: Fields
  readonly ip: string
  /** Absent: the form's own fields say which. */
  readonly mailbox?: ParsedMailbox
  /** Of a browser that the gate has just let in: its next request brings the pass. */
  readonly word?: GateWord
}

/** One form of a sign-in that is open. */
interface Asking extends OpenSignIn {
  readonly request: Request
  readonly fields: Fields
  readonly ip: string
  readonly mailbox?: ParsedMailbox
}

export function createSignIn(options: SignInOptions): SignIn {
  const { settings, oauth, mailboxLogin, log } = options
  const sealing = { secrets: options.secrets, now: options.now }
  const rules = mailboxRules(options)
  const readMailbox = createReadMailbox({ rules, admission: settings, findServers: options.findServers })
  const grants = createNewGrants(options)
  const form = createSignInForm({ ...options, rules, secondsFor: grants.secondsFor })
  const { demo } = rules
  const firstValues: FormValues = demo === undefined ? {} : { provider: 'demo', address: demo.address }

  return {
    async authorize(request) {
      const authorization = await oauth.authorize(request)
      if (authorization.kind === 'response') return authorization.response
      const { cookie, handle } = authorization
      const gate = await options.gate?.()
      if (gate !== undefined) {
        const left = await gate.leave({ page: 'connect', fields: new Map([['state', handle]]) })
        return withCookies(left, [cookie])
      }
      const headers = { 'Set-Cookie': cookie }
      return form({ opened: authorization, handle }, { values: firstValues, faults: [], headers })
    },

    async connect(request, { ip }) {
      const fields = await parseForm(request)
      return fields === undefined ? unreadableForm() : await proceed({ request, fields, ip })
    },

    proceed,

    async begin({ request, fields, word }) {
      const handle = fields.get('state') ?? ''
      const opened = await oauth.openTransaction(request, handle)
      if (opened.kind === 'refused') return signInEnded()
      return form({ opened, handle, ...(word && { word }) }, { values: firstValues, faults: [] })
    },
  }

  async function proceed({ request, fields, ip, mailbox }: SentForm): Promise<Response> {
    const handle = fields.get('state') ?? ''
    const opened = await oauth.openTransaction(request, handle)
    if (opened.kind === 'refused') {
      log({ event: 'connect', outcome: 'refused', code: 'cross_site' })
      return signInEnded()
    }
    const { transaction } = opened
    if (fields.get('action') === 'deny') {
      log({ event: 'connect', outcome: 'refused', code: 'denied' })
      return await oauth.deny(transaction)
    }

    const gate = await options.gate?.()
    const word = await gate?.find(request, handle)
    if (gate !== undefined && word === undefined) {
      log({ event: 'connect', outcome: 'refused', code: 'not_allowed' })
      return signInEnded()
    }
    const sealed = fields.get('so_far')
    const soFar = sealed === undefined ? undefined : openSoFar(options.secrets.handoffKeys, handle, sealed)
    if (sealed !== undefined && soFar === undefined) return signInEnded()
    const asking = {
      ...{ request, opened, handle, fields, ip },
      ...(mailbox && { mailbox }),
      ...(soFar && { soFar }),
      ...(word && { word }),
    }
    try {
      if (soFar !== undefined && fields.get('action') === 'finish') {
        return await grants.approve(
          asking,
          soFar,
          gatherGrant({ ...grants.bindingOf(transaction, soFar), ...sealing }, soFar.connected),
        )
      }
      return await signInToMailbox(asking)
    } finally {
      soFar?.secret.fill(0)
    }
  }

  /** Nothing is written before every login has succeeded. */
  async function signInToMailbox(asking: Asking): Promise<Response> {
    const { request, opened, fields, ip, soFar } = asking
    const { transaction } = opened
    const { mailbox, values } = await readMailbox(fields, asking.mailbox)
    const again = (faults: readonly Fault[], status: number) => form(asking, { values, faults, status })

    const permission = soFar ? { parsed: soFar.permission } : parsePermission(fields, mayWrite(transaction))
    const ask = soFar ? { parsed: soFar.ask } : parseAsk(fields, permission.parsed)
    if (mailbox.faults !== undefined || permission.parsed === undefined || ask.parsed === undefined) {
      const faults = [mailbox, permission, ask].flatMap((one) => one.faults ?? [])
      return again(faults, 422)
    }
    if (mailbox.wish !== undefined) {
      const refusal = mailboxLogin.refusalOfWish(mailbox.wish)
      if (refusal !== undefined) return again([refusal], 403)
      const trip = { page: 'connect', fields, wish: mailbox.wish, lasting: true } as const
      const { expiresAt: endsAt } = transaction
      const left = await options.trips.leave({ ...trip, permission: permission.parsed, endsAt })
      return left instanceof Response ? left : again([left], 422)
    }
    const account = mailbox.parsed
    if (soFar?.connected.some(({ hint }) => isSameMailbox(hint, account))) {
      return again([{ field: 'address', message: 'This mailbox is connected already. Choose another.' }], 422)
    }
    const refusal = mailboxLogin.refusal(account)
    if (refusal !== undefined) return again([refusal], 403)

    const attempt = await oauth.countAttempt(transaction)
    if (attempt === 'gone') return signInEnded()
    if (attempt === 'exhausted') return tooManyAttempts()
    const smtp = permission.parsed === 'send'
    const login = await mailboxLogin.login(account, { request, smtp, ip, at: 'sign-in' })
    if (login.kind === 'exhausted') return tooManyAttempts()
    if (login.kind === 'failed') return again([login.fault], 422)

    const wantsPairing = soFar === undefined && fields.get('pair') === 'on'
    const paired = wantsPairing
      ? pairBrowser({ request, publicUrl: settings.publicUrl, now: options.now() })
      : undefined
    const cookies = [...login.cookies, ...(paired ? [paired.cookie] : [])]
    const chosen = { permission: permission.parsed, ask: ask.parsed }
    const known = soFar ?? grants.begin(asking.word, chosen, paired?.browser)
    try {
      const connecting = {
        ...{ ...grants.bindingOf(transaction, known), account, memory: login.memory },
        ...{ keyWrapper: options.keyWrapper, ...sealing },
        ...{ app: options.app, stage: options.stage, issuer: settings.publicUrl },
      }
      if (fields.get('action') === 'another') {
        const isFirst = known.connected.length === 0
        const { connected, row } = await prepareAccount({ ...connecting, isFirst })
        await options.accounts.createAccount(row)
        const next = { ...known, connected: [...known.connected, connected] }
        return withCookies(form({ ...asking, soFar: next }, { values: {}, faults: [] }), cookies)
      }
      const prepared = await prepareGrant({ ...connecting, earlier: known.connected })
      const answer = await grants.approve(asking, known, prepared, account.provider)
      return withCookies(answer, cookies)
    } finally {
      known.secret.fill(0)
    }
  }
}
