/**
 * R96: the organisation's login is asked again when a connection is refreshed, on both stores: once for all that refresh at
 * once, with the newest refresh token of the provider, and nothing ends because it does not answer.
 */
import { generateKeyPairSync } from 'node:crypto'
import { StoreUnavailableError } from '@email-connector/oauth'
import {
  findDynamoDb,
  type IdentityProvider,
  type LocalDynamoDb,
  startDynamoDb,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { daySeconds } from '../../src/clock.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { LevelStores } from '../../src/store/level/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { type GateProduct, startGateProduct, startGateProvider, type Tokens } from './gate-product.ts'

const people: Record<string, Readonly<Record<string, unknown>> | undefined> = {}
let idp: IdentityProvider
beforeAll(async () => {
  idp = await startGateProvider((name) => people[name])
})
afterAll(() => idp.stop())

describe('LevelDB', () => describeRefreshes((level) => level, 50))

describe.runIf(findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  let stores: ReturnType<typeof createDynamoStores>
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    const tables = await createTables(dynamoDb, 'gate')
    stores = createDynamoStores({
      ...{ ...dynamoDb.clientOptions, tables },
      // Requests at once keep a stand-in busy on a slow machine.
      ...{ attemptTimeoutMs: 60_000, deadlineMs: 60_000 },
    })
  })
  afterAll(() => dynamoDb.stop())
  // On AWS each is in a process of its own. In one, with a stand-in beside it, many that wait hold up the one that asks.
  describeRefreshes((level) => ({ ...level, ...stores }), 10)
})

