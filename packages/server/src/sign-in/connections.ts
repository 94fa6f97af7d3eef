/**
 * The owner's page of connections (R20): proves a mailbox by a live login, finds the grants that hold it by the owner
 * index, and revokes one or all. It needs no token and no key of any grant. Between its forms the proof is a sealed row
 * (sign-in/page-proof.ts); who may connect at all is asked again at each of them.
 */
import type { Provider } from '@email-connector/mail'
import {
  type AuthorizationServer,
  type AuthorizationStore,
  type EpochSeconds,
  isSameOrigin,
} from '@email-connector/oauth'
import type { RoomSecrets } from '../accounts/owner-room.ts'
import { createOwnersAudit } from '../accounts/owners-audit.ts'
import { createOpenOwnersGrant } from '../accounts/owners-grant.ts'
import type { Admission } from '../admission.ts'
import type { Clock } from '../clock.ts'
import type { FindServers } from '../find-servers/find-servers.ts'
import { parseForm } from '../http/body.ts'
import { hashGrantId, type Log } from '../log.ts'
import { connectionsPage, connectionsSignInPage } from '../pages/connections-page.ts'
import { messagePage } from '../pages/page.ts'
import { tooManyAttempts } from '../pages/sign-in-messages.ts'
import type { ServerSettings } from '../settings.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { AuditStore } from '../store/audit-store.ts'
import type { OnceStore } from '../store/once-store.ts'
import type { MailboxLogin } from './account-login.ts'
import { createActivity } from './activity.ts'
import { createBrowserPages } from './browser-pages.ts'
import { type DemoMailbox, type Fields, mailboxRules } from './form.ts'
import type { OpenGate } from './gate.ts'
import { withCookies } from './known-browser.ts'
import { createOwnedGrants } from './owned-grants.ts'
import { createPageProofs, type PageProof } from './page-proof.ts'
import type { ProviderTrips } from './provider-trips.ts'
import { createReadMailbox } from './read-mailbox.ts'
import { createSettingsPages } from './settings-pages.ts'
import type { SentForm } from './sign-in.ts'

export interface Connections {
  /** GET /oauth/connections */
  page(request: Request): Promise<Response>
  /** POST /oauth/connections */
  post(request: Request, peer: { readonly ip: string }): Promise<Response>
  /** A form of this page, read already. */
  proceed(form: SentForm): Promise<Response>
  /** The first form, for a browser that has passed the gate. */
  begin(form: SentForm): Promise<Response>
}

/** More connections than this of one mailbox are not listed at once; revoking all takes them too. */
const maxListed = 200
/** The gateway gives up at 29 s. */
const eraseMs = 15_000

