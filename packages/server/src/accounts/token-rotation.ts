/**
 * The next access token of a mailbox (R90). Many calls in many processes may need it at once, and a provider may give a
 * new refresh token with it and end the old one. So one call takes a lease on the version of the credential that it read,
 * asks, and writes what it got under that lease; the others read again until the version has moved.
 *
 * A lease that was not given back is never taken over: its holder may have asked, and a refresh token that is used twice
 * looks like a theft. The owner then signs in again, through a link. What is sealed is prepared before the provider is
 * asked, with copies of the keys, so that neither the key service nor a client that goes away can lose an answer.
 */
import { randomBytes } from 'node:crypto'
import { type EpochSeconds, type Grant, StoreUnavailableError } from '@email-connector/oauth'
import type { Permission } from '../caller.ts'
import type { MailboxSecret } from '../keys/account-secret.ts'
import type { ProviderClient, ProviderClients } from '../provider-tokens/provider-client.ts'
import { isLasting, type LastingRefusal, ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { AccountRow, AccountStore } from '../store/account-store.ts'
import { type AccountKeys, prepareReseal } from './account-record.ts'
import { type StoredAccount, type TokenSource, withRefusal, withTokens } from './stored-account.ts'

/** A call ends after 24 s, and its clock and the provider's differ. */
const marginSeconds = 60
/** Longer than the provider is waited for (8 s) and the writes, shorter than a call. */
const leaseSeconds = 20
const pollMs = 300
/** A token that is refused so soon after it came is not refused for its age. */
const tooNewSeconds = 300
/** The answer of the provider is lost with the last of them. */
const writeAttempts = 5

export interface HeldAccount {
  /** S or S_a; this file keeps a copy for as long as it needs one. */
  readonly secret: MailboxSecret
  readonly grant: Grant
  readonly permission: Permission
  readonly row: AccountRow
  readonly account: StoredAccount
}

export interface TokenRotation {
  /** The account with a token that lasts for a call. `reload` reads grant, row and account again. */
  current(held: HeldAccount, reload: () => Promise<HeldAccount>): Promise<StoredAccount>
  /** The same after the mail server has refused the token; undefined where another would be refused as well. */
  afterRefusal(held: HeldAccount, reload: () => Promise<HeldAccount>): Promise<StoredAccount | undefined>
}

export function createTokenRotation(options: {
  readonly store: Pick<AccountStore, 'takeLease' | 'releaseLease' | 'replaceCredential'>
  readonly keys: AccountKeys
  readonly clients: ProviderClients
  readonly now: () => EpochSeconds
  readonly sleep?: (ms: number) => Promise<void>
}): TokenRotation {
  const { store, keys, clients, now, sleep = pause } = options

  /** Throws ProviderRefusedError where a token can come only from the person. */
  function assertAsked({ tokenSource }: StoredAccount): TokenSource | undefined {
    if (tokenSource?.refusal !== undefined) throw new ProviderRefusedError(tokenSource.refusal)
    return tokenSource
  }

  async function rotate(held: HeldAccount, reload: () => Promise<HeldAccount>): Promise<StoredAccount> {
    const { grant, row, account, secret } = held
    const { issuer, clientId, refreshToken } = account.tokenSource ?? {}
    const client = (await clients()).find(
      ({ provider }) =>
        provider.id === account.provider && provider.issuer === issuer && provider.clientId === clientId,
    )
    if (client === undefined || refreshToken === undefined) throw new ProviderRefusedError('ended')
    if (row.leaseHolder !== undefined) return await readAgain(held, reload)

    const reseal = await prepareReseal(keys, secret, grant, row)
    try {
      const holder = randomBytes(12).toString('base64url')
      const { grantId, accountId, credentialVersion } = row
      const lease = { grantId, accountId, credentialVersion, holder, until: now() + leaseSeconds }
      if ((await store.takeLease(lease)) === 'refused') return await readAgain(held, reload)
      const next = await ask(client, refreshToken, held).catch(async (error: unknown) => {
        await settleRefusal(error, held, { holder, seal: reseal.seal })
        throw error
      })
      const written = await persist(() =>
        store.replaceCredential(reseal.seal(next), credentialVersion, { holder }),
      )
      // The owner signed in again meanwhile: that token is the newer one.
      return written === 'changed' ? (await reload()).account : next
    } finally {
      reseal.close()
    }
  }

  async function ask(client: ProviderClient, refreshToken: string, { account, permission }: HeldAccount) {
    try {
      return withTokens(account, await client.refresh(refreshToken, permission), now())
    } catch (error) {
      // Nobody was there to decline: what was agreed to once is withdrawn.
      if (error instanceof ProviderRefusedError && error.refusal === 'declined')
        throw new ProviderRefusedError('consent_withdrawn', { cause: error })
      throw error
    }
  }

  /** Decides what the next call finds: a refusal that lasts, a credential to ask with, or a lease for good. */
  async function settleRefusal(
    error: unknown,
    { row, account }: HeldAccount,
    { holder, seal }: { holder: string; seal: (account: StoredAccount) => AccountRow },
  ): Promise<void> {
    const refusal = error instanceof ProviderRefusedError ? error.refusal : 'unanswered'
    if (isLasting(refusal)) {
      const refused: LastingRefusal = refusal
      await persist(() =>
        store.replaceCredential(seal(withRefusal(account, refused)), row.credentialVersion, { holder }),
      )
    } else if (refusal === 'unavailable' || refusal === 'misconfigured') {
      await persist(() => store.releaseLease(row.grantId, row.accountId, holder))
    }
  }

  /** What the holder of the lease has got, or how it fared. */
  async function readAgain(held: HeldAccount, reload: () => Promise<HeldAccount>): Promise<StoredAccount> {
    for (;;) {
      const found = await reload()
      if (found.row.credentialVersion !== held.row.credentialVersion) {
        assertAsked(found.account)
        return found.account
      }
      const { leaseHolder, leaseUntil = 0 } = found.row
      if (leaseHolder === undefined) throw new ProviderRefusedError('unavailable')
      if (leaseUntil <= now()) throw new ProviderRefusedError('unanswered')
      await sleep(pollMs)
    }
  }

  /** Undefined: the store is down. The call goes on with what it has; the lease tells the next one. */
  async function persist<T>(write: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await write()
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
        if (attempt >= writeAttempts) return undefined
        await sleep(pollMs * attempt)
      }
    }
  }

  return {
    async current(held, reload) {
      const source = assertAsked(held.account)
      if (source === undefined || source.expiresAt - now() > marginSeconds) return held.account
      return await rotate(held, reload)
    },

    async afterRefusal(held, reload) {
      const { tokenSource } = held.account
      if (tokenSource === undefined || now() - tokenSource.obtainedAt < tooNewSeconds) return undefined
      return await rotate(held, reload)
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
