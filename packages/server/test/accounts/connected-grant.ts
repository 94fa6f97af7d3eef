/** A live grant with one mailbox in a real store, sealed under a real key wrapper, and who may call. */
import { randomBytes } from 'node:crypto'
import type { MailAccount } from '@email-connector/mail'
import type { Grant } from '@email-connector/oauth'
import { type ConnectOptions, prepareGrant } from '../../src/accounts/connect-account.ts'
import type { StoredAccount } from '../../src/accounts/stored-account.ts'
import type { Caller } from '../../src/caller.ts'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import type { Stores } from '../../src/store/stores.ts'
import { buildGrant, newId, now } from '../store/builders.ts'

const issuer = 'http://localhost:8993'
export const { peppers } = parseInstanceSecrets(createInstanceSecrets())

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

/** As the sign-in and the token endpoint do: index, record, pending grant, extension, commit. */
export async function connectGrant(
  stores: Stores,
  keyWrapper: KeyWrapper,
  account: StoredAccount = buildMailAccount(),
): Promise<ConnectedGrant> {
  // A view of shared memory, as Node's Buffers are: what must be a copy of it has to be one.
  const secret = Buffer.from(randomBytes(32))
  const connect = { ...keysWith(keyWrapper), peppers, secret }
  const pending = buildGrant({
    state: 'pending',
    generation: 0,
    permission: 'send',
    scope: 'email:read email:write',
    expiresAt: now + 600,
  })
  const prepared = await prepareGrant({ ...connect, ...pending, account, pendingExpiresAt: now + 600 })
  const { ownerIndexes, accountIds, sealedHint } = prepared
  await prepared.write(stores.accounts)
  const { grantId, codeId, absoluteExpiresAt } = pending
  await stores.authorization.createGrant({ ...pending, ownerIndexes, accountIds, sealedHint })
  await stores.authorization.extendAccounts(grantId, accountIds, absoluteExpiresAt)
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
