/**
 * What a link of the owner's own pages leads to, without a client's token: one mailbox, once token, leash, grant, the
 * owner's settings and the browser's cookie agree, in this order, and only then the key service is asked. Whatever is
 * missing before that is `ended` or `unpaired`, and neither says anything of whose link it is.
 */
import type { MailAccount } from '@email-connector/mail'
import { type EpochSeconds, type Grant, readLeash } from '@email-connector/oauth'
import type * as z from 'zod'
import { type Admission, isAdmitted } from '../admission.ts'
import { type Permission, permissions } from '../caller.ts'
import type { AccountSecret } from '../keys/account-secret.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { ProviderClients } from '../provider-tokens/provider-client.ts'
import type { AccountRow, AccountStore } from '../store/account-store.ts'
import type { DerivedTokenRow, DerivedTokenStore, DerivedTokenType } from '../store/derived-token-store.ts'
import type { SettingsRow } from '../store/owner-room-store.ts'
import { type AccountKeys, openAccount } from './account-record.ts'
import { toDerivedId, unwrapDerived } from './derived-token.ts'
import { AccountNotAdmittedError } from './grant-accounts.ts'
import { readAccountSettings, readGrantSettings } from './owner-settings.ts'
import { findPairings } from './paired-browser.ts'
import type { AccountSettings, GrantSettings } from './settings.ts'
import { createTokenRotation, type HeldAccount } from './token-rotation.ts'

export interface LinkedMailbox<Subject> {
  readonly grant: Grant
  readonly permission: Permission
  readonly subject: Subject
  readonly settings: AccountSettings
  readonly expiresAt: EpochSeconds
  /** Of the link; says nothing of its token. */
  readonly linkId: string
  /** The keys of its emails in the ledger of sends, sealed. */
  readonly sealedOwner: string | undefined
  /** S_a; zeroed by `close`. */
  readonly secret: AccountSecret
  /** Asks the key service. Throws AccountNotAdmittedError, KeyRefusedError, KeyUnavailableError, ProviderRefusedError. */
  open(): Promise<MailAccount>
  /** After the mail server has refused its access token; undefined where another would be refused as well. */
  withNewToken(): Promise<MailAccount | undefined>
  /** What the owner decided for the whole grant; undefined where it cannot be read, or is older than what a call has seen. */
  grantSettings(policyKey: Uint8Array): GrantSettings | undefined
  /** Whether the grant has not ended meanwhile: reads its leash again. */
  isGranted(): Promise<boolean>
  close(): void
}

export type FoundLink<Subject> =
  | { readonly state: 'ended' }
  | { readonly state: 'unpaired' }
  | { readonly state: 'open'; readonly mailbox: LinkedMailbox<Subject> }

/** Throws StoreUnavailableError, and KeyRefusedError for rows that were changed. */
export type FindLink = <Subject>(
  kind: { readonly type: DerivedTokenType; readonly subject: z.ZodType<Subject> },
  token: string,
  request: Request,
) => Promise<FoundLink<Subject>>

const ended = { state: 'ended' } as const

