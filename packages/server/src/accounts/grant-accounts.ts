/**
 * The mailboxes a caller may use. One query per request; the list needs no key service, opening one mailbox at most
 * one Decrypt. Before anything is opened, grant, record and caller must agree on what they share: the caller's part
 * was authenticated with its token, the record's with its own seal, and the grant row stands between them.
 */
import type { MailAccount, MailServer, ProviderId, ServerMemory } from '@email-connector/mail'
import type { EpochSeconds, Grant } from '@email-connector/oauth'
import { StoreUnavailableError } from '@email-connector/oauth'
import { type Admission, isAdmitted } from '../admission.ts'
import type { Caller, Permission } from '../caller.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import type { ProviderClients } from '../provider-tokens/provider-client.ts'
import type { AccountRow, AccountStore, GrantRows } from '../store/account-store.ts'
import type { AccountKeys } from './account-record.ts'
import { openAccount, openMemory, sealMemory } from './account-record.ts'
import type { AccountHint } from './grant-hint.ts'
import { openGrantHint } from './grant-hint.ts'
import { type OwnerSettings, readOwnerSettings } from './owner-settings.ts'
import { createTokenRotation, type HeldAccount } from './token-rotation.ts'

export interface AccountSummary {
  readonly accountId: string
  readonly address: string
  readonly provider: ProviderId
  readonly isDefault: boolean
  readonly permission: Permission
}

export interface OpenedAccount {
  readonly accountId: string
  readonly address: string
  readonly account: MailAccount
  readonly memory?: ServerMemory
  /** What the owner decided, for this mailbox and for the grant. */
  readonly settings: OwnerSettings
  /** Whether a link may lead to it: record and settings are in the form that a link's own key opens. */
  readonly isLinkable: boolean
  /** The keys of its emails in the ledger of sends, sealed. */
  readonly sealedOwner?: string
  /**
   * After the mail server has refused the access token: the same account with a new one, or undefined where the refusal
   * is about something else. Throws ProviderRefusedError.
   */
  withNewToken(): Promise<MailAccount | undefined>
  /** Keeps what was learned of the server. Never fails a call: without the memory the next one is a little slower. */
  remember(memory: ServerMemory): Promise<void>
}

export interface GrantAccounts {
  list(): Promise<readonly AccountSummary[]>
  /**
   * By address (any case) or account id; the default without one. Throws AccountNotFoundError, GrantGoneError,
   * AccountNotAdmittedError, KeyRefusedError (changed rows: alarm), KeyUnavailableError and StoreUnavailableError (503), and ProviderRefusedError
   * where a provider gives no token any more. `located` is told
   * where the mailbox should be while the key service is still asked: for opening a socket early, to be used only if
   * the opened account names the same server.
   */
  open(ref?: string, located?: (imap: MailServer) => void): Promise<OpenedAccount>
  /** When the grant ends, whatever is refreshed until then. */
  endsAt(): Promise<EpochSeconds>
}

/** The grant was revoked or has ended: the edge answers 401. */
export class GrantGoneError extends Error {
  override readonly name = 'GrantGoneError'
}

/** The operator no longer lets this mailbox be used (admission.ts). */
export class AccountNotAdmittedError extends Error {
  override readonly name = 'AccountNotAdmittedError'
}

/** The caller named a mailbox that is not connected. */
export class AccountNotFoundError extends Error {
  override readonly name = 'AccountNotFoundError'
  /** What is connected; not in `message`, so that no log holds an address. */
  readonly addresses: readonly string[]

  constructor(addresses: readonly string[]) {
    super('No connected mailbox has that address or id')
    this.addresses = addresses
  }
}

/** The grant's "last used" is no finer than this. */
const touchEverySeconds = 3600

interface LoadedGrant {
  readonly grant: Grant
  readonly settings: GrantRows['settings']
  readonly mailboxes: readonly { readonly hint: AccountHint; readonly row: AccountRow }[]
}

