/**
 * The identity gate in Chromium, on the local runner as it is started: from the app to the organisation's login, back to the
 * form of the demo mailbox, and to a token that is refreshed; and a one-time link, whose token is behind the `#`.
 */
import {
  findChromium,
  freePort,
  type IdentityProvider,
  launchBrowser,
  type Page,
  startIdentityProvider,
  type TestBrowser,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'
import {
  callback,
  createAuthorizationRequest,
  postToolCall,
  register,
  requestTokens,
} from '../e2e/raw-client.ts'
import { signInAtProvider } from './provider-product.ts'

const client = { clientId: 'gate', clientSecret: 'secret-of-the-gate' }
const people: Record<string, Readonly<Record<string, unknown>> | undefined> = {
  ann: { groups: ['mail'] },
  bob: { groups: ['guests'] },
}

describe.skipIf(findChromium() === undefined)('the identity gate in a browser', () => {
  let idp: IdentityProvider
  let runner: LocalRunner
  let browser: TestBrowser
  let accessToken = ''

  beforeAll(async () => {
    const port = await freePort()
    idp = await startIdentityProvider({
      ...client,
      redirectUris: [`http://localhost:${port}/oauth/provider/callback`],
      ...{ scopes: [], rotates: true, accessTokenSeconds: 600, claimsOf: (name) => people[name] },
    })
    const environment = {
      ...{ OIDC_GATE_NAME: 'Example Works', OIDC_GATE_ISSUER: idp.issuer, OIDC_GATE_ALLOW: 'group:mail' },
      ...{ OIDC_GATE_CLIENT_ID: client.clientId, OIDC_GATE_CLIENT_SECRET: client.clientSecret },
    }
    runner = await startLocalRunner({ port, environment })
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await runner.remove()
    await idp.stop()
  })

  async function open(path: string | URL, { javaScript = true } = {}): Promise<Page> {
    const page = await browser.newPage({ javaScript, width: 390 })
    await page.route(`${callback}**`, (route) => route.fulfill({ body: '<title>Client</title>' }))
    await page.goto(String(path))
    return page
  }

  test.each([true, false])(
    'who is of the organisation connects a mailbox (script: %s)',
    async (javaScript) => {
      const clientId = await register(runner.url)
      const { url, verifier } = createAuthorizationRequest(runner.url, clientId)
      const page = await open(url, { javaScript })
      await signInAtProvider(page, idp, 'ann')
      await page.waitForURL((at) => at.origin === runner.url && at.pathname === '/oauth/provider/callback')
      await page.check('#provider-demo')
      await page.fill('#address', addressIn(runner.output()))
      await page.fill('#password', passwordIn(runner.output()))
      await page.check('#permission-read')
      await page.click('button[value=connect]')
      await page.waitForURL((at) => at.href.startsWith(callback))
      const tokens = await requestTokens(runner.url, {
        ...{ grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback },
        ...{ code: new URL(page.url()).searchParams.get('code') ?? '', code_verifier: verifier },
      })
      await page.context().close()
      accessToken = tokens.access_token
      const refreshed = await requestTokens(runner.url, {
        ...{ grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token },
      })
      accessToken = refreshed.access_token
      const answer = await postToolCall(runner.url, accessToken, 'list_accounts')
      expect(await answer.text()).toContain(addressIn(runner.output()))
    },
  )

  test('who is not sees no form, on no page', async () => {
    const { url } = createAuthorizationRequest(runner.url, await register(runner.url))
    for (const path of [url, `${runner.url}/oauth/connections`]) {
      const page = await open(path)
      await signInAtProvider(page, idp, 'bob')
      await page.waitForSelector('text=Example Works decides who may connect here')
      expect(await page.locator('input').count()).toBe(0)
      await page.context().close()
    }
  })

  test('a one-time link goes through the login, and is not typed again', async () => {
    const answer = await postToolCall(runner.url, accessToken, 'list_accounts')
    const [, link = ''] = /(http[^"\s]+\/oauth\/link#[0-9a-f]{64})/.exec(await answer.text()) ?? []
    const page = await open(link)
    expect(await page.locator('#link').isVisible()).toBe(false)
    await page.click('button[type=submit]')
    await signInAtProvider(page, idp, 'ann')
    await page.waitForSelector('#password')
    expect(await page.locator('input[name=link]').inputValue()).toBe(link.split('#')[1])
    expect(page.url()).not.toContain(link.split('#')[1])
    await page.context().close()
  })
})

function addressIn(output: string): string {
  return /address (\S+)/.exec(output)?.[1] ?? ''
}

function passwordIn(output: string): string {
  return /password (\S+)/.exec(output)?.[1] ?? ''
}
