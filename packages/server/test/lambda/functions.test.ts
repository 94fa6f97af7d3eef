/**
 * Single functions as they are deployed: on the HTTP API of a personal stage, where no authorizer stands before mcp and
 * nothing streams; when Secrets Manager is down at a start; and against anyone who would widen what they may reach (R72).
 */
import {
  completeSignIn,
  createFunctionPool,
  type Dovecot,
  type FunctionPool,
  startDovecot,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  deployed,
  type FunctionName,
  type GatewayProduct,
  startGatewayProduct,
} from '../e2e/gateway-product.ts'
import { signInFields, startTestMail, type TestMail } from '../e2e/product.ts'
import { createAuthorizationRequest, register, signIn } from '../e2e/raw-client.ts'
import { missing, toolsListMessage, whenPossible } from './gateway.ts'
import { runRevoke, startInvokeEndpoint } from './operator.ts'

describe.skipIf(missing !== undefined)(whenPossible('one function at a time'), () => {
  let mail: TestMail<Dovecot>
  let product: GatewayProduct
  let clientId: string
  let token: string
  const pools: FunctionPool[] = []
  beforeAll(async () => {
    mail = await startTestMail(startDovecot)
    product = await startGatewayProduct(mail, {
      gateway: 'http',
      // What a deployed function must not listen to.
      environment: {
        ALLOW_PRIVATE_MAIL_HOSTS: '1',
        DEMO_MAILBOX: 'on',
        INTERNAL_MAIL_HOSTS: 'imap.corp.example',
      },
    })
    clientId = await register(product.url)
    token = (await signIn(product.url, clientId, signInFields(product, mail.imap.alice))).access_token
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()))
    await product.stop()
    await mail.stop()
  })

  function start(name: FunctionName, environment: Record<string, string> = {}): FunctionPool {
    const pool = createFunctionPool({
      ...deployed(product.bundles, name),
      environment: { ...product.environments[name], ...environment },
      timeoutMs: 20_000,
    })
    pools.push(pool)
    return pool
  }

  interface Result {
    statusCode: number
    headers: Record<string, string>
    body: string
    cookies?: string[]
  }

  async function invoke(
    pool: FunctionPool,
    path: string,
    request: { method?: string; authorization?: string; body?: string } = {},
  ) {
    const { method = 'GET', authorization, body } = request
    return (await pool.invoke({
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: {
        host: new URL(product.url).host,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
        ...(authorization && { authorization }),
      },
      requestContext: { http: { method, sourceIp: '198.51.100.7' } },
      ...(body && { body, isBase64Encoded: false }),
    })) as Result
  }

  test('R70: on the HTTP API mcp answers in one piece and looks the token up itself', async () => {
    const mcp = product.functions.mcp
    const request = { method: 'POST', body: JSON.stringify(toolsListMessage) }
    const answer = await invoke(mcp, '/mcp', { ...request, authorization: `Bearer ${token}` })
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toContain('"get_recent_emails"')
    expect(product.dynamoDb.mcp.calls.map(({ operation, row }) => `${operation} ${row}`)).toEqual([
      'GetItem access#',
    ])
  })

  test('R03: on the HTTP API mcp itself answers 401, with the error only when a token was sent', async () => {
    const request = { method: 'POST', body: JSON.stringify(toolsListMessage) }
    const bare = await invoke(product.functions.mcp, '/mcp', request)
    expect(bare.statusCode).toBe(401)
    expect(bare.headers['www-authenticate']).toMatch(/^Bearer resource_metadata=/)
    expect(bare.headers['www-authenticate']).not.toContain('error=')
    const bad = await invoke(product.functions.mcp, '/mcp', {
      ...request,
      authorization: `Bearer ${'0'.repeat(64)}`,
    })
    expect(bad.statusCode).toBe(401)
    expect(bad.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  test('R68: the line of the HTTP API and the line of the function carry the same request id', async () => {
    await fetch(`${product.url}/mcp`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } })
    await vi.waitFor(() => {
      const { requestId, status } = JSON.parse(product.accessLog.at(-1) ?? '{}') as Record<string, string>
      expect(status).toBe('415')
      expect(requestId).toMatch(/^[\w-]{15}=$/)
      expect(product.functions.mcp.output.join('')).toContain(`"event":"request","requestId":"${requestId}"`)
    }, 30_000)
  })

  test('R63: on the HTTP API DynamoDB down is 503, never 401', async () => {
    product.dynamoDb.mcp.fault = () => 'throttled'
    const request = {
      method: 'POST',
      body: JSON.stringify(toolsListMessage),
      authorization: `Bearer ${token}`,
    }
    const answer = await invoke(product.functions.mcp, '/mcp', request)
    product.dynamoDb.mcp.fault = undefined
    expect(answer.statusCode).toBe(503)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  test('R63: Secrets Manager down at the start of oauth is 503; the same environment then works', async () => {
    product.secretsManager.unavailable = true
    const oauth = start('oauth')
    const down = await invoke(oauth, '/oauth/meta')
    expect(down.statusCode).toBe(503)
    expect(Number(down.headers['retry-after'])).toBeGreaterThan(0)
    product.secretsManager.unavailable = false
    expect((await invoke(oauth, '/oauth/meta')).statusCode).toBe(200)
    expect(oauth.started()).toBe(1)
  })

  test('the secrets are read once in the life of an environment', async () => {
    const oauth = start('oauth')
    await invoke(oauth, '/oauth/meta')
    const before = product.secretsManager.calls.length
    await invoke(oauth, '/oauth/meta')
    expect(product.secretsManager.calls.length).toBe(before)
  })

  test('settings with faults end the start and name every variable, none of their values', async () => {
    const mcp = start('mcp', { PUBLIC_URL: 'ftp://secret-value', GRANTS_TABLE: '', STAGE: '' })
    await expect(invoke(mcp, '/mcp')).rejects.toThrow('crashed')
    const output = mcp.output.join('')
    for (const variable of ['PUBLIC_URL', 'GRANTS_TABLE', 'STAGE']) expect(output).toContain(variable)
    expect(output).not.toContain('secret-value')
  })

  test('R96: pnpm revoke ends every connection of a mailbox; no request is taken for its event', async () => {
    const host = signInFields(product, mail.imap.bob).imap_host ?? ''
    const connect = () => signIn(product.url, clientId, signInFields(product, mail.imap.bob))
    const tokens = [(await connect()).access_token, (await connect()).access_token]
    const statusOf = async (bearer: string) =>
      (
        await invoke(product.functions.mcp, '/mcp', {
          ...{ method: 'POST', body: JSON.stringify(toolsListMessage), authorization: `Bearer ${bearer}` },
        })
      ).statusCode
    const event = { operator: { revoke: { host, login: mail.imap.bob.login }, dryRun: false } }
    const forged = await invoke(product.functions.oauth, '/oauth/connections', {
      ...{ method: 'POST', body: JSON.stringify(event) },
    })
    expect(forged.statusCode).toBe(400)
    const inGateway = { ...event, requestContext: { http: { method: 'GET', sourceIp: '198.51.100.7' } } }
    const asRequest = await product.functions.oauth.invoke({
      ...{ version: '2.0', rawPath: '/oauth/meta', rawQueryString: '', headers: {} },
      ...inGateway,
    })
    expect(asRequest).toMatchObject({ statusCode: 200 })
    expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 200])
    expect(await product.functions.oauth.invoke({ operator: { revoke: { host } } })).toEqual({
      fault: 'The event is not {"operator":{"revoke":{"host","login"},"dryRun"}}',
    })

    const lambda = await startInvokeEndpoint(product.functions.oauth)
    const revoke = (...given: string[]) =>
      runRevoke(lambda.url, ['--stage', 'personal', '--host', host, '--login', mail.imap.bob.login, ...given])
    try {
      expect(await revoke('--dry-run')).toEqual({ code: 0, output: '2 connections would be ended.\n' })
      expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 200])
      expect(await revoke()).toEqual({ code: 0, output: '2 connections ended; none is left.\n' })
      expect(await revoke()).toEqual({ code: 0, output: 'This mailbox has no connection.\n' })
      expect(lambda.functionNames()).toEqual(Array(3).fill('personal-email-connector-oauth'))
    } finally {
      await lambda.close()
    }
    expect(await Promise.all(tokens.map(statusOf))).toEqual([401, 401])
    expect(product.functions.oauth.output.join('')).not.toContain(mail.imap.bob.login)
  })

  // Together: each refusal of a host waits for the same floor of 5 s (R40).
  test.concurrent.each([
    ['a loopback address', { imap_host: '127.0.0.1' }],
    ['a loopback name', { imap_host: 'localhost' }],
    ['the metadata address', { imap_host: '169.254.169.254', smtp_host: '169.254.169.254' }],
    ['another IMAP port', { imap_port: '1993' }],
    ['another SMTP port', { smtp_port: '25' }],
  ])(
    'R72: told by its environment to allow private hosts, the function still refuses %s',
    async (_, fields) => {
      const { url } = createAuthorizationRequest(product.url, clientId)
      const logins = (await mail.imap.rawLog(mail.imap.bob)).length
      const outcome = await completeSignIn({
        authorizeUrl: url,
        fields: { ...signInFields(product, mail.imap.bob, 'send'), ...fields },
      })
      expect(outcome).toMatchObject({ redirected: false, status: 422 })
      expect((await mail.imap.rawLog(mail.imap.bob)).length).toBe(logins)
    },
  )

  test('R72: nor does it offer the demo mailbox', async () => {
    const { url } = createAuthorizationRequest(product.url, clientId)
    expect(await (await fetch(url)).text()).not.toContain('value="demo"')
  })
})
