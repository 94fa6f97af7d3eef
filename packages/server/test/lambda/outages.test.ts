/**
 * R63: each AWS dependency down in turn, at each step of a sign-in and of a call, behind the deployed bundles. The client
 * sees 503 with Retry-After, never 401, and afterwards the step succeeds.
 */
import { tokenId } from '@email-connector/oauth'
import { completeSignIn } from '@email-connector/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { connectClient } from '../e2e/clients.ts'
import { signInFields } from '../e2e/product.ts'
import { callback, createAuthorizationRequest, postToolCall, requestTokens } from '../e2e/raw-client.ts'
import {
  missing,
  postToolsList,
  type RunningGateway,
  signInAgain,
  useGateway,
  whenPossible,
} from './gateway.ts'

type Fault = (running: RunningGateway) => void

/** More than the SDK's attempts, so that no retry gets through. */
const manyCalls = 100

const dynamoDb: readonly [string, Fault][] = (['throttled', 'error', 'reset'] as const).map((fault) => [
  `DynamoDB: ${fault}`,
  ({ product }) => {
    for (const proxy of Object.values(product.dynamoDb)) proxy.fault = () => fault
  },
])
const kms: readonly [string, Fault][] = (['ThrottlingException', 'KMSInternalException'] as const).map(
  (name) => [`KMS: ${name}`, ({ product }) => product.kms.failNext(name, manyCalls)],
)

