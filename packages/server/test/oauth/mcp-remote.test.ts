/** mcp-remote, as Claude Desktop and others start it, against the local runner: both are processes of their own. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { completeSignIn, createTempFolder, freePort } from '@email-connector/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoAddress } from '../../src/local/demo/raw-message.ts'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'

const proxy = join(import.meta.dirname, '..', '..', 'node_modules', 'mcp-remote', 'dist', 'proxy.js')

let runner: LocalRunner
const folder = createTempFolder('mcp-remote')

beforeAll(async () => {
  runner = await startLocalRunner()
})
afterAll(async () => {
  await runner.stop()
  await folder.remove()
})

interface Proxy {
  readonly client: Client
  /** What it printed to its user. */
  output(): string
}

/** Starts it with what it remembered in the folder; `onSignIn` gets the address it would open in a browser. */
async function startProxy(port: number, onSignIn: (url: string) => Promise<void>): Promise<Proxy> {
  let printed = ''
  let asked = false
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [proxy, `${runner.url}/mcp`, String(port)],
    // No program is found that could open a browser.
    env: { PATH: folder.path, HOME: folder.path, MCP_REMOTE_CONFIG_DIR: folder.path },
    stderr: 'pipe',
  })
  const signedIn = new Promise<void>((_, reject) => {
    transport.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const [url] = /http:\S+\/oauth\/authorize\?\S+(?=\s)/.exec(printed) ?? []
      if (url === undefined || asked) return
      asked = true
      onSignIn(url).catch(reject)
    })
  })
  const client = new Client({ name: 'Desktop', version: '1' })
  await Promise.race([client.connect(transport as Parameters<Client['connect']>[0]), signedIn]).catch(
    (error: unknown) => {
      throw new Error(printed, { cause: error })
    },
  )
  return { client, output: () => printed }
}

/** What the browser would do: the form, then the redirect to mcp-remote’s own port. */
async function signIn(authorizeUrl: string): Promise<void> {
  const { searchParams } = new URL(authorizeUrl)
  expect(searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/oauth\/callback$/)
  const outcome = await completeSignIn({
    authorizeUrl,
    fields: { provider: 'demo', address: demoAddress, password: 'look-around', permission: 'read' },
  })
  if (!outcome.redirected) throw new Error(`The form came again: ${outcome.status}`)
  const delivered = await fetch(outcome.url)
  expect(delivered.status).toBe(200)
}

const noSignIn = () => Promise.reject(new Error('It asks its user to sign in again'))

test('R14: mcp-remote registers, signs in and works; started again, also with an access token that ended, it asks nobody', async () => {
  const port = await freePort()
  const first = await startProxy(port, signIn)
  const { tools } = await first.client.listTools()
  expect(tools.map(({ name }) => name)).toContain('get_recent_emails')
  expect(tools.map(({ name }) => name)).not.toContain('send_email')
  await first.client.close()

  const second = await startProxy(port, noSignIn)
  const answer = await second.client.callTool({ name: 'list_accounts', arguments: {} })
  expect(answer.isError).not.toBe(true)
  expect(JSON.stringify(answer.structuredContent)).toContain(demoAddress)
  await second.client.close()

  await revokeAccessToken()
  const third = await startProxy(port, noSignIn)
  expect((await third.client.listTools()).tools).toHaveLength(tools.length)
  await third.client.close()
})

/** As good as expired: only the refresh token that mcp-remote remembers helps now. */
async function revokeAccessToken(): Promise<void> {
  const remembered = (name: string) => {
    const file = readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).find((one) =>
      one.endsWith(name),
    )
    return JSON.parse(readFileSync(join(folder.path, file ?? name), 'utf8'))
  }
  const response = await fetch(`${runner.url}/oauth/revoke`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: remembered('client_info.json').client_id,
      token: remembered('tokens.json').access_token,
    }),
  })
  expect(response.status).toBe(200)
}
