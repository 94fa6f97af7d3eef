/**
 * The pages behind a one-time link (R20): one more mailbox for a live grant, or a new password for one it has. Opening
 * the link consumes nothing. The person who opens it first proves the grant's first mailbox by a live login, which binds the
 * link to that browser; only then the app and its permission are shown, and the form that hands a password over.
 * Otherwise a stranger's link could collect someone's password into the stranger's grant.
 */
import type { ServerMemory } from '@email-connector/mail'
import { type AuthorizationStore, hostOfClient, isSameOrigin } from '@email-connector/oauth'
import { addAccount, replaceAccount } from '../accounts/connect-account.ts'
import { isSameMailbox } from '../accounts/grant-hint.ts'
import { type OpenedLink, openLink, parseLinkField } from '../accounts/one-time-link.ts'
import type { StoredAccount } from '../accounts/stored-account.ts'
import { type Permission, permissions } from '../caller.ts'
import { type GateWord, isSamePerson, openGateWord } from '../gate/gate-word.ts'
import { parseForm } from '../http/body.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { ownerIndexes } from '../keys/owner-index.ts'
import { hashGrantId } from '../log.ts'
import { gateLinkPage, gateStopped } from '../pages/gate-pages.ts'
import { linkDone, linkEnded, linkUnchangeable } from '../pages/link-ended-page.ts'
import { linkMailboxPage, linkProofPage } from '../pages/link-page.ts'
import { tooManyAttempts } from '../pages/sign-in-messages.ts'
import { type Fields, keptValues, mailboxRules, type ParsedMailbox } from './form.ts'
import { withCookies } from './known-browser.ts'
import { createLinkBond } from './link-bond.ts'
import { createReadMailbox } from './read-mailbox.ts'
import type { SentForm, SignInOptions } from './sign-in.ts'

export interface AddMailbox {
  /** GET /oauth/link */
  page(request: Request): Promise<Response>
  /** POST /oauth/link */
  post(request: Request, peer: { readonly ip: string }): Promise<Response>
  /** A form of this page, read already. */
  proceed(form: SentForm): Promise<Response>
  /** The first form, for a browser that has passed the gate. */
  begin(form: SentForm): Promise<Response>
}

export interface AddMailboxOptions extends Omit<SignInOptions, 'oauth'> {
  readonly links: Pick<
    AuthorizationStore,
    'findToken' | 'getGrant' | 'findLeash' | 'bindLink' | 'deleteToken'
  >
}

/** A list and a hint of this many stay small; nobody has been seen with more. */
const maxMailboxes = 20

/** The forms between which the token travels in the page: both are ours, and neither is cached. */
interface Asking {
  readonly request: Request
  readonly ip: string
  readonly fields: Fields
  readonly mailbox?: ParsedMailbox
  readonly token: string
  readonly link: OpenedLink
}

type Shown = Pick<Parameters<typeof linkProofPage>[0], 'values' | 'faults' | 'status'>

