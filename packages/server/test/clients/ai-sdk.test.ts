/** The MCP client of the AI SDK, which has an OAuth client of its own, and what its tools hand to a model. */
import { auth, createMCPClient, type MCPClient, type OAuthClientProvider } from '@ai-sdk/mcp'
import { completeSignIn } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startProduct, type TestProduct } from '../oauth/product.ts'
import { attachmentId, drafts, picture } from './material.ts'

const state = 'state-of-the-agent'
const dayMs = 86_400_000
const redirectUrl = 'http://localhost:8090/callback'

let product: TestProduct
beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product.close())
afterEach(() => {
  vi.useRealTimers()
})

interface Memory {
  client?: NonNullable<Awaited<ReturnType<OAuthClientProvider['clientInformation']>>>
  tokens?: NonNullable<Awaited<ReturnType<OAuthClientProvider['tokens']>>>
  verifier?: string
}

/** Remembers in memory; the owner fills the form in at once. */
function createProvider(memory: Memory, fields: Record<string, string>) {
  let answered: URLSearchParams | undefined
  const provider: OAuthClientProvider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'An agent with the AI SDK',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => memory.client,
    saveClientInformation: (client) => {
      memory.client = client
    },
    tokens: () => memory.tokens,
    saveTokens: (tokens) => {
      memory.tokens = tokens
    },
    state: () => state,
    storedState: () => state,
    codeVerifier: () => memory.verifier ?? '',
    saveCodeVerifier: (verifier) => {
      memory.verifier = verifier
    },
    redirectToAuthorization: async (authorizeUrl) => {
      const outcome = await completeSignIn({ authorizeUrl, fields })
      if (!outcome.redirected) throw new Error(`The form came again: ${outcome.status}`)
      answered = outcome.url.searchParams
    },
  }
  return { provider, answered: () => answered }
}

/** As the AI SDK's own examples do it: `auth` until it says AUTHORIZED, then the client. */
async function open(memory: Memory, fields: Record<string, string>): Promise<MCPClient> {
  const { provider, answered } = createProvider(memory, fields)
  const serverUrl = `${product.url}/mcp`
  if ((await auth(provider, { serverUrl })) === 'REDIRECT') {
    const parameters = answered()
    await auth(provider, {
      serverUrl,
      authorizationCode: parameters?.get('code') ?? '',
      callbackState: parameters?.get('state') ?? '',
      callbackIssuer: parameters?.get('iss') ?? '',
    })
  }
  return await createMCPClient({ transport: { type: 'http', url: serverUrl, authProvider: provider } })
}

/** The result, and what the model gets of it. */
async function call(client: MCPClient, name: string, input: Record<string, unknown>) {
  const { [name]: tool } = await client.tools()
  if (tool === undefined) throw new Error(`There is no ${name}`)
  const output = await tool.execute(input, { toolCallId: 'call', messages: [], context: undefined })
  if (Symbol.asyncIterator in output) throw new Error('The result came in pieces')
  return { output, handed: await tool.toModelOutput?.({ toolCallId: 'call', input, output }) }
}

test('R14: the AI SDK signs in and works; 31 days later it refreshes and asks nobody', async () => {
  const memory: Memory = {}
  const client = await open(memory, product.fields)
  expect(Object.keys(await client.tools())).toContain('send_email')
  await client.close()
  const first = memory.tokens?.access_token

  // Only the date: sockets and timers go on as they are.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * dayMs })
  // Without the fields of the form no sign-in could succeed.
  const later = await open(memory, {})
  expect(Object.keys(await later.tools())).toContain('send_email')
  await later.close()
  expect(memory.tokens?.access_token).not.toBe(first)
})

test('the AI SDK hands its model emails, the sentence of an error and a picture', async () => {
  const client = await open({}, product.fields)
  const recent = await call(client, 'get_recent_emails', { limit: 30 })
  expect(JSON.stringify(recent.handed)).toContain('Invoice CP-3104')

  const failed = await call(client, 'list_mailboxes', { account: 'nobody@example.com' })
  expect(failed.output).toMatchObject({ isError: true })
  expect(JSON.stringify(failed.handed)).toContain('No connected account has this address')

  const drafted = await call(client, 'draft_email', drafts.picture)
  const { id } = drafted.output.structuredContent as { id: string }
  const { handed } = await call(client, 'get_attachment', { id, attachment_id: attachmentId })
  expect(handed).toMatchObject({
    type: 'content',
    value: [{ type: 'text' }, { type: 'file', mediaType: 'image/png', data: { data: picture } }],
  })
  await client.close()
})