describe.skipIf(missing !== undefined)(whenPossible('R63: AWS down'), () => {
  const running = useGateway()

  function repair() {
    const { product } = running()
    for (const proxy of Object.values(product.dynamoDb)) proxy.fault = undefined
    product.kms.endFailures()
    product.secretsManager.unavailable = false
  }
  afterEach(repair)

  async function expectOutage(response: Response) {
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(response.headers.get('www-authenticate')).toBeNull()
  }

  test.each(dynamoDb)(
    '%s at /oauth/authorize: a page that says try again, then it works',
    async (_, fail) => {
      const { product, clientId } = running()
      const { url } = createAuthorizationRequest(product.url, clientId)
      fail(running())
      await expectOutage(await fetch(url))
      repair()
      expect((await fetch(url)).status).toBe(200)
    },
  )

  test.each([...dynamoDb, ...kms])(
    '%s at /oauth/connect: nothing is granted; the same browser then succeeds',
    async (_, fail) => {
      const { product, mail, clientId } = running()
      const { url } = createAuthorizationRequest(product.url, clientId)
      const jar = new Map<string, string>()
      const fields = signInFields(product, mail.imap.alice)
      const outcome = await completeSignIn({
        authorizeUrl: url,
        fields,
        jar,
        fetch: (input, init) => {
          if (init.method === 'POST') fail(running())
          return fetch(input, init)
        },
      })
      expect(outcome).toMatchObject({ redirected: false, status: 503 })
      repair()
      expect(await completeSignIn({ authorizeUrl: url, fields, jar })).toMatchObject({
        redirected: true,
        error: null,
      })
    },
  )

  test.each(dynamoDb)('%s at /oauth/token: the code and the refresh token outlive it', async (_, fail) => {
    const { product, mail, clientId } = running()
    const { url, verifier } = createAuthorizationRequest(product.url, clientId)
    const outcome = await completeSignIn({
      authorizeUrl: url,
      fields: signInFields(product, mail.imap.alice),
    })
    if (!outcome.redirected) throw new Error('The sign-in was refused')
    const requests = async (parameters: Record<string, string>) => {
      const body = new URLSearchParams({ client_id: clientId, ...parameters })
      fail(running())
      await expectOutage(await fetch(`${product.url}/oauth/token`, { method: 'POST', body }))
      repair()
      return await requestTokens(product.url, { client_id: clientId, ...parameters })
    }
    const tokens = await requests({
      grant_type: 'authorization_code',
      code: outcome.code ?? '',
      redirect_uri: callback,
      code_verifier: verifier,
    })
    const newer = await requests({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    expect((await postToolsList(product.url, newer.access_token)).status).toBe(200)
  })

  test.each(dynamoDb)('%s at the authorizer: 503 from the gateway', async (_, fail) => {
    const { product, tokens } = running()
    fail(running())
    await expectOutage(await postToolsList(product.url, tokens.access_token))
    repair()
    expect((await postToolsList(product.url, tokens.access_token)).status).toBe(200)
  })

  test.each([
    ...dynamoDb.map(([title]): [string, Fault] => [
      `${title}, in the call only`,
      ({ product }) => {
        const fault = title.endsWith('throttled') ? 'throttled' : title.endsWith('reset') ? 'reset' : 'error'
        product.dynamoDb.mcp.fault = () => fault
      },
    ]),
    ...(['count#', 'grant#'] as const).map((row): [string, Fault] => [
      `DynamoDB: throttled, rows ${row}`,
      ({ product }) => {
        product.dynamoDb.mcp.fault = (call) => (call.row === row ? 'throttled' : undefined)
      },
    ]),
    ...kms,
  ])('%s: 503 for a tool call, in both eras, and the next one works', async (title, fail) => {
    const { product, clientId } = running()
    // The limit of sign-ins is short; only a data key that no environment has kept needs a new mailbox.
    const tokens = title.startsWith('KMS') ? await signInAgain(running()) : running().tokens
    const { access_token } = tokens
    const remembered = { client: { client_id: clientId }, tokens: { ...tokens, token_type: 'Bearer' } }
    const client = await connectClient({}, { url: product.url, era: 'sdk 1, 2025 era', remembered })
    fail(running())
    await expectOutage(await postToolCall(product.url, access_token, 'get_recent_emails'))
    await expect(client.call('get_recent_emails')).rejects.toThrow('temporarily_unavailable')
    repair()
    const answer = await postToolCall(product.url, access_token, 'get_recent_emails')
    expect(await answer.text()).not.toContain('"isError":true')
    expect((await client.call('get_recent_emails')).isError).toBeFalsy()
    await client.close()
  })

  test('R15: a grant that is gone while its token’s row is still there: 401, as for a token that is gone', async () => {
    const { product } = running()
    const { access_token } = await signInAgain(running())
    expect((await postToolCall(product.url, access_token, 'list_accounts')).status).toBe(200)
    const { authorization } = createDynamoStores({ ...product.tableAccess, tables: product.tables })
    const row = await authorization.findToken('access', tokenId(access_token))
    await authorization.revokeGrant(row?.grantId ?? '')
    for (const tool of ['list_accounts', 'get_recent_emails']) {
      const refused = await postToolCall(product.url, access_token, tool)
      expect(refused.status).toBe(401)
      expect(refused.headers.get(product.challengeHeader)).toContain('error="invalid_token"')
    }
  })

  test('KMS refuses the key (disabled): a tool error that names the way out, nothing deleted; enabled again, the grant works', async () => {
    const { product } = running()
    const tokens = await signInAgain(running())
    product.kms.keyState = 'Disabled'
    const failed = await postToolCall(product.url, tokens.access_token, 'get_recent_emails')
    product.kms.keyState = 'Enabled'
    expect(failed.status).toBe(200)
    expect(await failed.text()).toContain('"code":"credentials_unreadable"')
    const answer = await postToolCall(product.url, tokens.access_token, 'get_recent_emails')
    expect(await answer.text()).not.toContain('"isError":true')
  })

  test('R45: no line of output says more of it than that something was unavailable', () => {
    // The runtime client prints the stack of what the authorizer throws, and is itself in it.
    const output = running()
      .product.output()
      .replaceAll(/\S+\/node_modules\/aws-lambda-ric\/\S+/g, '')
    expect(output).toContain('"event":"unavailable","code":"store"')
    expect(output).toContain('"code":"key_service"')
    for (const foreign of ['Exception', 'not right now', 'ECONNRESET', 'node_modules'])
      expect(output).not.toContain(foreign)
  })
})
