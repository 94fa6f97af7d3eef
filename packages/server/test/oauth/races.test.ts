/**
 * R07 and R14 on both real stores, through the authorization server: 50 requests at once with one code, and 50 with
 * one refresh token. What one process's memory could hide, a database over the wire does not.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type AuthorizationStore, createAuthorizationServer } from '@email-connector/oauth'
import { createTempFolder, findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'

const issuer = 'https://mail.example.org'
const clientId = 'https://claude.ai/oauth/mcp-oauth-client-metadata'
const redirectUri = 'https://claude.ai/api/mcp/auth_callback'
const parallel = 50
/** Stands still: on a busy machine a race must not become a late replay. */
const now = Math.floor(Date.now() / 1000)

interface Answer {
  readonly status: number
  readonly body: string
}

describe('LevelDB', () => {
  const folder = createTempFolder('races')
  let stores: LevelStores
  beforeAll(async () => {
    stores = await createLevelStores({ dir: folder.path, now: () => now })
  })
  afterAll(async () => {
    await stores.close()
    await folder.remove()
  })
  describeRaces(() => [stores.authorization])
})

describe.runIf(findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  let stores: AuthorizationStore[]
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    const tables = await createTables(dynamoDb, 'races')
    // Patient: what a slow machine does to 50 requests is no outage.
    const patience = { attemptTimeoutMs: 20_000, deadlineMs: 25_000 }
    const open = () => createDynamoStores({ ...dynamoDb.clientOptions, tables, ...patience }).authorization
    // As several functions are: clients of one database that know nothing of each other.
    stores = [open(), open(), open()]
  })
  afterAll(() => dynamoDb?.stop())
  describeRaces(() => stores)
})

/** One server for each store; all share their keys, as the functions of a deployment do. */
function describeRaces(open: () => readonly AuthorizationStore[]): void {
  const dcrKeys = [{ kid: 'd', key: randomBytes(32) }]
  const handoffKeys = [{ kid: 'h', key: randomBytes(32) }]
  const startServers = () =>
    open().map((store) =>
      createAuthorizationServer({
        issuer,
        resource: `${issuer}/mcp`,
        scopes: ['email:read', 'email:write'],
        store,
        dcrKeys,
        handoffKeys,
        now: () => now,
      }),
    )

  function connectTo(servers: ReturnType<typeof startServers>) {
    const any = (index: number) => {
      const server = servers[index % servers.length]
      if (server === undefined) throw new Error('No server')
      return server
    }
    const post = async (index: number, fields: Record<string, string>): Promise<Answer> => {
      const response = await any(index).token(
        new Request(`${issuer}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) }),
      )
      return { status: response.status, body: await response.text() }
    }
    return {
      any,
      post,
      /** All of them leave before the first answer. */
      postAll: (fields: Record<string, string>) =>
        Promise.all(Array.from({ length: parallel }, (_, index) => post(index, fields))),
      isLive: async (token: string) => (await any(0).findAccessToken(token)).kind === 'live',
    }
  }

  test('R07 R08: of 50 parallel exchanges of one code one wins, and what it got goes on working', async () => {
    const { any, post, postAll, isLive } = connectTo(startServers())
    const answers = await postAll(await approve(any(0)))
    const [winner, ...others] = answers.filter(({ status }) => status === 200)
    expect(others).toEqual([])
    for (const { status, body } of answers.filter((one) => one !== winner)) {
      expect([status, JSON.parse(body).error]).toEqual([400, 'invalid_grant'])
    }
    const tokens = JSON.parse(winner?.body ?? '')
    expect(await isLive(tokens.access_token)).toBe(true)
    const refreshed = await post(1, refreshWith(tokens.refresh_token))
    expect(refreshed.status).toBe(200)
    expect(await isLive(JSON.parse(refreshed.body).access_token)).toBe(true)
  })

  test('R14: 50 parallel refreshes with one token get one and the same successor, which goes on working', async () => {
    const { any, post, postAll, isLive } = connectTo(startServers())
    const first = JSON.parse((await post(0, await approve(any(0)))).body)
    const answers = await postAll(refreshWith(first.refresh_token))
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    const successor = JSON.parse(answers[0]?.body ?? '')
    expect(successor.refresh_token).not.toBe(first.refresh_token)
    expect(await isLive(successor.access_token)).toBe(true)
    expect((await post(2, refreshWith(successor.refresh_token))).status).toBe(200)
  })

  test('R14 R15: 25 refreshes against 25 revocations: whichever wins, nothing that was given out lives on', async () => {
    const { any, post, isLive } = connectTo(startServers())
    const first = JSON.parse((await post(0, await approve(any(0)))).body)
    const revoke = async (index: number) => {
      const body = new URLSearchParams({ client_id: clientId, token: first.refresh_token })
      const response = await any(index).revoke(
        new Request(`${issuer}/oauth/revoke`, { method: 'POST', body }),
      )
      return response.status
    }
    const [refreshed, revoked] = await Promise.all([
      Promise.all(Array.from({ length: 25 }, (_, index) => post(index, refreshWith(first.refresh_token)))),
      Promise.all(Array.from({ length: 25 }, (_, index) => revoke(index))),
    ])
    expect([...new Set(revoked)]).toEqual([200])
    const given = refreshed.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body))
    for (const { access_token } of [first, ...given]) expect(await isLive(access_token)).toBe(false)
    for (const { refresh_token } of [first, ...given]) {
      expect((await post(0, refreshWith(refresh_token))).status).toBe(400)
    }
  })
}

function refreshWith(token: string): Record<string, string> {
  return { grant_type: 'refresh_token', client_id: clientId, refresh_token: token }
}

/** What redeems a fresh code. */
async function approve(
  server: ReturnType<typeof createAuthorizationServer>,
): Promise<Record<string, string>> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const page = await server.authorize(new Request(`${issuer}/oauth/authorize?${query}`))
  if (page.kind !== 'page') throw new Error(`No page: ${page.response.status}`)
  const grantId = randomBytes(16).toString('hex')
  const response = await server.approve(page.transaction, {
    grantId,
    secret: randomBytes(32),
    permission: 'send',
    scope: 'email:read email:write',
    ownerIndexes: [`owner-of-${grantId}`],
    accountIds: [`account-of-${grantId}`],
    sealedHint: 'aGludA',
    absoluteExpiresAt: page.transaction.expiresAt + server.lifetimes.refreshAbsoluteSeconds,
  })
  const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }
}
