/** OAuth and MCP with fetch alone: for tests that need one request at a time, its status, or a connection cut in the middle. */
import { createHash, randomBytes } from 'node:crypto'
import { completeSignIn } from '@email-connector/testing'
import { outcomeText } from './clients.ts'

export const callback = 'http://localhost:6274/oauth/callback'

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export interface AuthorizationRequest {
  readonly url: URL
  readonly verifier: string
}

export async function register(
  publicUrl: string,
  name = 'Raw client',
  redirectUri = callback,
): Promise<string> {
  const response = await fetch(`${publicUrl}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: name,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  const { client_id } = (await response.json()) as { client_id?: string }
  if (client_id === undefined) throw new Error(`The registration was answered with ${response.status}`)
  return client_id
}

export function createAuthorizationRequest(
  publicUrl: string,
  clientId: string,
  redirectUri = callback,
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL(`${publicUrl}/oauth/authorize`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(8).toString('hex'),
    scope: 'email:read email:write',
    resource: `${publicUrl}/mcp`,
  }).toString()
  return { url, verifier }
}

/** The whole sign-in; throws when any step is not what it should be. */
export async function signIn(
  publicUrl: string,
  clientId: string,
  fields: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const { url, verifier } = createAuthorizationRequest(publicUrl, clientId)
  const outcome = await completeSignIn({ authorizeUrl: url, fields })
  if (!outcome.redirected || outcome.code === null) throw new Error(outcomeText(outcome))
  return await requestTokens(publicUrl, {
    grant_type: 'authorization_code',
    code: outcome.code,
    client_id: clientId,
    redirect_uri: callback,
    code_verifier: verifier,
  })
}

export function refresh(publicUrl: string, clientId: string, refreshToken: string): Promise<Tokens> {
  return requestTokens(publicUrl, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: clientId,
  })
}

export async function requestTokens(publicUrl: string, parameters: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${publicUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  const answer = (await response.json()) as Tokens & { error?: string }
  if (response.status !== 200)
    throw new Error(`The token endpoint answered ${response.status} ${answer.error}`)
  return answer
}

/** A call of the 2026 era, which needs no session. */
export function postToolCall(
  publicUrl: string,
  accessToken: string,
  tool: string,
  parameters: Record<string, unknown> = {},
): Promise<Response> {
  return fetch(`${publicUrl}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': tool,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: tool,
        arguments: parameters,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  })
}

/** The same, to its structured content. */
export async function callTool(
  publicUrl: string,
  accessToken: string,
  tool: string,
  parameters: Record<string, unknown> = {},
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire; each test knows its own shape
): Promise<any> {
  const text = await (await postToolCall(publicUrl, accessToken, tool, parameters)).text()
  const line = text.startsWith('{') ? text : (/^data: (.*)$/m.exec(text)?.[1] ?? '{}')
  return (JSON.parse(line) as { result: { structuredContent: unknown } }).result.structuredContent
}