export function createFindLink(
  options: AccountKeys & {
    readonly tokens: DerivedTokenStore
    readonly store: AccountStore
    readonly now: () => EpochSeconds
    readonly providerClients?: ProviderClients
    /** Who may go on. */
    readonly admission: Admission
  },
): FindLink {
  const { tokens, store, now, issuer: publicUrl, providerClients: clients = async () => [] } = options
  const rotation = createTokenRotation({ store, keys: options, clients, now })

  async function readRows({ grantId, accountId }: DerivedTokenRow) {
    const found = await store.findGrantWithAccounts(grantId)
    const account = found?.accounts.find((row) => row.accountId === accountId)
    if (found === undefined || account === undefined || !isLive(found.grant, account, now())) return undefined
    return { ...found, account }
  }

  return async (kind, token, request) => {
    const id = toDerivedId(token)
    const row = id === undefined ? undefined : await tokens.findDerivedToken(kind.type, id)
    if (row === undefined || row.expiresAt <= now()) return ended
    const leash = await readLeash({ store, now }, row.grantId)
    if (leash === undefined) return ended
    const { own, subject: written } = unwrap(token, row, leash)
    const secret = { accountId: row.accountId, own }
    try {
      const subject = kind.subject.safeParse(written)
      const rows = await readRows(row)
      const settings = rows && readAccountSettings(secret, rows)
      if (rows === undefined || settings === undefined || !subject.success) return close(ended)
      const [pairing, ...others] = findPairings(request, settings.browsers, { publicUrl, now: now() })
      if (pairing === undefined) return close({ state: 'unpaired' })
      const browser = [pairing, ...others].find((hash) => hash === row.boundTo) ?? pairing
      if ((await tokens.bindDerivedToken(row.type, row.id, browser)) === 'refused') return close(ended)
      return { state: 'open', mailbox: toMailbox(subject.data, settings, rows, { link: row, leash, secret }) }
    } catch (error) {
      zero(own)
      throw error
    }

    function close<T>(answer: T): T {
      zero(own)
      return answer
    }
  }

  function toMailbox<Subject>(
    subject: Subject,
    settings: AccountSettings,
    rows: { grant: Grant; account: AccountRow; settings: readonly SettingsRow[] },
    { link, leash, secret }: { link: DerivedTokenRow; leash: Uint8Array; secret: AccountSecret },
  ): LinkedMailbox<Subject> {
    const { grant, account: row } = rows
    const permission = permissions.find((one) => one === grant.permission) ?? 'read'
    const hold = async (current: { grant: Grant; account: AccountRow }): Promise<HeldAccount> => {
      const { account } = await openAccount(options, secret, current.grant, current.account, {
        mayRenew: false,
      })
      return { secret, permission, grant: current.grant, row: current.account, account }
    }
    const reload = async () => {
      const rows = await readRows(link)
      if (rows === undefined) throw new KeyRefusedError('The grant has ended')
      return await hold(rows)
    }
    let held: HeldAccount | undefined
    const withOwnName = (account: MailAccount): MailAccount => ({
      ...account,
      ...(settings.name !== undefined && { displayName: settings.name }),
      aliases: [...new Set([...account.aliases, ...settings.aliases.map(({ address }) => address)])],
    })
    return {
      ...{ grant, permission, subject, settings, secret },
      ...{ expiresAt: link.expiresAt, linkId: link.id, sealedOwner: row.sealedOwner },
      grantSettings: (policyKey) => readGrantSettings(secret, policyKey, rows),
      async open() {
        held = await hold({ grant, account: row })
        if (held.account.provider !== 'demo' && !isAdmitted(options.admission, held.account))
          throw new AccountNotAdmittedError('The operator no longer lets this mailbox be used')
        return withOwnName(await rotation.current(held, reload))
      },
      withNewToken: async () => held && (await rotation.afterRefusal(held, reload)),
      async isGranted() {
        const still = await readLeash({ store, now }, link.grantId)
        return still !== undefined && Buffer.compare(still, leash) === 0
      },
      close: () => zero(secret.own),
    }
  }

  function unwrap(token: string, row: DerivedTokenRow, leash: Uint8Array) {
    try {
      return unwrapDerived(token, row, leash)
    } catch (cause) {
      if (cause instanceof SealBrokenError)
        throw new KeyRefusedError('The row of a link does not open', { cause })
      throw cause
    }
  }
}

/** The record's seal holds what it shares with the grant; the grant's state and expiry are compared here. */
function isLive(grant: Grant, account: AccountRow, now: EpochSeconds): boolean {
  return (
    grant.state === 'live' &&
    grant.expiresAt > now &&
    grant.expiresAt === grant.absoluteExpiresAt &&
    account.expiresAt === grant.absoluteExpiresAt &&
    grant.accountIds.includes(account.accountId)
  )
}
