/**
 * The owner's page of connections (R20): proves a mailbox by a live login, finds the grants that hold it by the owner
 * index, and revokes one or all. It needs no token and no key of any grant. Between its two forms the proof travels in
 * the page: the owner's index values and an expiry under an HMAC, good for some minutes; whoever forges a click with a
 * proof of his own revokes his own connections, and a form from elsewhere is refused anyway.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Provider } from '@email-connector/mail'
import {
  type AuthorizationServer,
  type AuthorizationStore,
  type EpochSeconds,
  type Grant,
  isSameOrigin,
} from '@email-connector/oauth'
import { parseForm } from '../http/body.ts'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import { ownerIndexes } from '../keys/owner-index.ts'
import { hashGrantId, type Log } from '../log.ts'
import { connectionsPage, connectionsSignInPage } from '../pages/connections-page.ts'
import { messagePage } from '../pages/page.ts'
import { tooManyAttempts } from '../pages/sign-in-messages.ts'
import type { ServerSettings } from '../settings.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { MailboxLogin } from './account-login.ts'
import { type DemoMailbox, type Fields, keptValues, mailboxRules, parseMailbox } from './form.ts'
import { withCookies } from './known-browser.ts'

export interface Connections {
  /** GET /oauth/connections */
  page(): Response
  /** POST /oauth/connections */
  post(request: Request, peer: { readonly ip: string }): Promise<Response>
}

const proofSeconds = 600
/** More connections than this of one mailbox are not listed at once; revoking all takes them too. */
const maxListed = 200

export function createConnections(options: {
  settings: Pick<ServerSettings, 'publicUrl' | 'demo'>
  oauth: Pick<AuthorizationServer, 'revokeGrant'>
  grants: Pick<AuthorizationStore, 'getGrant'>
  accounts: Pick<AccountStore, 'listOwners'>
  secrets: Pick<InstanceSecrets, 'peppers' | 'handoffKeys'>
  mailboxLogin: MailboxLogin
  providers: readonly Provider[]
  demo?: DemoMailbox
  privateHosts: boolean
  log: Log
  now: () => EpochSeconds
}): Connections {
  const { settings, secrets, now, log, mailboxLogin } = options
  const rules = mailboxRules(options)

  return {
    page: () => connectionsSignInPage({ ...rules, values: {}, faults: [] }),

    async post(request, { ip }) {
      if (!isSameOrigin(request, settings.publicUrl)) return ended(403)
      const fields = await parseForm(request)
      if (fields === undefined) return ended(400)
      return fields.has('proof') ? await revoke(fields) : await signIn(request, fields, ip)
    },
  }

  async function signIn(request: Request, fields: Fields, ip: string): Promise<Response> {
    const values = keptValues(fields)
    const mailbox = parseMailbox(fields, rules)
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
    const owner = {
      address: account.address,
      indexes: ownerIndexes(secrets.peppers, { imapHost: account.imap.host, login: account.login }),
    }
    return withCookies(await list(owner), login.cookies)
  }

  async function revoke(fields: Fields): Promise<Response> {
    const owner = openProof(fields.get('proof') ?? '')
    if (owner === undefined) return ended(403)
    const wanted = fields.get('revoke')
    const grants = (await grantsOf(owner.indexes)).filter(
      ({ grantId }) => wanted === 'all' || wanted === grantId,
    )
    for (const grant of grants) {
      await options.oauth.revokeGrant(grant.grantId)
      log({ event: 'revoke', outcome: 'ok', grant: hashGrantId(grant.grantId) })
    }
    return await list(owner, grants.length)
  }

  async function list(owner: Owner, revoked?: number): Promise<Response> {
    const grants = await grantsOf(owner.indexes)
    return connectionsPage({
      address: owner.address,
      proof: sealProof(owner),
      grants: grants.slice(0, maxListed),
      ...(revoked === undefined ? {} : { revoked }),
    })
  }

  /** Only what is live or may become so; an index row can outlive its grant. */
  async function grantsOf(indexes: readonly string[]): Promise<Grant[]> {
    const owned = await Promise.all(indexes.map((index) => options.accounts.listOwners(index)))
    const ids = new Set(owned.flat().map(({ grantId }) => grantId))
    const grants = await Promise.all([...ids].map((grantId) => options.grants.getGrant(grantId)))
    return grants
      .filter((grant) => grant !== undefined)
      .filter((grant) => grant.state !== 'revoked' && grant.expiresAt > now())
      .filter((grant) => grant.ownerIndexes.some((index) => indexes.includes(index)))
      .sort((one, other) => other.createdAt - one.createdAt)
  }

  function sealProof(owner: Owner): string {
    const payload = Buffer.from(
      JSON.stringify([owner.address, owner.indexes, now() + proofSeconds]),
    ).toString('base64url')
    const [key] = secrets.handoffKeys
    if (key === undefined) throw new Error('There is no handoff key')
    return `${payload}.${macOf(payload, key.key)}`
  }

  function openProof(proof: string): Owner | undefined {
    const [payload = '', mac = ''] = proof.split('.')
    if (!secrets.handoffKeys.some(({ key }) => isEqual(mac, macOf(payload, key)))) return undefined
    const [address, indexes, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return expiresAt > now() ? { address, indexes } : undefined
  }
}

interface Owner {
  readonly address: string
  readonly indexes: readonly string[]
}

function macOf(payload: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`connections-proof\0${payload}`).digest('base64url')
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function ended(status: 400 | 403): Response {
  return messagePage({
    status,
    title: 'Please sign in again',
    text: 'This page was open for too long or was sent from elsewhere. Open “Your connections” and sign in again.',
  })
}