export function createConnections(options: {
  settings: Pick<ServerSettings, 'publicUrl' | 'demo' | 'signInProviders' | keyof Admission>
  oauth: Pick<AuthorizationServer, 'revokeGrant'>
  grants: Pick<AuthorizationStore, 'getGrant'>
  accounts: AccountStore
  audit: AuditStore
  clock: Pick<Clock, 'now'>
  once: Pick<OnceStore, 'createPageState' | 'findPageState'>
  secrets: RoomSecrets
  mailboxLogin: MailboxLogin
  trips: ProviderTrips
  /** Comes before each form. */
  gate?: OpenGate
  providers: readonly Provider[]
  demo?: DemoMailbox
  privateHosts: boolean
  findServers: FindServers
  log: Log
  now: () => EpochSeconds
}): Connections {
  const { settings, secrets, now, clock, log, mailboxLogin } = options
  const rules = mailboxRules(options)
  const readMailbox = createReadMailbox({ rules, admission: settings, findServers: options.findServers })
  const owned = createOwnedGrants(options)
  const openOwnersGrant = createOpenOwnersGrant({ store: options.accounts, secrets, now })
  const settingsPages = createSettingsPages({ owned, openOwnersGrant })
  const browserPages = createBrowserPages({
    ...{ owned, openOwnersGrant, now },
    publicUrl: settings.publicUrl,
  })
  const ownersAudit = createOwnersAudit({ store: options.accounts, audit: options.audit, secrets })
  const activity = createActivity({ owned, audit: ownersAudit, now })
  const proofs = createPageProofs({ store: options.once, publicUrl: settings.publicUrl, now })

  const first = () => connectionsSignInPage({ ...rules, values: {}, faults: [] })

  /** The way to the gate, for a browser that has not passed it. */
  async function leaveForGate(request: Request): Promise<Response | undefined> {
    const gate = await options.gate?.()
    if (gate === undefined || (await gate.find(request)) !== undefined) return undefined
    return await gate.leave({ page: 'connections', fields: new Map() })
  }

  return {
    page: async (request) => (await leaveForGate(request)) ?? first(),

    async post(request, { ip }) {
      if (!isSameOrigin(request, settings.publicUrl)) return ended(403)
      const fields = await parseForm(request)
      if (fields === undefined) return ended(400)
      const handle = fields.get('proof')
      if (handle === undefined) return await proceed({ request, fields, ip })
      const left = await leaveForGate(request)
      if (left !== undefined) return left
      const proof = await proofs.open(request, handle)
      if (proof === undefined || mailboxLogin.refusal(proof.owner) !== undefined) return ended(403)
      return withCookies(await answer(request, proof, fields), proof.cookies)
    },

    proceed,
    begin: async () => first(),
  }

  async function proceed({ request, fields, ip, mailbox: given }: SentForm) {
    const gated = await leaveForGate(request)
    if (gated !== undefined) return gated
    const { mailbox, values } = await readMailbox(fields, given)
    if (mailbox.wish !== undefined) {
      const trip = { page: 'connections', fields, wish: mailbox.wish } as const
      const left = await options.trips.leave({ ...trip, permission: 'read', lasting: false })
      if (left instanceof Response) return left
      return connectionsSignInPage({ ...rules, values, faults: [left], status: 422 })
    }
    if (mailbox.parsed === undefined) {
      return connectionsSignInPage({ ...rules, values, faults: mailbox.faults, status: 422 })
    }
    const account = mailbox.parsed
    const refusal = mailboxLogin.refusal(account)
    if (refusal !== undefined)
      return connectionsSignInPage({ ...rules, values, faults: [refusal], status: 403 })
    const login = await mailboxLogin.login(account, { request, smtp: false, ip, at: 'connections' })
    if (login.kind === 'exhausted') return tooManyAttempts()
    if (login.kind === 'failed') {
      return connectionsSignInPage({ ...rules, values, faults: [login.fault], status: 422 })
    }
    const { address, provider } = account
    const owner = { address, provider, imapHost: account.imap.host, login: account.login }
    const proof = await proofs.make(request, owner)
    return withCookies(await list(proof), [...login.cookies, ...proof.cookies])
  }

  /** What was pressed on a page behind the login. */
  async function answer(request: Request, proof: PageProof, fields: Fields): Promise<Response> {
    if (fields.has('revoke')) return await revoke(proof, fields)
    for (const kind of ['mailbox', 'sending'] as const) {
      const grantId = fields.get(kind)
      if (grantId !== undefined) return await settingsPages.show(proof, kind, grantId)
      if (fields.get('save') === kind) return await settingsPages.save(proof, kind, fields)
    }
    const [shownOf, pairedFor] = [fields.get('browsers'), fields.get('pair')]
    if (shownOf !== undefined) return await browserPages.show(request, proof, shownOf)
    if (pairedFor !== undefined) return await browserPages.pair(request, proof, pairedFor)
    if (fields.has('unpair')) return await browserPages.unpair(request, proof, fields)
    const erased = fields.get('erase')
    if (erased !== undefined) {
      const isLeft = (await erase(proof, erased)) === 'more'
      return await list(proof, { isLeft, isErased: true })
    }
    const [activityOf, csvOf] = [fields.get('activity'), fields.get('csv')]
    if (activityOf !== undefined) return await activity.show(proof, activityOf, fields)
    if (csvOf !== undefined) return await activity.csv(proof, csvOf, fields)
    return await list(proof)
  }

  async function revoke(proof: PageProof, fields: Fields): Promise<Response> {
    const wanted = fields.get('revoke')
    const grants = (await owned.list(proof.owner)).filter(
      ({ grantId }) => wanted === 'all' || wanted === grantId,
    )
    for (const grant of grants) {
      await options.oauth.revokeGrant(grant.grantId)
      log({ event: 'revoke', outcome: 'ok', grant: hashGrantId(grant.grantId) })
    }
    const erased = wanted === 'all' ? await erase(proof) : undefined
    return await list(proof, { revoked: grants.length, isLeft: erased === 'more' })
  }

  /** What ended connections did with this mailbox. An own mailbox's rows only; one form does as much as it has time for. */
  async function erase(proof: PageProof, grantId?: string): Promise<'erased' | 'more'> {
    const startedAt = clock.now()
    const isLate = () => clock.now() - startedAt > eraseMs
    for (const row of await owned.rows(proof.owner)) {
      if (row.ended === undefined || (grantId !== undefined && row.grantId !== grantId)) continue
      if ((await ownersAudit.erase(row, isLate)) === 'more') return 'more'
    }
    return 'erased'
  }

  async function list(proof: PageProof, done: Done = {}): Promise<Response> {
    const rows = await owned.rows(proof.owner)
    const grants = await owned.list(proof.owner, rows)
    return connectionsPage({
      address: proof.owner.address,
      proof: proof.handle,
      grants: grants.slice(0, maxListed),
      ended: rows.filter(({ ended }) => ended !== undefined).slice(0, maxListed),
      ...done,
    })
  }
}

interface Done {
  readonly revoked?: number
  /** Time was up before all was erased. */
  readonly isLeft?: boolean
  readonly isErased?: boolean
}

function ended(status: 400 | 403): Response {
  return messagePage({
    status,
    title: 'Please sign in again',
    text: 'This page was open for too long or was sent from elsewhere. Open “Your connections” and sign in again.',
  })
}
