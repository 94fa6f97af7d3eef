/** The official conformance suite against the endpoint. It needs Node 22, which an optional dependency brings. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveConformanceFixtures } from './conformance-server.ts'

const node22 = fileURLToPath(new URL('../../../testing/node_modules/node22/bin/node', import.meta.url))
const node = Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : node22
const suite = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
)

let server: Awaited<ReturnType<typeof serveConformanceFixtures>>
beforeAll(async () => {
  server = await serveConformanceFixtures()
})
afterAll(() => server.close())

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(node, [suite, 'server', '--url', server.url.href, ...args], {
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

describe.skipIf(!existsSync(node))('the conformance suite (without Node 22: skipped, and said)', () => {
  test.each([
    ['everything 2025-11-25 requires', ['--requirements', '2025-11-25']],
    ['everything 2026-07-28 requires', ['--requirements', '2026-07-28']],
    ['the life of a session', ['--scenario', 'server-session-lifecycle']],
    ['JSON Schema 2020-12 in tool definitions', ['--scenario', 'json-schema-2020-12']],
    ['header checks of 2026-07-28', ['--scenario', 'http-header-validation']],
  ])(
    'passes %s',
    async (_title, args) => {
      const { code, output } = await run(...args)
      expect(code, output).toBe(0)
    },
    60_000,
  )
})
