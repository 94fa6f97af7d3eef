/**
 * `pnpm smoke` as an owner runs it: against both gateways with the deployed bundles, against `npm start`, and against
 * addresses where something is wrong.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { completeSignIn, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { startLocalProduct } from './local-runner.ts'
import { type Product, signInFields, startTestMail, type TestMail } from './product.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')

async function smoke(args: string[], onLink: (address: string) => unknown = () => {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'scripts', 'smoke.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  let asked = false
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    const [, address] = /^ {2}(http\S+\/oauth\/authorize\S+)\n/m.exec(output) ?? []
    if (address === undefined || asked) return
    asked = true
    onLink(address)
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()

describe.skipIf(missing !== undefined)(`pnpm smoke${missing ? ` (not run: ${missing})` : ''}`, () => {
  let mail: TestMail
  beforeAll(async () => {
    mail = await startTestMail(startDovecot)
  })
  afterAll(() => mail.stop())

  test.each<[string, (mail: TestMail) => Promise<Product>, Record<string, RegExp>]>([
    [
      'a stage with a domain',
      startGatewayProduct,
      { challenge: /in the real header/, scope: /renames/, stream: /after \d+ ms/ },
    ],
    [
      'a personal stage',
      (ports) => startGatewayProduct(ports, { gateway: 'http' }),
      { challenge: /renamed by the gateway/, scope: /renames/, stream: /in one piece/ },
    ],
    [
      'npm start',
      startLocalProduct,
      { challenge: /in the real header/, scope: /in the real header/, stream: /after \d+ ms/ },
    ],
  ])('R70: it finds %s as it should be, and ends its connection', async (_, start, seen) => {
    const product = await start(mail)
    try {
      const fields = signInFields(product, mail.imap.alice, 'read')
      const { code, output } = await smoke([`${product.url}/mcp`, '--sign-in'], async (authorizeUrl) => {
        const outcome = await completeSignIn({ authorizeUrl, fields })
        if (outcome.redirected) await fetch(outcome.url)
      })
      expect(output).not.toContain('FAILED')
      expect(code).toBe(0)
      const line = (title: string) => output.split('\n').find((one) => one.startsWith(`ok       ${title}`))
      for (const title of ['health', 'discovery', '`+` in a query', 'quoted attacks', 'sign-out'])
        expect(line(title), title).toBeDefined()
      expect(line('challenge')).toMatch(seen.challenge ?? /never/)
      expect(line('missing scope')).toMatch(seen.scope ?? /never/)
      expect(line('first byte')).toMatch(seen.stream ?? /never/)
    } finally {
      await product.stop()
    }
  })
})

describe('pnpm smoke where something is wrong', () => {
  async function against(listener: RequestListener) {
    const server = createServer(listener)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    try {
      return await smoke([`http://127.0.0.1:${(server.address() as AddressInfo).port}`])
    } finally {
      server.close()
      server.closeAllConnections()
    }
  }

  test('a firewall that stops what it should let pass is named, with what it stopped', async () => {
    const { code, output } = await against(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      response.writeHead(/jndi|<script|long long/.test(body) ? 403 : 401).end()
    })
    expect(code).toBe(1)
    expect(output).toMatch(
      /^FAILED +quoted attacks .*: A mail that quotes a Log4j attack, HTML, 100 kB is stopped/m,
    )
    expect(output).toMatch(/^not run +first byte of a stream: needs --sign-in/m)
    expect(output).toContain('checks failed')
  })

  test('a deployment that names another address, a `+` that became a blank, a 200 without a token', async () => {
    const { code, output } = await against((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
      if (pathname === '/oauth/register') return void response.writeHead(201).end('{"client_id":"c"}')
      if (pathname === '/oauth/authorize') {
        const state = searchParams.get('state')?.replace('+', ' ') ?? ''
        return void response
          .writeHead(302, { Location: `http://127.0.0.1/?state=${encodeURIComponent(state)}` })
          .end()
      }
      response.end('{"status":"ok","resource":"https://old.example.com/mcp"}')
    })
    expect(code).toBe(1)
    expect(output).toMatch(/^FAILED +discovery: `resource` is "https:\/\/old\.example\.com\/mcp"/m)
    expect(output).toMatch(/^FAILED +`\+` in a query: .*came back as "one two three"/m)
    expect(output).toMatch(/^FAILED +challenge \(401\): A call without a token answers 200/m)
  })

  test('nobody there, and an address that is none', async () => {
    const { code, output } = await smoke(['http://127.0.0.1:1'])
    expect([code, output.includes('FAILED')]).toEqual([1, true])
    for (const args of [
      [],
      ['mail.example.com'],
      ['ftp://mail.example.com'],
      ['https://a.example', '--fast'],
    ]) {
      const { code, output } = await smoke(args)
      expect([code, output.includes('Usage: pnpm smoke')], args.join(' ')).toEqual([2, true])
    }
    expect(await smoke(['--help'])).toMatchObject({ code: 0 })
  })
})
