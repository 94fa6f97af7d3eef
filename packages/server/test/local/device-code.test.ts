/** Sign-in by device code as `npm start` offers it: turned on by the settings alone, and there again after a kill. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'

/** As much of a provider as is asked before anybody enters a code. */
const provider = createServer((request, response) => {
  const issuer = `http://localhost:${(provider.address() as AddressInfo).port}`
  const metadata = {
    ...{ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
    device_authorization_endpoint: `${issuer}/device`,
  }
  const codes = {
    ...{ device_code: 'canary-device-code', user_code: 'BCDF-GHJK', expires_in: 900, interval: 900 },
    verification_uri: `${issuer}/enter`,
  }
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(request.url === '/device' ? codes : metadata))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  provider.close()
  provider.closeAllConnections()
})

test('a provider without a secret shows its code, also after a kill', async () => {
  const environment = {
    ...{ OIDC_MAIL_NAME: 'Works', OIDC_MAIL_CLIENT_ID: 'id', OIDC_MAIL_IMAP: 'imap.example' },
    ...{ OIDC_MAIL_SMTP: 'smtp.example', DEMO_MAILBOX: 'off' },
    OIDC_MAIL_ISSUER: `http://localhost:${(provider.address() as AddressInfo).port}`,
  }
  const first = await startLocalRunner({ environment })
  const begun = await fetch(`${first.url}/oauth/provider/start`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
    body: new URLSearchParams({ provider: 'organisation' }),
  })
  const path = begun.headers.get('location') ?? ''
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const load = async ({ url }: LocalRunner, sent = cookie) => {
    const page = await fetch(url + path, { headers: { cookie: sent } })
    return { status: page.status, html: await page.text() }
  }
  expect((await load(first)).html).toContain('BCDF-GHJK')
  await first.stop('SIGKILL')

  const second = await startLocalRunner({ environment, dataDir: first.dataDir })
  const page = await load(second)
  expect(page.html).toContain('BCDF-GHJK')
  expect(page.html + first.output() + second.output() + path + cookie).not.toContain('canary')
  expect((await load(second, '')).status).toBe(403)
  await second.remove()
})
