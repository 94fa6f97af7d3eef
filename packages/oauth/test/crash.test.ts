/**
 * R63: the store goes away, or the process dies, before and after every operation of redemption, refresh and
 * revocation, once and twice in a row. What was acknowledged works; what failed can be asked for again.
 */
import { describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '../src/index.ts'
import { claudeId, createDeployment, type Deployment, form, ok, problem, type Tokens } from './deployment.ts'
import type { Operation } from './memory-store.ts'

class Killed extends Error {}

interface Fault {
  /** Counted from 0 within the request. */
  readonly at: number
  readonly phase: 'before' | 'after'
  /** `blip`: one operation fails. `down`: all from there on. `kill`: the process ends there. */
  readonly kind: 'blip' | 'down' | 'kill'
}

/** Runs one request under the fault. The response; `undefined` when the process was killed. */
async function under(
  deployment: Deployment,
  fault: Fault,
  ask: () => Promise<Response>,
): Promise<Response | undefined> {
  let count = -1
  const strike = (phase: Fault['phase']) => () => {
    if (phase === 'before') count += 1
    const now = phase === fault.phase && count === fault.at
    const later = count > fault.at || (count === fault.at && phase === 'after')
    if (fault.kind === 'kill' && (now || later)) throw new Killed()
    if (now || (fault.kind === 'down' && later)) throw new StoreUnavailableError()
  }
  Object.assign(deployment.store.hooks, { before: strike('before'), after: strike('after') })
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Killed) return undefined
    throw error
  } finally {
    deployment.store.hooks.before = () => undefined
    deployment.store.hooks.after = () => undefined
  }
}

async function operationsOf(deployment: Deployment, ask: () => Promise<Response>): Promise<Operation[]> {
  const operations: Operation[] = []
  deployment.store.hooks.before = (operation) => operations.push(operation)
  await ask()
  delete deployment.store.hooks.before
  return operations
}

function faultsOn(operations: readonly Operation[]): Fault[] {
  return operations.flatMap((_, at) =>
    (['before', 'after'] as const).flatMap((phase) =>
      (['blip', 'down', 'kill'] as const).map((kind) => ({ at, phase, kind })),
    ),
  )
}

/** Unless the process is gone, the answer to a failed store is a 503 that says when to come again. */
function assertUnavailable(response: Response | undefined, fault: Fault): void {
  expect(response?.status, JSON.stringify(fault)).toBe(fault.kind === 'kill' ? undefined : 503)
  if (response !== undefined) expect(response.headers.get('retry-after')).toBe('5')
}

/** The pair works, goes on working, and ends when the grant is revoked. */
async function assertSound(deployment: Deployment, tokens: Tokens): Promise<void> {
  expect(await deployment.isLive(tokens.access_token)).toBe(true)
  const next = await ok(deployment.refresh(tokens.refresh_token))
  expect(await deployment.isLive(next.access_token)).toBe(true)
  await deployment.server.revoke(form('revoke', { client_id: claudeId, token: next.refresh_token }))
  expect(await deployment.isLive(next.access_token)).toBe(false)
  expect(await deployment.isLive(tokens.access_token)).toBe(false)
  expect(await problem(deployment.refresh(next.refresh_token))).toBe('400 invalid_grant')
  expect(deployment.store.grants.size + deployment.store.accounts.size).toBe(0)
}

