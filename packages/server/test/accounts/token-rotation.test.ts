/** What many calls make of one refresh token, and what is left when the provider refuses, is silent, or a process dies. */
import { StoreUnavailableError } from '@email-connector/oauth'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { replaceAccount } from '../../src/accounts/connect-account.ts'
import { type StoredAccount, toStoredAccount } from '../../src/accounts/stored-account.ts'
import { createProviderClient } from '../../src/provider-tokens/provider-client.ts'
import { type ProviderRefusal, ProviderRefusedError } from '../../src/provider-tokens/provider-refusal.ts'
import { organisationSignIn, type SignInProvider } from '../../src/sign-in-provider.ts'
import { now } from '../store/builders.ts'
import { type ConnectedGrant, connectGrant } from './connected-grant.ts'
import { accountsOf, clock, keyWrapper, kms, stores } from './deployment.ts'
import { firstRefreshToken, startTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts'

let endpoint: TokenEndpoint
let provider: SignInProvider
let connected: ConnectedGrant

beforeEach(async () => {
  endpoint = await startTokenEndpoint()
  provider = organisationSignIn({
    ...{ clientId: 'client', clientSecret: 'secret', name: 'Works', issuer: endpoint.issuer },
    ...{ scopes: ['mail', 'offline_access'], mechanism: 'XOAUTH2' },
    imap: { host: 'imap.works.example', port: 993, tls: 'implicit' },
    smtp: { host: 'smtp.works.example', port: 465, tls: 'implicit' },
  })
  connected = await connectGrant(stores, keyWrapper, signedIn(firstRefreshToken))
})
afterEach(() => endpoint.stop())

function signedIn(refreshToken: string, accessToken = 'access-0', expiresAt = now + 10): StoredAccount {
  return toStoredAccount(provider, 'ann@works.example', { accessToken, refreshToken, expiresAt }, now)
}

/** What one process knows: nothing but the store. */
function openElsewhere(secret = Uint8Array.from(connected.caller.secret)) {
  const client = createProviderClient({ provider, now: () => clock.now })
  const providerClients = async () => [client]
  return accountsOf(connected, { providerClients, secret }).open()
}

async function tokenOf(opening: ReturnType<typeof openElsewhere>): Promise<string | undefined> {
  const { credential } = (await opening).account
  return credential.type === 'oauth' ? credential.accessToken : undefined
}

async function refusalOf(opening: ReturnType<typeof openElsewhere>): Promise<ProviderRefusal | undefined> {
  const error: unknown = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error !== undefined && !(error instanceof ProviderRefusedError)) throw error
  return error?.refusal
}

async function rowOf() {
  return (await stores.accounts.findGrantWithAccounts(connected.grant.grantId))?.accounts[0]
}

describe('the next token', () => {
  test('R90: 50 processes at its expiry make one refresh, and the newest refresh token is the one that is kept', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => tokenOf(openElsewhere())))
    expect(new Set(tokens)).toEqual(new Set(['access-1']))
    expect(endpoint.shown).toEqual([firstRefreshToken])
    clock.now += 3600
    expect(await tokenOf(openElsewhere())).toBe('access-2')
    expect(endpoint.shown).toEqual([firstRefreshToken, 'refresh-1'])
    expect(await rowOf()).toMatchObject({ credentialVersion: 3 })
    expect(await rowOf()).not.toHaveProperty('leaseHolder')
  })

  test('a token that lasts for a call is used as it is, and KMS makes no data key for the next one', async () => {
    await stores.accounts.deleteAccount(connected.grant.grantId, connected.grant.accountIds[0] ?? '')
    connected = await connectGrant(stores, keyWrapper, signedIn(firstRefreshToken, 'access-0', now + 61))
    expect(await tokenOf(openElsewhere())).toBe('access-0')
    clock.now += 1
    kms.forgetCalls()
    expect(await tokenOf(openElsewhere())).toBe('access-1')
    expect(new Set(kms.calls.map(({ operation }) => operation))).toEqual(new Set(['Decrypt']))
  })

  test('R90: a client that goes away while the provider is asked loses no answer', async () => {
    let release = () => {}
    endpoint.hold = new Promise((resolve) => {
      release = resolve
    })
    const secret = Uint8Array.from(connected.caller.secret)
    const opening = openElsewhere(secret)
    while (endpoint.shown.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    secret.fill(0)
    release()
    await opening.catch(() => undefined)
    expect(await tokenOf(openElsewhere())).toBe('access-1')
    expect(endpoint.shown).toEqual([firstRefreshToken])
  })

  test('R63, R90: is kept though the store fails when it is written: nobody has to sign in again', async () => {
    const { replaceCredential } = stores.accounts
    let failures = 0
    Object.assign(stores.accounts, {
      async replaceCredential(...given: Parameters<typeof replaceCredential>) {
        if (failures++ === 0) throw new StoreUnavailableError('down')
        return await replaceCredential(...given)
      },
    })
    try {
      expect(await tokenOf(openElsewhere())).toBe('access-1')
    } finally {
      Object.assign(stores.accounts, { replaceCredential })
    }
    expect(failures).toBe(2)
    clock.now += 3600
    expect(await tokenOf(openElsewhere())).toBe('access-2')
    expect(endpoint.shown).toEqual([firstRefreshToken, 'refresh-1'])
  })

  test('R90: gives way to the one of an owner who signed in again while the provider was asked', async () => {
    let release = () => {}
    endpoint.hold = new Promise((resolve) => {
      release = resolve
    })
    const opening = tokenOf(openElsewhere())
    while (endpoint.shown.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const [accountId = ''] = connected.grant.accountIds
    const account = signedIn('refresh-new', 'access-new', clock.now + 3600)
    const change = { ...connected.connect, store: stores.accounts, grant: connected.grant }
    expect(await replaceAccount({ ...change, account, accountId })).toBe('replaced')
    release()
    expect(await opening).toBe('access-new')
    expect(await tokenOf(openElsewhere())).toBe('access-new')
  })

  test('R90: is not asked for where the mail server refuses one that has just come, and is where that one is old', async () => {
    await openElsewhere()
    const { account, withNewToken } = await openElsewhere()
    expect(account.credential).toMatchObject({ accessToken: 'access-1' })
    clock.now += 299
    expect(await withNewToken()).toBeUndefined()
    expect(endpoint.shown).toEqual([firstRefreshToken])
    clock.now += 1
    expect((await withNewToken())?.credential).toMatchObject({ accessToken: 'access-2' })
  })

  test('is not asked for with what another client or provider was given', async () => {
    provider = { ...provider, clientId: 'another client' }
    expect(await refusalOf(openElsewhere())).toBe('ended')
    expect(endpoint.shown).toEqual([])
  })
})