function describeRefreshes(open: (level: LevelStores) => LevelStores, atOnce: number): void {
  let product: GateProduct
  /** Operations of the store that fail. */
  const broken = new Set<string>()
  beforeAll(async () => {
    product = await startGateProduct(
      idp,
      { OIDC_GATE_ALLOW: 'group:mail' },
      {
        wrapStores: (level) => {
          const { accounts, authorization, ...rest } = open(level)
          return {
            ...rest,
            accounts: breakable(accounts, broken),
            authorization: breakable(authorization, broken),
          }
        },
      },
    )
  })
  afterAll(() => product.stop())
  beforeEach(() => {
    people.ann = { groups: ['staff', 'mail'] }
  })
  afterEach(() => {
    broken.clear()
    idp.answerWith(undefined)
  })

  const asked = () => idp.asked.filter((grantType) => grantType === 'refresh_token').length
  /** Later than what was said a moment ago. */
  const pass = (seconds = 120) => {
    product.test.time.seconds += seconds
  }
  const connect = async () => {
    const tokens = await product.connectAs('ann')
    pass()
    return tokens
  }
  const refresh = async (tokens: Tokens) => {
    const answer = await product.refresh(tokens)
    const body = (await answer.json()) as Record<string, unknown>
    return { status: answer.status, error: body.error, tokens: { ...tokens, ...body } }
  }
  const isLive = async ({ access_token }: Tokens) => {
    const headers = { Authorization: `Bearer ${access_token}` }
    return (await product.test.fetch('/mcp', { method: 'POST', headers, body: '{}' })).status === 200
  }

  test('a connection lives for the year, a token a day, and each refresh asks once with the newest token', async () => {
    let tokens = await connect()
    expect(tokens.expires_in).toBe(daySeconds)
    const before = [asked(), idp.reused.length]
    for (let day = 1; day <= 3; day += 1) {
      pass(daySeconds - 1)
      const next = await refresh(tokens)
      expect(next.status).toBe(200)
      tokens = next.tokens
    }
    expect([asked(), idp.reused.length]).toEqual([(before[0] ?? 0) + 3, before[1]])
    expect(await isLive(tokens)).toBe(true)
  })

  test(`${atOnce} refreshes at once ask once and get the same answer, and so does one that is repeated`, async () => {
    const tokens = await connect()
    const before = asked()
    const reusedBefore = idp.reused.length
    const reused = () => idp.reused.length - reusedBefore
    const answers = await Promise.all(Array.from({ length: atOnce }, () => refresh(tokens)))
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1)
    expect([answers[0]?.status, asked() - before, reused()]).toEqual([200, 1, 0])
    expect(await refresh(tokens)).toEqual(answers[0])
    pass()
    expect((await refresh(answers[0]?.tokens ?? tokens)).status).toBe(200)
    expect([asked() - before, reused()]).toEqual([2, 0])
  })

  test.each<[what: string, leave: () => void]>([
    [
      'has left: the provider knows nobody of the name',
      () => {
        people.ann = undefined
      },
    ],
    [
      'is in no group of the rules any more',
      () => {
        people.ann = { groups: ['staff'] }
      },
    ],
    [
      'has more groups than it tells',
      () => {
        people.ann = { _claim_names: { groups: 'src1' } }
      },
    ],
    [
      'is told as somebody else',
      () => {
        idp.answerWith({ idToken: (token) => idp.signIdToken({ ...claimsIn(token), sub: 'bob' }) })
      },
    ],
    [
      'is told under another key',
      () => {
        idp.answerWith({ idToken: (token) => idp.signIdToken(claimsIn(token), stranger) })
      },
    ],
    [
      'is told by another issuer',
      () => {
        idp.answerWith({
          idToken: (token) => idp.signIdToken({ ...claimsIn(token), iss: 'https://other.example' }),
        })
      },
    ],
    [
      'is told of long ago',
      () => {
        idp.answerWith({ idToken: (token) => idp.signIdToken({ ...claimsIn(token), exp: 1_000_000 }) })
      },
    ],
    [
      'is not told of at all',
      () => {
        idp.answerWith({ idToken: () => undefined })
      },
    ],
  ])('R96: the person %s: the connection ends at its next refresh', async (_what, leave) => {
    const tokens = await connect()
    expect(await isLive(tokens)).toBe(true)
    leave()
    expect(await refresh(tokens)).toMatchObject({ status: 400, error: 'invalid_grant' })
    expect(await isLive(tokens)).toBe(false)
    idp.answerWith(undefined)
    people.ann = { groups: ['mail'] }
    expect((await refresh(tokens)).status).toBe(400)
  })

  test.each<[what: string, answer: Parameters<IdentityProvider['answerWith']>[0]]>([
    ['is overloaded', { status: 503, body: {} }],
    ['fails', { status: 500, body: {} }],
    ['answers nonsense', { status: 404, body: { not: 'found' } }],
    ['refuses the server, not the person', { status: 401, body: { error: 'invalid_client' } }],
    ['has a fault of its own', { status: 400, body: { error: 'server_error' } }],
  ])('a provider that %s: try again, and nothing ends', async (_what, answer) => {
    const tokens = await connect()
    idp.answerWith(answer)
    const down = await product.refresh(tokens)
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await down.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(await isLive(tokens)).toBe(true)
    idp.answerWith(undefined)
    expect((await refresh(tokens)).status).toBe(200)
  })

  test('R63: killed before its answer is written, after it, or with the answer lost: told to try again, or to sign in again', async () => {
    const written = await connect()
    broken.add('commitRefresh')
    expect((await refresh(written)).status).toBe(503)
    broken.clear()
    const before = asked()
    // What was written counts; nobody is asked once more.
    expect([(await refresh(written)).status, asked() - before]).toEqual([200, 0])

    const held = await connect()
    broken.add('takeGateLease')
    expect((await refresh(held)).status).toBe(503)
    broken.clear()
    expect((await refresh(held)).status).toBe(200)

    const lost = await connect()
    idp.answerWith('lost')
    expect((await refresh(lost)).status).toBe(503)
    idp.answerWith(undefined)
    // This provider ends a token that was used: it is a new sign-in, and no loop.
    expect(await refresh(lost)).toMatchObject({ status: 400, error: 'invalid_grant' })
  })

  test('a process that died with the lease is waited for no longer than a call, then taken over', async () => {
    const tokens = await connect()
    const { grantId } = await product.asCaller(tokens.access_token, async (caller) => ({
      grantId: caller.grantId,
    }))
    const { sealedGate = '' } = (await product.test.stores.authorization.getGrant(grantId)) ?? {}
    const { seconds } = product.test.time
    await product.test.stores.accounts.takeGateLease({
      ...{ grantId, wordAsRead: sealedGate, holder: 'dead', now: seconds, until: seconds + 30 },
    })
    const waiting = refresh(tokens)
    setTimeout(() => pass(31), 400)
    expect((await waiting).status).toBe(200)
  })
}

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

function claimsIn(token: string): object {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as object
}

function breakable<T extends object>(store: T, broken: ReadonlySet<string>): T {
  return new Proxy(store, {
    get(target, name, receiver) {
      const operation: unknown = Reflect.get(target, name, receiver)
      if (typeof operation !== 'function' || typeof name !== 'string') return operation
      return async (...given: unknown[]) => {
        if (broken.has(name)) throw new StoreUnavailableError('broken')
        return await operation.apply(target, given)
      }
    },
  })
}
