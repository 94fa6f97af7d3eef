/**
 * Plays a client of the table against a running product: from the bare URL by discovery, registration, the owner's
 * page, code and token to calls. The OAuth requests are written by hand, as most of these clients write them; MCP is
 * the SDK that most of them contain, which also checks results against the listed schemas.
 */
import { createHash, randomBytes } from 'node:crypto'
import { completeSignIn } from '@email-connector/testing'
import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { Tokens } from '../oauth/product.ts'
import type { ReplayedClient } from './replayed-clients.ts'

export interface Discovered {
  readonly resource: string
  readonly scopes: readonly string[]
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly registrationEndpoint: string
  readonly revocationEndpoint: string
  readonly takesDocuments: boolean
}

export interface SignedIn {
  readonly clientId: string
  readonly tokens: Tokens
  readonly discovered: Discovered
}

/** From the challenge on, as RFC 9728 §5 and RFC 8414 §3 say. */
export async function discover(url: string, probe: 'HEAD' | 'POST' = 'POST'): Promise<Discovered> {
  const challenged = await fetch(`${url}/mcp`, {
    method: probe,
    headers: { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' },
    ...(probe === 'POST' && {
      body: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"probe","version":"1"}}}',
    }),
  })
  await challenged.arrayBuffer()
  const challenge = challenged.headers.get('www-authenticate') ?? ''
  const [, metadataUrl] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  if (challenged.status !== 401 || metadataUrl === undefined)
    throw new Error(`${probe} /mcp answered ${challenged.status} without a challenge`)
  const resource = await getJson(metadataUrl)
  // Gemini CLI and the SDKs stop where the document is about another resource.
  if (resource.resource !== `${url}/mcp`) throw new Error('The resource is another one in its own document')
  const [issuer = ''] = resource.authorization_servers as string[]
  const server = await getJson(`${issuer}/.well-known/oauth-authorization-server`)
  if (server.issuer !== issuer) throw new Error('The issuer is another one in its own document')
  // Without this promise Codex waits at a path with an id in it, and ChatGPT at one of each connection.
  if (server.authorization_response_iss_parameter_supported !== true)
    throw new Error('The server does not promise to name itself in the redirect')
  return {
    resource: String(resource.resource),
    scopes: resource.scopes_supported as string[],
    issuer,
    authorizationEndpoint: String(server.authorization_endpoint),
    tokenEndpoint: String(server.token_endpoint),
    registrationEndpoint: String(server.registration_endpoint),
    revocationEndpoint: String(server.revocation_endpoint),
    takesDocuments: server.client_id_metadata_document_supported === true,
  }
}

export async function identify(client: ReplayedClient, discovered: Discovered): Promise<string> {
  if ('document' in client.identity) {
    if (!discovered.takesDocuments) throw new Error('The server takes no client documents')
    return client.identity.document
  }
  const response = await fetch(discovered.registrationEndpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ...client.identity.registers,
      redirect_uris: client.redirectUris ?? [client.redirectUri],
    }),
  })
  const registered = (await response.json()) as Record<string, unknown>
  if (response.status !== 201)
    throw new Error(`The registration was answered with ${response.status}: ${JSON.stringify(registered)}`)
  // Claude Code takes no null; mcp-use and mcporter drop a registration that does not name their own address.
  if (Object.values(registered).includes(null)) throw new Error('The registration was answered with a null')
  const echoed = registered.redirect_uris as string[]
  if (client.redirectUris === undefined && !echoed.includes(client.redirectUri))
    throw new Error('The registration was answered with another redirect URI')
  return String(registered.client_id)
}

export function authorizationRequest(client: ReplayedClient, discovered: Discovered, clientId: string) {
  const verifier = randomBytes(48).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const url = new URL(discovered.authorizationEndpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: client.redirectUri,
    state,
    scope: discovered.scopes.join(' '),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: discovered.resource,
  }).toString()
  return { url, verifier, state }
}

export async function signIn(
  client: ReplayedClient,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<SignedIn> {
  const discovered = await discover(url)
  const clientId = await identify(client, discovered)
  const request = authorizationRequest(client, discovered, clientId)
  const outcome = await completeSignIn({ authorizeUrl: request.url, fields })
  if (!outcome.redirected) throw new Error(`No redirect but ${outcome.status}: ${textOf(outcome.html)}`)
  if (!outcome.url.href.startsWith(`${client.redirectUri}?`) || outcome.state !== request.state)
    throw new Error('The code went elsewhere, or with another state')
  // RFC 9207: Gemini CLI and ChatGPT insist on it.
  if (outcome.issuer !== discovered.issuer) throw new Error('The redirect names another issuer')
  const tokens = await requestTokens(discovered, {
    grant_type: 'authorization_code',
    code: outcome.code ?? '',
    redirect_uri: client.redirectUri,
    client_id: clientId,
    code_verifier: request.verifier,
    resource: discovered.resource,
  })
  return { clientId, tokens, discovered }
}

export function refresh(
  { clientId, tokens, discovered }: SignedIn,
  change: Record<string, string> = {},
): Promise<Tokens> {
  return requestTokens(discovered, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    client_id: clientId,
    resource: discovered.resource,
    ...change,
  })
}

async function requestTokens(discovered: Discovered, parameters: Record<string, string>): Promise<Tokens> {
  const response = await fetch(discovered.tokenEndpoint, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(parameters),
  })
  const answer = (await response.json()) as Tokens & { error?: string }
  if (response.status !== 200)
    throw new Error(`The token endpoint answered ${response.status} ${answer.error}`)
  return answer
}

export interface ReplayedSession {
  readonly tools: readonly string[]
  readonly instructions: string | undefined
  /** With what the client adds to the arguments. */
  call(tool: string, given?: Record<string, unknown>): Promise<CallToolResult>
  close(): Promise<void>
}

export async function openSession(
  url: string,
  accessToken: string,
  options: { adds?: Record<string, unknown> | undefined; client?: Client } = {},
): Promise<ReplayedSession> {
  const client = options.client ?? createClient()
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
    requestInit: { headers: { Authorization: `Bearer ${accessToken}` } },
  })
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client['connect']>[0])
  const { tools } = await client.listTools()
  return {
    tools: tools.map(({ name }) => name),
    instructions: client.getInstructions(),
    call: async (name, given = {}) =>
      (await client.callTool({ name, arguments: { ...options.adds, ...given } })) as CallToolResult,
    close: () => client.close(),
  }
}

export function createClient(capabilities: ClientOptions['capabilities'] = {}): Client {
  return new Client({ name: 'replayed', version: '1' }, { capabilities })
}

/** The sentence of an answer, as a person reads the page. */
export function textOf(html: string): string {
  const [main = html] = /<main[\s\S]*<\/main>/.exec(html) ?? []
  return main
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url)
  if (response.status !== 200) throw new Error(`${new URL(url).pathname} answered ${response.status}`)
  return (await response.json()) as Record<string, unknown>
}