describe('R63: a fault at any point', () => {
  test('of a redemption: the same code succeeds on the retry, unless the grant was committed already', async () => {
    const probe = createDeployment()
    const { redemption: probed } = await probe.signIn()
    const operations = await operationsOf(probe, () => probe.server.token(form('token', probed)))
    expect(operations.at(-1)).toBe('commitRedemption')
    for (const fault of faultsOn(operations)) {
      const deployment = createDeployment()
      const { redemption, grantId } = await deployment.signIn()
      const ask = () => deployment.server.token(form('token', redemption))
      assertUnavailable(await under(deployment, fault, ask), fault)
      if (fault.at === operations.length - 1 && fault.phase === 'after') {
        // Committed, the answer lost: refused like any second use, and the later replay cleans up.
        expect(await problem(ask())).toBe('400 invalid_grant')
        deployment.clock.now += 11
        expect(await problem(ask())).toBe('400 invalid_grant')
        expect(deployment.store.grants.has(grantId)).toBe(false)
      } else {
        await assertSound(deployment, await ok(ask()))
      }
    }
  })

  test('of a redemption, with no retry: what is left expires with the pending grant and opens nothing', async () => {
    const deployment = createDeployment()
    const { redemption, grantId } = await deployment.signIn()
    const ask = () => deployment.server.token(form('token', redemption))
    await under(deployment, { at: 4, phase: 'before', kind: 'kill' }, ask)
    deployment.clock.now += 60
    expect(await problem(ask())).toBe('400 invalid_grant')
    expect(deployment.store.grants.get(grantId)?.state ?? 'gone').not.toBe('live')
  })

  test('of a refresh, once or twice: the same token gets a working pair on the retry', async () => {
    const probe = createDeployment()
    const probed = await probe.connect()
    const operations = await operationsOf(probe, () => probe.refresh(probed.tokens.refresh_token))
    const faults = faultsOn(operations)
    const kills = faults.filter(({ kind, phase }) => kind === 'kill' && phase === 'after')
    for (const fault of faults) {
      for (const again of [undefined, ...(fault.kind === 'kill' ? kills : [])]) {
        const deployment = createDeployment()
        const { tokens } = await deployment.connect()
        const ask = () => deployment.refresh(tokens.refresh_token)
        assertUnavailable(await under(deployment, fault, ask), fault)
        deployment.clock.now += 20
        if (again !== undefined) await under(deployment, again, ask)
        const answered = await ok(ask())
        expect(await ok(ask())).toEqual(answered)
        const wrapped = deployment.store.tokens.get(
          `refresh#${[...deployment.store.grants.values()][0]?.previousRefreshTokenId}`,
        )
        expect(wrapped?.wrap).toBeUndefined()
        await assertSound(deployment, answered)
      }
    }
  })

  test('of a refresh, with no retry: a revocation by the owner still ends every token that was given out', async () => {
    const probe = createDeployment()
    const probed = await probe.connect()
    const operations = await operationsOf(probe, () => probe.refresh(probed.tokens.refresh_token))
    for (const fault of faultsOn(operations)) {
      const deployment = createDeployment()
      const { tokens, grantId } = await deployment.connect()
      const known = new Set([...deployment.store.tokens.keys()])
      await under(deployment, fault, () => deployment.refresh(tokens.refresh_token))
      await deployment.server.revokeGrant(grantId)
      const left = [...deployment.store.tokens].filter(
        ([key, row]) => known.has(key) && row.wrap !== undefined,
      )
      expect(left, JSON.stringify(fault)).toEqual([])
      expect(await deployment.isLive(tokens.access_token)).toBe(false)
    }
  })

  test('of a revocation, by client, owner, replay or reuse: the retry finishes it [rfc7009-2.2.1]', async () => {
    const ways: Record<string, (deployment: Deployment) => Promise<() => Promise<Response>>> = {
      async client(deployment) {
        const { tokens } = await deployment.connect()
        const { refresh_token } = await ok(deployment.refresh(tokens.refresh_token))
        return () => deployment.server.revoke(form('revoke', { client_id: claudeId, token: refresh_token }))
      },
      async owner(deployment) {
        const { grantId } = await deployment.connect()
        return async () => {
          try {
            await deployment.server.revokeGrant(grantId)
            return new Response()
          } catch (error) {
            if (!(error instanceof StoreUnavailableError)) throw error
            return new Response(null, { status: 503, headers: { 'Retry-After': '5' } })
          }
        }
      },
      async replay(deployment) {
        const { redemption } = await deployment.connect()
        deployment.clock.now += 11
        return () => deployment.server.token(form('token', redemption))
      },
      async reuse(deployment) {
        const { tokens } = await deployment.connect()
        await ok(deployment.refresh(tokens.refresh_token))
        deployment.clock.now += 61
        return () => deployment.refresh(tokens.refresh_token)
      },
    }
    for (const [name, prepare] of Object.entries(ways)) {
      const probe = createDeployment()
      const operations = await operationsOf(probe, await prepare(probe))
      for (const fault of faultsOn(operations)) {
        const deployment = createDeployment()
        const ask = await prepare(deployment)
        assertUnavailable(await under(deployment, fault, ask), fault)
        const response = await ask()
        expect(response.status, name).toBe(name === 'client' || name === 'owner' ? 200 : 400)
        const { grants, accounts, leashes, tokens } = deployment.store
        expect(grants.size + accounts.size + leashes.size, `${name} ${JSON.stringify(fault)}`).toBe(0)
        expect([...tokens.values()].filter((row) => row.wrap !== undefined)).toEqual([])
      }
    }
  })

  test('a commit that succeeded but came back as refused is still a commit', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    const { commitRedemption, commitRefresh, redeemCode } = deployment.store
    Object.assign(deployment.store, {
      redeemCode: (...given: Parameters<typeof redeemCode>) => redeemCode(...given).then(() => 'already'),
      commitRedemption: (...given: Parameters<typeof commitRedemption>) =>
        commitRedemption(...given).then(() => 'refused'),
      commitRefresh: (...given: Parameters<typeof commitRefresh>) =>
        commitRefresh(...given).then(() => 'refused'),
    })
    const tokens = await ok(deployment.server.token(form('token', redemption)))
    await assertSound(deployment, tokens)
  })

  test('what is a bug and not an outage is not called an outage', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    deployment.store.hooks.before = () => {
      throw new TypeError('a bug')
    }
    await expect(deployment.server.token(form('token', redemption))).rejects.toThrow(TypeError)
  })
})