describe('R90: no answer', () => {
  test('an answer that is lost is not asked for again, by nobody, until the owner signs in again', async () => {
    endpoint.behaviour = 'loses'
    expect(await refusalOf(openElsewhere())).toBe('unanswered')
    endpoint.behaviour = 'rotates'
    clock.now += 21
    expect(await refusalOf(openElsewhere())).toBe('unanswered')
    clock.now += 86_400
    expect(await refusalOf(openElsewhere())).toBe('unanswered')
    expect(endpoint.shown).toEqual([firstRefreshToken])

    const change = { ...connected.connect, store: stores.accounts, grant: connected.grant }
    const [accountId = ''] = connected.grant.accountIds
    const account = signedIn('refresh-new', 'access-new', clock.now + 3600)
    expect(await replaceAccount({ ...change, account, accountId })).toBe('replaced')
    expect(await tokenOf(openElsewhere())).toBe('access-new')
  })

  test('a process that died with the lease is waited for, and then the owner is asked', async () => {
    const row = await rowOf()
    if (row === undefined) throw new Error('There is a row')
    const { grantId, accountId, credentialVersion } = row
    const until = clock.now + 20
    await stores.accounts.takeLease({ grantId, accountId, credentialVersion, holder: 'dead', until })
    const waiting = refusalOf(openElsewhere())
    await new Promise((resolve) => setTimeout(resolve, 50))
    clock.now += 20
    expect(await waiting).toBe('unanswered')
    expect(endpoint.shown).toEqual([])
  })
})

const json = (body: Record<string, unknown>) => JSON.stringify(body)
const aadsts = (error: string, number: number) => ({
  status: 400,
  body: json({ error, error_description: `AADSTS${number}: canary sentence`, error_codes: [number] }),
})

describe('R90: a refusal is read once, kept, and the provider is not asked again', () => {
  test.each<[ProviderRefusal, { status: number; body: string }]>([
    [
      'ended',
      {
        status: 400,
        body: json({ error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }),
      },
    ],
    [
      'revoked',
      { status: 400, body: json({ error: 'invalid_grant', error_description: 'grant was revoked' }) },
    ],
    ['expired', aadsts('invalid_grant', 700082)],
    ['revoked', aadsts('invalid_grant', 50173)],
    ['consent_withdrawn', aadsts('invalid_grant', 65001)],
    ['admin_consent_needed', aadsts('invalid_grant', 90094)],
    ['interaction_required', aadsts('interaction_required', 50076)],
    [
      'interaction_required',
      { status: 400, body: json({ error: 'invalid_grant', error_subtype: 'invalid_rapt' }) },
    ],
    ['blocked', aadsts('invalid_grant', 53003)],
    ['account_unusable', aadsts('invalid_grant', 50057)],
    ['consent_withdrawn', { status: 400, body: json({ error: 'access_denied' }) }],
  ])('%s', async (refusal, behaviour) => {
    endpoint.behaviour = behaviour
    expect(await refusalOf(openElsewhere())).toBe(refusal)
    endpoint.behaviour = 'rotates'
    expect(await refusalOf(openElsewhere())).toBe(refusal)
    expect(endpoint.shown).toHaveLength(1)
    expect(await rowOf()).not.toHaveProperty('leaseHolder')
  })

  test.each<[string, ProviderRefusal, { status: number; body: string }]>([
    ['too many requests', 'unavailable', { status: 429, body: '' }],
    ['not now', 'unavailable', { status: 503, body: 'busy' }],
    ['a secret that is over', 'misconfigured', aadsts('invalid_client', 7000222)],
  ])('%s passes: the next call asks again', async (_name, refusal, behaviour) => {
    endpoint.behaviour = behaviour
    expect(await refusalOf(openElsewhere())).toBe(refusal)
    expect(await rowOf()).not.toHaveProperty('leaseHolder')
    expect(await refusalOf(openElsewhere())).toBe(refusal)
    expect(endpoint.shown).toHaveLength(2)
  })

  test('a provider that is not there was not asked', async () => {
    await openElsewhere().catch(() => undefined)
    clock.now += 3600
    await endpoint.stop()
    expect(await refusalOf(openElsewhere())).toBe('unavailable')
    expect(await rowOf()).not.toHaveProperty('leaseHolder')
  })
})
