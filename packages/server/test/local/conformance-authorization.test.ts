/** The official conformance suite of authorization servers, against the running product. It needs a newer Node. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { completeSignIn, findNode24, freePort } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { startLocalRunner } from '../e2e/local-runner.ts'
import { register } from '../e2e/raw-client.ts'
import { demoFields } from './demo-fields.ts'

const suite = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
)
const node = findNode24()

describe.skipIf(node === undefined)('the conformance suite (without Node 24: skipped, and said)', () => {
  test('its authorization scenarios all pass, sign-in page included', async () => {
    const runner = await startLocalRunner()
    const port = await freePort()
    const clientId = await register(runner.url, 'Conformance', `http://127.0.0.1:${port}/callback`)
    const { code, output } = await run([
      ...['--url', runner.url, '--client-id', clientId],
      ...['--resource', `${runner.url}/mcp`, '--port', String(port)],
    ])
    await runner.remove()
    expect(code, output).toBe(0)
    for (const scenario of ['authorization-server-metadata-endpoint', 'authorization-code-grant'])
      expect(output).toMatch(new RegExp(`✓ ${scenario}: [1-9]\\d* passed, 0 failed`))
    expect(output).not.toMatch(/✗|warning/i)
  })
})

/** Follows every URL of a sign-in that it prints. */
async function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(node ?? '', [suite, 'authorization', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  let output = ''
  const followed = new Set<string>()
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
    for (const [url] of output.matchAll(/http:\/\/localhost:\d+\/oauth\/authorize\?\S+(?=\s)/g)) {
      if (followed.has(url)) continue
      followed.add(url)
      void browse(url)
    }
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

async function browse(authorizeUrl: string): Promise<void> {
  const outcome = await completeSignIn({ authorizeUrl, fields: demoFields })
  if (outcome.redirected) await fetch(outcome.url)
}