export function createAddMailbox(options: AddMailboxOptions): AddMailbox {
  const { settings, links, mailboxLogin, log, now } = options
  const rules = mailboxRules(options)
  const bond = createLinkBond({ publicUrl: settings.publicUrl, now })
  const readMailbox = createReadMailbox({ rules, admission: settings, findServers: options.findServers })

  return {
    async page(request) {
      const gate = await options.gate?.()
      const isIn = gate === undefined || (await gate.find(request)) !== undefined
      return isIn
        ? linkProofPage({ ...rules, values: {}, faults: [] })
        : gateLinkPage(gate.name, { faults: [] })
    },

    async post(request, { ip }) {
      if (!isSameOrigin(request, settings.publicUrl)) return linkEnded()
      const fields = await parseForm(request)
      return fields === undefined ? linkEnded(400) : await proceed({ request, fields, ip })
    },

    proceed,

    async begin({ fields }) {
      const link = fields.get('link')
      return linkProofPage({ ...rules, values: {}, faults: [], ...(link !== undefined && { link }) })
    },
  }

  async function proceed({ request, ip, fields, mailbox }: SentForm): Promise<Response> {
    const token = parseLinkField(fields.get('link'))
    const gate = await options.gate?.()
    const word = await gate?.find(request)
    const isOut = gate !== undefined && word === undefined
    if (token === undefined) {
      const faults = [{ field: 'link', message: 'Paste the whole link that your app shows.' }] as const
      return isOut
        ? gateLinkPage(gate.name, { faults, status: 422 })
        : linkProofPage({ ...rules, values: keptValues(fields), faults, status: 422 })
    }
    if (isOut) return await gate.leave({ page: 'link', fields: new Map([['link', token]]) })
    const link = await open(token)
    if (link === undefined) return linkEnded()
    try {
      if (gate !== undefined && word !== undefined && !isOfPerson(link, word)) {
        log({ event: 'connect', outcome: 'refused', code: 'not_allowed' })
        return gateStopped('not_yours', gate.name)
      }
      const asking = { request, ip, fields, token, link, ...(mailbox && { mailbox }) }
      return fields.get('step') === 'connect' ? await connect(asking) : await prove(asking)
    } finally {
      link.secret.fill(0)
    }
  }

  async function open(token: string): Promise<OpenedLink | undefined> {
    try {
      return await openLink({ store: links, now }, token)
    } catch (error) {
      return refused(error)
    }
  }

  /** Shows nothing of the grant, whatever is typed, until its first mailbox has opened. */
  async function prove(asking: Asking): Promise<Response> {
    const show = (shown: Shown) => linkProofPage({ ...rules, ...shown, link: asking.token })
    const proved = await login(asking, show, { permission: 'read', lasting: false })
    if (proved instanceof Response) return proved
    const { account, values, cookies } = proved
    const [first] = asking.link.mailboxes
    if (first === undefined || !isSameMailbox(first, account)) {
      const message = 'This is not the mailbox that was connected first. Sign in to that one.'
      return show({ values, faults: [{ field: 'address', message }], status: 422 })
    }
    const { row } = asking.link
    // The same browser may prove it again; to another the link is closed.
    const { value, cookie } = bond.renew(asking.request, row)
    if ((await links.bindLink(row.id, bond.boundTo(value))) === 'refused') return linkEnded()
    const form = mailboxForm(asking, { values: {}, faults: [] })
    return withCookies(form, [cookie, ...cookies])
  }

  async function connect(asking: Asking): Promise<Response> {
    const { link, fields } = asking
    if (!bond.holds(asking.request, link.row)) return linkEnded()
    if (fields.get('action') === 'cancel') {
      await links.deleteToken('link', link.row.id, link.grant.grantId)
      return linkDone('Nothing was changed', 'The link is used up. You can close this page.')
    }
    const opened = await login(asking, (shown) => mailboxForm(asking, shown), {
      permission: permissionOf(link),
      lasting: true,
    })
    if (opened instanceof Response) return opened
    const { account, memory, values, cookies } = opened
    const indexes = ownerIndexes(options.secrets.peppers, {
      imapHost: account.imap.host,
      login: account.login,
    })
    const position = link.grant.ownerIndexes.findIndex((index) => indexes.includes(index))
    const accountId = link.grant.accountIds[position]
    if (accountId === undefined && link.grant.accountIds.length >= maxMailboxes) {
      const message = `A connection holds ${maxMailboxes} mailboxes at most. Connect the app again for more.`
      return mailboxForm(asking, { values, faults: [{ message }], status: 422 })
    }
    const changed = await write(link, account, memory, accountId).catch(refused)
    if (changed === undefined) return linkUnchangeable()
    if (!changed) return linkEnded()
    await links.deleteToken('link', link.row.id, link.grant.grantId)
    log({
      event: 'connect',
      outcome: 'ok',
      provider: account.provider,
      grant: hashGrantId(link.grant.grantId),
    })
    const page =
      accountId === undefined
        ? linkDone(
            'The mailbox is connected',
            `${account.address} was added. Go back to your app; it can use it now.`,
          )
        : linkDone('The new password is stored', `${account.address} works again. Go back to your app.`)
    return withCookies(page, cookies)
  }

  /** Its rows were changed, or the seed that they were made with is gone. Nothing was written. */
  function refused(error: unknown): undefined {
    if (!(error instanceof KeyRefusedError)) throw error
    log({ event: 'key_refused', outcome: 'refused' })
  }

  /** An account id: that one's record is replaced. One update of the grant decides, and uses the link up. */
  async function write(
    link: OpenedLink,
    account: StoredAccount,
    memory: ServerMemory,
    accountId: string | undefined,
  ): Promise<boolean> {
    const change = {
      ...{ account, memory, secret: link.secret, grant: link.grant, linkId: link.row.id },
      ...{ store: options.accounts, keyWrapper: options.keyWrapper, secrets: options.secrets, now },
      ...{ app: options.app, stage: options.stage, issuer: settings.publicUrl },
    }
    if (accountId !== undefined) return (await replaceAccount({ ...change, accountId })) === 'replaced'
    return (await addAccount(change)).outcome === 'added'
  }

  /** The order of the checks of either form; a Response says what stopped it. */
  async function login(
    asking: Asking,
    show: (shown: Shown) => Response,
    { permission, lasting }: { permission: Permission; lasting: boolean },
  ) {
    const { request, fields, ip, link } = asking
    const { mailbox, values } = await readMailbox(fields, asking.mailbox)
    const { parsed: account, faults = [], wish } = mailbox
    if (wish !== undefined) {
      const { expiresAt: endsAt } = link.row
      const left = await options.trips.leave({ page: 'link', fields, wish, permission, lasting, endsAt })
      return left instanceof Response ? left : show({ values, faults: [left], status: 422 })
    }
    if (account === undefined) return show({ values, faults, status: 422 })
    const refusal = mailboxLogin.refusal(account)
    if (refusal !== undefined) return show({ values, faults: [refusal], status: 403 })
    const login = await mailboxLogin.login(account, {
      ...{ request, ip, at: 'sign-in', link: link.row },
      smtp: permission === 'send',
    })
    if (login.kind === 'exhausted') return tooManyAttempts()
    if (login.kind === 'failed') return show({ values, faults: [login.fault], status: 422 })
    return { account, values, memory: login.memory, cookies: login.cookies }
  }

  function mailboxForm({ token, link }: Asking, shown: Shown): Response {
    const { grant, mailboxes } = link
    const host = hostOfClient(grant.clientId)
    return linkMailboxPage({
      ...rules,
      ...shown,
      link: token,
      client: { name: grant.clientName, ...(host === undefined ? {} : { host }) },
      permission: permissionOf(link),
      addresses: mailboxes.map(({ address }) => address),
      endsAt: grant.absoluteExpiresAt,
    })
  }
}

/** What was connected behind the gate stays with the person who came through it. */
function isOfPerson({ secret, grant }: OpenedLink, word: GateWord): boolean {
  const made = openGateWord(secret, grant)
  return made !== undefined && isSamePerson(made, word)
}

function permissionOf({ grant }: OpenedLink): Permission {
  return permissions.find((known) => known === grant.permission) ?? 'read'
}
