/**
 * "Sign in with …" from the page to a tool's answer: Chromium, a real authorization server in the provider's place, and
 * real mail servers that ask it about each token.
 */
import {
  findChromium,
  findDovecot,
  launchBrowser,
  type Page,
  type TestBrowser,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  callback,
  createAuthorizationRequest,
  postToolCall,
  register,
  requestTokens,
} from '../e2e/raw-client.ts'
import {
  type ProviderKind,
  type ProviderProduct,
  signInAtProvider,
  startProviderProduct,
} from './provider-product.ts'

const tiles: Readonly<Record<ProviderKind, string>> = {
  google: 'gmail',
  microsoft: 'outlook',
  organisation: 'organisation',
}

interface Called {
  readonly isError?: boolean
  readonly structuredContent: Record<string, unknown> & { code?: string; message?: string }
}

describe.skipIf(findChromium() === undefined || findDovecot() === undefined).each([
  { kind: 'google', javaScript: true, permission: 'send' },
  { kind: 'microsoft', javaScript: false, permission: 'send' },
  // The submission server of the tests knows no OAUTHBEARER; that is in mail's own tests.
  { kind: 'organisation', javaScript: true, permission: 'write' },
] as const)('signed in with $kind (script: $javaScript)', ({ kind, javaScript, permission }) => {
  let product: ProviderProduct
  let browser: TestBrowser
  let accessToken = ''

  beforeAll(async () => {
    product = await startProviderProduct(kind)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await product.stop()
  })

  async function open(path: string | URL): Promise<Page> {
    const page = await browser.newPage({ javaScript, width: 390 })
    await page.route(
      (url) => url.hostname !== 'localhost',
      (route) => route.abort(),
    )
    await page.route(`${callback}**`, (route) => route.fulfill({ body: '<title>Client</title>' }))
    await page.goto(String(path))
    return page
  }

  async function call(tool: string, parameters: Record<string, unknown> = {}): Promise<Called> {
    const response = await postToolCall(product.url, accessToken, tool, parameters)
    const text = await response.text()
    const line = text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}')
    const { result } = JSON.parse(line) as { result?: Called }
    if (result === undefined) throw new Error(`${response.status} ${text}`)
    return result
  }

  test('a person signs in at the provider, and the mailbox is the one that the mail server confirms', async () => {
    const clientId = await register(product.url)
    const { url, verifier } = createAuthorizationRequest(product.url, clientId)
    const page = await open(url)
    await page.check(`#provider-${tiles[kind]}`)
    await page.check(`#permission-${permission}`)
    await page.check('#ask-never')
    if (kind !== 'google') expect(await page.locator('#password').isVisible()).toBe(false)
    await page.click(`button[data-provider=${tiles[kind]}]`)
    await signInAtProvider(page, product.idp, 'alice')
    await page.waitForURL((at) => at.href.startsWith(callback))
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
    const { structuredContent } = await call('list_accounts')
    expect(structuredContent.accounts).toMatchObject([
      { address: 'alice@test.example', provider: tiles[kind], permission },
    ])
    await page.context().close()
  })

  test('R90: reading, writing and sending work, and after the expiry one refresh serves 50 calls at once', async () => {
    if (permission === 'send') {
      const email = { to: ['bob@test.example'], subject: 'By token', body: 'Sent with an access token.' }
      expect((await call('send_email', email)).structuredContent).toMatchObject({ state: 'sent' })
      expect(product.submission.messages.at(-1)?.login).toBe('alice@test.example')
    }
    const draft = await call('draft_email', { to: ['bob@test.example'], subject: 'Later', body: 'Draft.' })
    expect(draft.isError).toBeUndefined()
    expect(product.idp.asked).toEqual(['authorization_code'])

    product.clock.ahead += 900
    const answers = await Promise.all(Array.from({ length: 50 }, () => call('list_mailboxes')))
    expect(answers.filter(({ isError }) => isError === true).map((one) => one.structuredContent)).toEqual([])
    expect(product.idp.asked).toEqual(['authorization_code', 'refresh_token'])

    product.clock.ahead += 900
    expect((await call('get_recent_emails')).isError).toBeUndefined()
    expect(product.idp.asked).toEqual(['authorization_code', 'refresh_token', 'refresh_token'])
    expect(product.idp.reused).toEqual([])
  })

  test('no token of the provider is in a log line', () => {
    const logged = product.logLines.join('\n')
    expect(product.idp.tokens.length).toBeGreaterThan(2)
    for (const token of product.idp.tokens) expect(logged).not.toContain(token)
    expect(logged).not.toContain('test.example')
  })
})
