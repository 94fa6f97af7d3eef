/** The official conformance suite against the endpoint. It needs Node 22 or newer, which an optional dependency brings. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findNode24 } from '@email-connector/testing/node24'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveConformanceFixtures } from './conformance-server.ts'

const node = findNode24()
const suite = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
)

let server: Awaited<ReturnType<typeof serveConformanceFixtures>>
beforeAll(async () => {
  server = await serveConformanceFixtures()
})
afterAll(() => server.close())

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(String(node), [suite, 'server', '--url', server.url.href, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)))
  return { code, output }
}

/** Some scenarios wait half a second of real time and no longer: a busy machine gets another try. */
const patience = { timeout: 60_000, retry: 2 }

/** The scenarios that failed, scored or not. */
function failures(output: string): string[] {
  return [...output.matchAll(/^✗ ([a-z0-9-]+):/gm)].map(([, name]) => name ?? '')
}

describe.skipIf(!node)('the conformance suite (without the optional Node 24: skipped, and said)', () => {
  test.each([
    ['2025-11-25', 81],
    ['2026-07-28', 150],
  ])(
    'passes everything %s requires; of what is not scored only tasks, which we do not offer, fail',
    patience,
    async (revision, least) => {
      const { code, output } = await run('--requirements', revision)
      expect(code, output).toBe(0)
      expect(failures(output).filter((name) => !name.startsWith('tasks-'))).toEqual([])
      expect(Number(/^Total: (\d+) passed/m.exec(output)?.[1]), output).toBeGreaterThanOrEqual(least)
    },
  )

  test('passes the life of a session', patience, async () => {
    const { code, output } = await run('--scenario', 'server-session-lifecycle')
    expect(code, output).toBe(0)
    expect(output).toContain('Passed: 3/3')
  })
})
