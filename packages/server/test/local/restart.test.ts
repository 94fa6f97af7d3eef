/** Stopping the local runner in every way: what was acknowledged is on disk and works after the next start. */

import { join } from 'node:path'
import { createTempFolder, freePort } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { ClassicLevel } from 'classic-level'
import { describe, expect, test } from 'vitest'
import { connectClient, type Memory } from '../e2e/clients.ts'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'
import { postToolCall, refresh, register, signIn, type Tokens } from '../e2e/raw-client.ts'
import { demoFields } from './demo-fields.ts'

const kills = inLongRun(50, 5)

describe('the local runner, stopped and started again', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'after %s the same registration, access token, refresh token and session still work',
    async (signal) => {
      const place = { dataDir: createTempFolder('restart').path, port: await freePort() }
      const remembered: Memory = {}
      const before = await startLocalRunner(place)
      const first = await connectClient(demoFields, { url: before.url, era: 'sdk 1, 2025 era', remembered })
      expect((await first.call('get_recent_emails')).isError).toBe(false)
      const exitCode = await before.stop(signal)
      expect(exitCode).toBe(signal === 'SIGKILL' ? null : 0)

      const after = await startLocalRunner(place)
      // The very same client, in the middle of its session.
      expect((await first.call('get_recent_emails')).text).toContain('demo@mail.example')
      const { access_token } = { ...remembered.tokens }
      const second = await connectClient({}, { url: after.url, era: 'sdk 2, 2026 era', remembered })
      expect(second.tokens.access_token).toBe(access_token)
      expect((await second.call('list_accounts')).text).toContain('demo@mail.example')
      const renewed = await refresh(after.url, second.client.client_id, second.tokens.refresh_token ?? '')
      expect((await postToolCall(after.url, renewed.access_token, 'get_recent_emails')).status).toBe(200)
      await after.remove()
    },
  )

  test('a second runner on the same folder is refused with a sentence, and the first goes on', async () => {
    const runner = await startLocalRunner()
    await expect(startLocalRunner({ dataDir: runner.dataDir })).rejects.toThrow(
      /Another email-connector uses this DATA_DIR|Another process uses/,
    )
    expect((await fetch(`${runner.url}/health`)).status).toBe(200)
    await runner.remove()
  })

  test(`R64: ${kills} times kill -9 at a random moment of sign-ins and refreshes: every acknowledged grant still works`, {
    timeout: 120_000 + kills * 10_000,
  }, async () => {
    const place = { dataDir: createTempFolder('kills').path, port: await freePort() }
    const grants: Grant[] = []
    const faults: string[] = []
    let clientId = ''
    for (let kill = 0; kill <= kills; kill++) {
      const runner = await startLocalRunner(place)
      clientId ||= await register(runner.url)
      await check(runner, clientId, grants, faults)
      if (kill === kills) {
        await checkEveryRefresh(runner, clientId, grants, faults)
        await runner.remove()
        break
      }
      const early = await workUntilKilled(runner, clientId, grants)
      // Logins that were killed count as failed ones, and rightly so.
      const limited = early.filter((fault) => fault.includes('429'))
      if (limited.length > 0) await forgetLimits(place.dataDir)
      faults.push(...early.filter((fault) => !limited.includes(fault)))
    }
    expect(faults).toEqual([])
    // Kills so early that nothing was acknowledged prove nothing.
    expect(grants.length).toBeGreaterThanOrEqual(kills)
  })
})

/** What the client was told last. */
interface Grant {
  tokens: Tokens
  /** A refresh was sent and not answered: to be repeated at once, as clients do. */
  unanswered: boolean
}

/** Ends with the kill. Resolves with what failed before it. */
async function workUntilKilled(runner: LocalRunner, clientId: string, grants: Grant[]): Promise<string[]> {
  const early: string[] = []
  let killed = false
  let reachMoment = () => {}
  const moment = new Promise<void>((resolve) => {
    reachMoment = resolve
  })
  // Some way into one of the sign-ins, measured by the one before it: a busy machine kills as deep in the work as a quiet one.
  const connecting = async () => {
    const last = 1 + Math.floor(Math.random() * 3)
    for (let done = 1; !killed; done++) {
      const startedAt = performance.now()
      grants.push({ tokens: await signIn(runner.url, clientId, demoFields), unanswered: false })
      if (done === last) setTimeout(reachMoment, Math.random() * (performance.now() - startedAt))
    }
  }
  const refreshing = async () => {
    while (!killed) {
      const idle = grants.filter(({ unanswered }) => !unanswered)
      const grant = idle[Math.floor(Math.random() * idle.length)]
      if (grant === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        continue
      }
      grant.unanswered = true
      grant.tokens = await refresh(runner.url, clientId, grant.tokens.refresh_token)
      grant.unanswered = false
    }
  }
  const work = [connecting(), refreshing(), refreshing()].map((each) =>
    each.catch((error: unknown) => {
      if (!killed) early.push(String(error))
      reachMoment()
    }),
  )
  await moment
  killed = true
  await runner.stop('SIGKILL')
  await Promise.all(work)
  return early
}

async function check(runner: LocalRunner, clientId: string, grants: readonly Grant[], faults: string[]) {
  for (const grant of grants.filter(({ unanswered }) => unanswered)) {
    try {
      grant.tokens = await refresh(runner.url, clientId, grant.tokens.refresh_token)
      grant.unanswered = false
    } catch (error) {
      faults.push(`repeating a refresh: ${error}`)
    }
  }
  await Promise.all(grants.map(({ tokens }) => use(runner, tokens, 'list_accounts', faults)))
}

async function checkEveryRefresh(
  runner: LocalRunner,
  clientId: string,
  grants: readonly Grant[],
  faults: string[],
) {
  for (const grant of grants) {
    try {
      await use(
        runner,
        await refresh(runner.url, clientId, grant.tokens.refresh_token),
        'list_mailboxes',
        faults,
      )
    } catch (error) {
      faults.push(`the last refresh: ${error}`)
    }
  }
}

async function use(runner: LocalRunner, tokens: Tokens, tool: string, faults: string[]) {
  const response = await postToolCall(runner.url, tokens.access_token, tool)
  const text = await response.text()
  if (response.status !== 200 || text.includes('"isError":true'))
    faults.push(`${tool}: ${response.status} ${text}`)
}

async function forgetLimits(dataDir: string) {
  const level = new ClassicLevel(join(dataDir, 'store'))
  for await (const key of level.keys()) if (/^(count|budget|used)!/.test(key)) await level.del(key)
  await level.close()
}