export function createGrantAccounts(
  options: AccountKeys & {
    readonly store: AccountStore
    readonly now: () => EpochSeconds
    /** Who may go on; everyone unless given. */
    readonly admission?: Admission
    readonly providerClients?: ProviderClients
  },
): (caller: Caller) => GrantAccounts {
  const { store, now, admission, providerClients: clients = async () => [] } = options
  const rotation = createTokenRotation({ store, keys: options, clients, now })

  async function load(caller: Caller): Promise<LoadedGrant> {
    const found = await store.findGrantWithAccounts(caller.grantId)
    if (found === undefined) throw new GrantGoneError('The grant is gone')
    const { grant, accounts, settings } = found
    assertLive(grant, caller, now())
    assertAgreement(grant, caller)
    const hints = openGrantHint(caller.secret, grant.grantId, grant.sealedHint)
    const mailboxes = hints.flatMap((hint) => {
      const row = accounts.find((candidate) => candidate.accountId === hint.accountId)
      return row === undefined ? [] : [{ hint, row }]
    })
    if (now() - (grant.lastUsedAt ?? 0) >= touchEverySeconds) {
      await unlessUnavailable(store.touchGrant(grant.grantId, now()))
    }
    return { grant, settings, mailboxes }
  }

  /** One mailbox as it is now. */
  async function hold(caller: Caller, accountId: string): Promise<HeldAccount> {
    const { grant, mailboxes } = await load(caller)
    const row = mailboxes.find(({ hint }) => hint.accountId === accountId)?.row
    if (row === undefined) throw new GrantGoneError('The mailbox was removed')
    assertSameGrant(row, grant)
    const { account } = await openAccount(options, caller.secret, grant, row, { mayRenew: false })
    return { secret: caller.secret, permission: caller.permission, grant, row, account }
  }

  return (caller) => {
    let loaded: Promise<LoadedGrant> | undefined
    const loadOnce = () => (loaded ??= load(caller))

    return {
      async list() {
        const { mailboxes } = await loadOnce()
        return mailboxes.map(({ hint: { imap: _, login: __, ...named } }, index) => ({
          ...named,
          isDefault: index === 0,
          permission: caller.permission,
        }))
      },

      async endsAt() {
        return (await loadOnce()).grant.absoluteExpiresAt
      },

      async open(ref, located) {
        const { grant, settings: settingsRows, mailboxes } = await loadOnce()
        const mailbox =
          ref === undefined ? mailboxes[0] : mailboxes.find(({ hint }) => isNamed(hint, ref.trim()))
        if (mailbox === undefined) throw new AccountNotFoundError(mailboxes.map(({ hint }) => hint.address))
        const { row, hint } = mailbox
        assertSameGrant(row, grant)
        located?.(hint.imap)
        const read = readOwnerSettings(caller.secret, { grant, account: row, settings: settingsRows })
        const { account: stored, renewed } = await openAccount(options, caller.secret, grant, row, {
          mayRenew: read.isStored,
        })
        if (admission !== undefined && stored.provider !== 'demo' && !isAdmitted(admission, stored))
          throw new AccountNotAdmittedError('The operator no longer lets this mailbox be used')
        // Losing the race is fine: the winner has written today's form.
        const outcome =
          renewed && (await unlessUnavailable(store.replaceCredential(renewed, row.credentialVersion)))
        if (read.sealedSeen !== undefined && row.sealedSeen !== undefined) {
          const { grantId, accountId, sealedSeen: asRead } = row
          await unlessUnavailable(
            store.setSealedSeen({ grantId, accountId, asRead, sealedSeen: read.sealedSeen }),
          )
        }
        const held = {
          ...{ secret: caller.secret, permission: caller.permission, grant, account: stored },
          row: renewed !== undefined && outcome === 'replaced' ? renewed : row,
        }
        const reload = () => hold(caller, hint.accountId)
        const account = withOwnersWords(await rotation.current(held, reload), read.settings)
        const memory = openMemory(caller.secret, row)
        return {
          accountId: row.accountId,
          address: account.address,
          account,
          settings: read.settings,
          isLinkable: read.isStored && held.row.v >= 2,
          ...(row.sealedOwner !== undefined && { sealedOwner: row.sealedOwner }),
          ...(memory && { memory }),
          withNewToken: () => rotation.afterRefusal(held, reload),
          async remember(learned) {
            if (JSON.stringify(learned) === JSON.stringify(memory)) return
            const sealed = sealMemory(caller.secret, grant.grantId, row.accountId, learned)
            if (sealed !== undefined)
              await unlessUnavailable(store.setMemory(grant.grantId, row.accountId, sealed))
          },
        }
      },
    }
  }
}

/** The name and the other addresses that the owner gave on the page; the record keeps what the sign-in knew. */
function withOwnersWords<Account extends MailAccount>(account: Account, settings: OwnerSettings): Account {
  if (settings.state !== 'open') return account
  const { name, aliases } = settings.account
  return {
    ...account,
    ...(name !== undefined && { displayName: name }),
    aliases: [...new Set([...account.aliases, ...aliases.map(({ address }) => address)])],
  }
}

/** TTL deletion is late by days: what is past its time is gone, whatever the table still holds. */
function assertLive(grant: Grant, caller: Caller, now: EpochSeconds): void {
  if (!isLive(grant, caller, now)) throw new GrantGoneError('The grant has ended')
}

export function isLive(grant: Grant, caller: Caller, now: EpochSeconds): boolean {
  return (
    grant.state === 'live' && grant.expiresAt > now && grant.absoluteExpiresAt > now && caller.expiresAt > now
  )
}

function assertAgreement(grant: Grant, caller: Caller): void {
  const granted = grant.scope.split(' ')
  const agrees =
    grant.grantId === caller.grantId &&
    grant.clientId === caller.clientId &&
    grant.permission === caller.permission &&
    grant.resource === caller.resource &&
    caller.scopes.every((scope) => granted.includes(scope)) &&
    caller.expiresAt <= grant.absoluteExpiresAt &&
    // Equal once live; the absolute one is in the AAD of every record, so neither can be moved alone.
    grant.expiresAt === grant.absoluteExpiresAt
  if (!agrees) throw new KeyRefusedError('The grant does not agree with the token')
}

function assertSameGrant(row: AccountRow, grant: Grant): void {
  const agrees =
    row.grantId === grant.grantId &&
    row.expiresAt === grant.absoluteExpiresAt &&
    grant.accountIds.includes(row.accountId)
  if (!agrees) throw new KeyRefusedError('The record does not agree with its grant')
}

function isNamed(hint: AccountHint, ref: string): boolean {
  return hint.accountId === ref || hint.address.toLowerCase() === ref.toLowerCase()
}

/** For what a call can do without. */
async function unlessUnavailable<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error
    return undefined
  }
}
