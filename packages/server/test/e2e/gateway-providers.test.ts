/**
 * "Sign in with …" on AWS: the functions as they are deployed, the provider's client in its secret, a real authorization server
 * behind TLS in the provider's place, and real mail servers that ask it about each token. Every environment of a function
 * is a process of its own.
 */
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  type Dovecot,
  findChromium,
  findDovecot,
  freePort,
  type IdentityProvider,
  launchBrowser,
  type Page,
  type Submission,
  startDovecot,
  startIdentityProvider,
  startSubmission,
  type TestBrowser,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { signInAtProvider } from '../sign-in/provider-product.ts'
import { type GatewayProduct, startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { callback, createAuthorizationRequest, postToolCall, register, requestTokens } from './raw-client.ts'

const providerHost = 'mail.test.example'
const client = { clientId: 'email-connector', clientSecret: 'secret-of-the-client-at-the-provider' }
const missing =
  findChromium() === undefined || findDovecot() === undefined
    ? 'Chromium or Dovecot is not installed'
    : whyNoGateway()
/** The product takes it for as good as over (accounts/token-rotation.ts); long enough for a login. */
const shortLived = 50
const processes = 8

interface Called {
  readonly status: number
  readonly isError?: boolean
  readonly structuredContent?: Record<string, unknown> & { code?: string; message?: string }
}

describe.skipIf(missing !== undefined)(
  `a provider's sign-in on AWS${missing ? ` (not run: ${missing})` : ''}`,
  () => {
    let idp: IdentityProvider
    let dovecot: Dovecot
    let submission: Submission
    let product: GatewayProduct
    let browser: TestBrowser
    let clientId: string

    beforeAll(async () => {
      const port = await freePort()
      idp = await startIdentityProvider({
        ...client,
        issuer: `https://${providerHost}`,
        redirectUris: [`http://localhost:${port}/oauth/provider/callback`],
        scopes: ['mail'],
        rotates: true,
        accessTokenSeconds: shortLived,
        claimsOf: (name) => ({ groups: name === 'eve' ? ['guests'] : ['mail'] }),
      })
      dovecot = await startDovecot({ introspectionUrl: idp.introspectionUrl })
      submission = await startSubmission({ mailServer: dovecot, accessTokens: idp.accepts })
      const httpsPort = await idp.openTls(await dovecot.authority.issue({ names: [providerHost] }))
      const secret = {
        OIDC_MAIL_NAME: 'Example Works',
        OIDC_MAIL_ISSUER: idp.issuer,
        OIDC_MAIL_CLIENT_ID: client.clientId,
        OIDC_MAIL_CLIENT_SECRET: client.clientSecret,
        OIDC_MAIL_SCOPES: 'mail offline_access',
        OIDC_MAIL_IMAP: providerHost,
        OIDC_MAIL_SMTP: providerHost,
        OIDC_GATE_CLIENT_SECRET: client.clientSecret,
      }
      // The same provider decides who may connect.
      const gate = {
        OIDC_GATE_NAME: 'Example Works',
        OIDC_GATE_ISSUER: idp.issuer,
        OIDC_GATE_CLIENT_ID: client.clientId,
        OIDC_GATE_ALLOW: 'group:mail',
      }
      product = await startGatewayProduct(
        { imap: dovecot, submission },
        {
          ...{ port, maxEnvironments: processes, environment: gate },
          providers: { secret: JSON.stringify(secret), httpsPort },
        },
      )
      clientId = await register(product.url)
      browser = await launchBrowser({ [`${providerHost}:443`]: `127.0.0.1:${httpsPort}` })
    })
    afterAll(async () => {
      await browser.close()
      await product.stop()
      await submission.stop()
      await dovecot.stop()
      await idp.stop()
    })

    async function open(path: string | URL): Promise<Page> {
      const page = await browser.newPage({ javaScript: false, width: 390 })
      await page.route(`${callback}**`, (route) => route.fulfill({ body: '<title>Client</title>' }))
      await page.goto(String(path))
      return page
    }

    /** Answers the access token of the client. */
    async function connect(name: string): Promise<string> {
      const { url, verifier } = createAuthorizationRequest(product.url, clientId)
      const page = await open(url)
      await signInAtProvider(page, idp, name)
      await page.check('#provider-organisation')
      await page.check('#permission-send')
      await page.check('#ask-never')
      await page.click('button[data-provider=organisation]')
      await signInAtProvider(page, idp, name)
      await page.waitForURL((at) => at.href.startsWith(callback))
      const code = new URL(page.url()).searchParams.get('code') ?? ''
      await page.context().close()
      const tokens = await requestTokens(product.url, {
        ...{ grant_type: 'authorization_code', code, client_id: clientId },
        ...{ redirect_uri: callback, code_verifier: verifier },
      })
      return tokens.access_token
    }

    async function call(
      token: string,
      tool: string,
      parameters: Record<string, unknown> = {},
    ): Promise<Called> {
      const response = await postToolCall(product.url, token, tool, parameters)
      const text = await response.text()
      const line = text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}')
      const { result } = JSON.parse(line) as { result?: Omit<Called, 'status'> }
      return { status: response.status, ...result }
    }

    const refreshes = () => idp.asked.filter((grantType) => grantType === 'refresh_token').length
    const secretsRead = () =>
      product.secretsManager.calls.filter((name) => name === 'providers-secret').length

    test(`R90: 50 calls in ${processes} processes at the expiry make one refresh, and its token serves every tool`, async () => {
      const token = await connect('alice')
      // Every process is up before the first of them asks.
      const [first] = await Promise.all(
        Array.from({ length: 2 * processes }, () => call(token, 'list_accounts')),
      )
      expect(first?.structuredContent?.accounts).toMatchObject([
        { address: 'alice@test.example', provider: 'organisation', permission: 'send' },
      ])
      expect(product.functions.mcp.started()).toBe(processes)
      expect(refreshes()).toBe(0)
      idp.accessTokenSeconds = 600
      const readBefore = secretsRead()
      let release = () => {}
      idp.answerWith({ wait: new Promise<void>((resolve) => (release = resolve)) })
      product.dynamoDb.mcp.forgetCalls()
      const calling = Promise.all(Array.from({ length: 50 }, () => call(token, 'list_mailboxes')))
      // All have read the token that ends before the provider answers one of them.
      await vi.waitFor(
        () => {
          const queries = product.dynamoDb.mcp.calls.filter(({ operation }) => operation === 'Query')
          expect(queries.length).toBeGreaterThanOrEqual(processes)
          expect(refreshes()).toBeGreaterThan(0)
        },
        { timeout: 7_000, interval: 20 },
      )
      idp.answerWith(undefined)
      release()
      const answers = await calling
      expect(answers.filter(({ status, isError }) => status !== 200 || isError === true)).toEqual([])
      expect([refreshes(), idp.reused]).toEqual([1, []])
      const readThen = secretsRead()
      expect(readThen - readBefore).toBeLessThanOrEqual(processes)

      const email = { to: ['bob@test.example'], subject: 'By token', body: 'Sent with an access token.' }
      expect((await call(token, 'send_email', email)).structuredContent).toMatchObject({ state: 'sent' })
      expect(submission.messages.at(-1)?.login).toBe('alice@test.example')
      const { structuredContent } = await call(token, 'get_recent_emails', { mailbox: 'sent' })
      expect(structuredContent?.emails).toHaveLength(1)
      // A token that lasts needs neither the provider nor what is in its secret.
      expect([refreshes(), secretsRead()]).toEqual([1, readThen])
    })

    test('R90: killed between the answer of the provider and the write, the next calls lead to a new sign-in', async () => {
      idp.accessTokenSeconds = shortLived
      const token = await connect('bob')
      const before = refreshes()
      let lost = 0
      product.dynamoDb.mcp.fault = ({ operation }) => {
        if (operation !== 'UpdateItem' || refreshes() === before) return undefined
        lost += 1
        return 'silence'
      }
      const interrupted = call(token, 'list_mailboxes').catch(() => undefined)
      await vi.waitFor(() => expect(lost).toBeGreaterThan(0), { timeout: 20_000 })
      // SIGKILL for all of them.
      await product.functions.mcp.close()
      await interrupted
      product.dynamoDb.mcp.fault = undefined
      await endLeases()

      const answers = await Promise.all(Array.from({ length: 4 }, () => call(token, 'list_mailboxes')))
      for (const { isError, structuredContent } of answers) {
        expect([isError, structuredContent?.code]).toEqual([true, 'sign_in_needed'])
        expect(structuredContent?.message).toContain(`${product.url}/oauth/link#`)
      }
      // What may have been used up is not shown to the provider again.
      expect([refreshes() - before, idp.reused]).toEqual([1, []])

      const accountsBefore = (await call(token, 'list_accounts')).structuredContent?.accounts
      idp.accessTokenSeconds = 600
      // A newer link ends an older one.
      const { message } = (await call(token, 'list_mailboxes')).structuredContent ?? {}
      await repair(linkIn(message))
      const { structuredContent } = await call(token, 'list_accounts')
      expect(structuredContent?.accounts).toEqual(accountsBefore)
      expect((await call(token, 'get_recent_emails')).isError).toBeUndefined()
      expect([refreshes() - before, idp.reused]).toEqual([1, []])
    })

    test('who is not let in by the gate sees no form', async () => {
      const { url } = createAuthorizationRequest(product.url, clientId)
      const page = await open(url)
      await signInAtProvider(page, idp, 'eve')
      await page.waitForSelector('text=Example Works decides who may connect here')
      expect(await page.locator('input').count()).toBe(0)
      await page.context().close()
    })

    test('R45: no token and no secret of the provider is in a line of a log or in a row', async () => {
      const printed = [product.output(), ...product.accessLog, await product.dumpStore()].join('\n')
      expect(idp.tokens.length).toBeGreaterThan(6)
      expect(printed).toContain('grant-')
      // Whom the gate let in is there, sealed.
      expect(printed).toContain('sealedGate')
      for (const secret of [...idp.tokens, client.clientSecret]) expect(printed).not.toContain(secret)
    })

    /** As if its time had passed: 20 seconds are long for a test. */
    async function endLeases(): Promise<void> {
      const dynamoDb = new DynamoDBClient(product.tableAccess)
      const { Items = [] } = await dynamoDb.send(
        new ScanCommand({
          TableName: product.tables.grants,
          FilterExpression: 'attribute_exists(leaseHolder)',
        }),
      )
      expect(Items).toHaveLength(1)
      for (const { pk, sk } of Items) {
        if (pk === undefined || sk === undefined) throw new Error('A row without a key')
        await dynamoDb.send(
          new UpdateItemCommand({
            ...{ TableName: product.tables.grants, Key: { pk, sk } },
            UpdateExpression: 'SET leaseUntil = :past',
            ExpressionAttributeValues: { ':past': { N: '1' } },
          }),
        )
      }
      dynamoDb.destroy()
    }

    /** Shows whose connection it is, then signs in to the same mailbox again. */
    async function repair(link: string): Promise<void> {
      const page = await open(link)
      await page.fill('#link', link)
      await page.click('button[type=submit]')
      await signInAtProvider(page, idp, 'bob')
      await page.check('#provider-organisation')
      await page.click('button[data-provider=organisation]')
      await signInAtProvider(page, idp, 'bob')
      await page.waitForSelector('text=What you agree to')
      await page.check('#provider-organisation')
      await page.click('button[data-provider=organisation]')
      await signInAtProvider(page, idp, 'bob')
      await page.waitForSelector('text=bob@test.example')
      expect(new URL(page.url()).origin).toBe(product.url)
      await page.context().close()
    }
  },
)

function linkIn(message = ''): string {
  return /http\S+\/oauth\/link#[\w-]+/.exec(message)?.[0] ?? 'no link'
}
