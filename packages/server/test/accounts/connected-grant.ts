/** A live grant with one mailbox in a real store, sealed under a real key wrapper, and who may call. */
import { randomBytes } from 'node:crypto'
import type { MailAccount } from '@email-connector/mail'
import type { Grant } from '@email-connector/oauth'
import { sealAccount } from '../../src/accounts/account-record.ts'
import { type ConnectOptions, type PreparedGrant, prepareGrant } from '../../src/accounts/connect-account.ts'
import { sealGrantHint } from '../../src/accounts/grant-hint.ts'
import type { StoredAccount } from '../../src/accounts/stored-account.ts'
import type { Caller } from '../../src/caller.ts'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'
import type { Stores } from '../../src/store/stores.ts'
import { buildGrant, newId, now } from '../store/builders.ts'

const issuer = 'http://localhost:8993'
export const secrets = parseInstanceSecrets(createInstanceSecrets())
export const { peppers } = secrets

export const keysWith = (keyWrapper: KeyWrapper) => ({
  keyWrapper,
  app: 'email-connector',
  stage: 'test',
  issuer,
})

export function buildMailAccount(fields: Partial<MailAccount> = {}): MailAccount {
  return {
    provider: 'generic',
    address: 'ann@canary-address.example',
    aliases: ['alias@canary-address.example'],
    login: 'canary-login',
    imap: { host: 'imap.canary-host.example', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.canary-host.example', port: 465, tls: 'implicit' },
    credential: { type: 'password', password: 'canary-password' },
    ...fields,
  }
}

export interface ConnectedGrant {
  readonly grant: Grant
  readonly caller: Caller
  readonly connect: Omit<ConnectOptions, 'account'>
}

type Prepare = (
  options: Parameters<typeof prepareGrant>[0],
) => Promise<Omit<PreparedGrant, 'ownerRoom'> & { readonly ownerRoom?: string }>

/** A grant as 0.1.0 made it: a record of form 1, a hint without the login, nothing of the owner's room. */
export function connectGrantOf010(
  stores: Stores,
  keyWrapper: KeyWrapper,
  { address } = buildMailAccount(),
): Promise<ConnectedGrant> {
  const account = buildMailAccount({ address, login: address })
  return connectGrant(stores, keyWrapper, account, async (options) => {
    const { secret, grantId, pendingExpiresAt, absoluteExpiresAt } = options
    const accountId = newId()
    const row = await sealAccount({ ...options, recordVersion: 1 }, secret, options, {
      ...{ accountId, account, credentialVersion: 1, expiresAt: pendingExpiresAt },
    })
    const [ownerIndex = ''] = ownerIndexes(peppers, { imapHost: account.imap.host, login: account.login })
    const { provider, imap } = account
    return {
      ownerIndexes: [ownerIndex],
      accountIds: [accountId],
      sealedHint: sealGrantHint(secret, grantId, [{ accountId, address, provider, imap }]),
      async write(store) {
        await store.createOwner({ ownerIndex, grantId, expiresAt: absoluteExpiresAt })
        await store.createAccount(row)
      },
    }
  })
}

/** As the sign-in and the token endpoint do: index, record, pending grant, extension, commit. */
export async function connectGrant(
  stores: Stores,
  keyWrapper: KeyWrapper,
  account: StoredAccount = buildMailAccount(),
  prepare: Prepare = prepareGrant,
): Promise<ConnectedGrant> {
  // A view of shared memory, as Node's Buffers are: what must be a copy of it has to be one.
  const secret = Buffer.from(randomBytes(32))
  const connect = { ...keysWith(keyWrapper), secrets, secret, now: () => now }
  const pending = buildGrant({
    state: 'pending',
    generation: 0,
    permission: 'send',
    scope: 'email:read email:write',
    expiresAt: now + 600,
  })
  const prepared = await prepare({ ...connect, ...pending, account, pendingExpiresAt: now + 600 })
  const { write, ...named } = prepared
  await write(stores.accounts)
  const { grantId, codeId, absoluteExpiresAt } = pending
  await stores.authorization.createGrant({ ...pending, ...named })
  await stores.authorization.extendAccounts(grantId, named.accountIds, absoluteExpiresAt)
  await stores.authorization.commitRedemption({
    grantId,
    codeId,
    accessTokenId: newId(),
    refreshTokenId: newId(),
    now,
  })
  const grant = await stores.authorization.getGrant(grantId)
  if (grant === undefined) throw new Error('The grant was not kept')
  const caller: Caller = {
    grantId,
    clientId: grant.clientId,
    scopes: ['email:read', 'email:write'],
    permission: 'send',
    resource: grant.resource,
    expiresAt: now + 30 * 86_400,
    secret,
  }
  return { grant, caller, connect }
}
