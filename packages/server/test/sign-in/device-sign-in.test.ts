/**
 * "Sign in with …" by device code, for an owner whose registration at the provider has no redirect: Chromium, a real
 * authorization server in the provider's place, and real mail servers that ask it about each token. The product's clock is
 * turned on where nothing is to be seen but the passing of an interval.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  findChromium,
  findDovecot,
  type Locator,
  launchBrowser,
  type Page,
  type TestBrowser,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAuthorizationRequest, postToolCall, register, requestTokens } from '../e2e/raw-client.ts'
import { enterCodeAtProvider, type ProviderProduct, startProviderProduct } from './provider-product.ts'

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'

describe.skipIf(findChromium() === undefined || findDovecot() === undefined).each([
  { kind: 'microsoft', tile: 'outlook', javaScript: false, permission: 'send' },
  // The submission server of the tests knows no OAUTHBEARER; that is in mail's own tests.
  { kind: 'organisation', tile: 'organisation', javaScript: true, permission: 'write' },
] as const)(
  'signed in with $kind by device code (script: $javaScript)',
  ({ kind, tile, javaScript, permission }) => {
    let product: ProviderProduct
    let browser: TestBrowser
    let page: Page
    let accessToken = ''
    /** Where the browser ends. */
    const client = createServer((_request, response) => response.end('Client'))
    /** A canary of each page that was seen. */
    const seen: string[] = []

    beforeAll(async () => {
      product = await startProviderProduct(kind, { byDeviceCode: true })
      browser = await launchBrowser()
      await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve))
      page = await open(javaScript)
      page.on('request', (request) => seen.push(request.url()))
    })
    afterAll(async () => {
      await browser.close()
      client.close()
      await product.stop()
    })

    async function open(withScript: boolean): Promise<Page> {
      const opened = await browser.newPage({ javaScript: withScript, width: 390 })
      await opened.route(
        (url) => url.hostname !== 'localhost',
        (route) => route.abort(),
      )
      return opened
    }

    /** Another device, or another tab: it shares nothing with the page. */
    async function enterCode(name?: string): Promise<void> {
      const code = (await page.textContent('#user-code')) ?? ''
      const phone = await open(true)
      await phone.goto((await page.getAttribute('ol a', 'href')) ?? '')
      await enterCodeAtProvider(phone, code, name)
      await phone.context().close()
    }

    /** By keyboard alone, where the page has not loaded itself again and gone on before. */
    async function goOn(end: Locator): Promise<void> {
      product.clock.ahead += 6
      await vi.waitFor(
        async () => {
          if ((await end.count()) === 0) await page.press('a.button', 'Enter', { timeout: 5_000 })
        },
        { timeout: 60_000 },
      )
      await end.waitFor()
    }

    async function call(tool: string, parameters: Record<string, unknown> = {}) {
      const response = await postToolCall(product.url, accessToken, tool, parameters)
      const text = await response.text()
      const line = text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}')
      const { result } = JSON.parse(line) as {
        result?: { isError?: boolean; structuredContent: Record<string, unknown> }
      }
      if (result === undefined) throw new Error(`${response.status} ${text}`)
      return result
    }

    test('a person who says no at the provider reads so, starts over, and is connected without touching the page', async () => {
      const callback = `http://localhost:${(client.address() as AddressInfo).port}/callback`
      const clientId = await register(product.url, 'Client', callback)
      const { url, verifier } = createAuthorizationRequest(product.url, clientId, callback)
      await page.goto(url.href)
      await page.check(`#provider-${tile}`)
      await page.check(`#permission-${permission}`)
      await page.check('#ask-never')
      await page.click(`button[data-provider=${tile}]`)
      await enterCode()
      await goOn(page.getByText('You did not allow access at').first())
      expect(page.url()).toContain('/oauth/provider/device')

      await page.click(`button[data-provider=${tile}]`)
      await enterCode('alice')
      // Nothing is pressed: the page loads itself again.
      product.clock.ahead += 6
      await page.waitForURL((at) => at.href.startsWith(callback), { timeout: 30_000 })
      const answer = new URL(page.url()).searchParams
      expect(answer.get('error')).toBeNull()
      const tokens = await requestTokens(product.url, {
        grant_type: 'authorization_code',
        code: answer.get('code') ?? '',
        client_id: clientId,
        redirect_uri: callback,
        code_verifier: verifier,
      })
      accessToken = tokens.access_token
      expect((await call('list_accounts')).structuredContent.accounts).toMatchObject([
        { address: 'alice@test.example', provider: tile, permission },
      ])
      expect(new Set(product.idp.asked)).toEqual(new Set([deviceCodeGrant]))
    })

    test('R90: tools work, and after the expiry one refresh of a client without a secret serves many calls', async () => {
      if (permission === 'send') {
        const email = { to: ['bob@test.example'], subject: 'By code', body: 'Sent with an access token.' }
        expect((await call('send_email', email)).structuredContent).toMatchObject({ state: 'sent' })
      }
      const before = product.idp.asked.length
      product.clock.ahead += 900
      const answers = await Promise.all(Array.from({ length: 20 }, () => call('list_mailboxes')))
      expect(answers.filter(({ isError }) => isError === true)).toEqual([])
      expect(product.idp.asked.slice(before)).toEqual(['refresh_token'])
      expect(product.idp.reused).toEqual([])
    })

    test('the page of connections and a one-time link accept the same', async () => {
      await page.goto(`${product.url}/oauth/connections`)
      await page.check(`#provider-${tile}`)
      await page.click(`button[data-provider=${tile}]`)
      await enterCode('alice')
      await goOn(page.getByRole('button', { name: 'Revoke' }).first())

      const link = String((await call('list_accounts')).structuredContent.link)
      await page.goto(link)
      if (!javaScript) await page.fill('#link', link)
      for (const name of ['alice', 'bob']) {
        await page.check(`#provider-${tile}`)
        await page.click(`button[data-provider=${tile}]`)
        await enterCode(name)
        const end = name === 'bob' ? 'bob@test.example was added' : 'use one more mailbox'
        await goOn(page.getByText(end).first())
      }
      const { accounts } = (await call('list_accounts')).structuredContent
      expect(accounts).toMatchObject([{ address: 'alice@test.example' }, { address: 'bob@test.example' }])
    })

    test('no token and no device code is in a URL or a log line', () => {
      const told = [...product.logLines, ...seen].join('\n')
      const secrets = [...product.idp.tokens, ...product.idp.deviceCodes]
      expect(secrets.length).toBeGreaterThan(8)
      for (const secret of secrets) expect(told).not.toContain(secret)
      expect(product.logLines.join()).not.toContain('test.example')
    })
  },
)
