/**
 * MCP clients nobody here wrote, from a bare URL to a signed-in session: the first SDK speaks the 2025 era, the second
 * both. All they get from the tests is what a person gives them: the filled form.
 */

import { completeSignIn, type SignInOutcome } from '@email-connector/testing'
import {
  Client as Client2,
  type OAuthClientProvider as OAuthClientProvider2,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport as Transport2,
  UnauthorizedError as UnauthorizedError2,
} from '@modelcontextprotocol/client'
import { type OAuthClientProvider, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import type { Canaries } from './secrets.ts'

export const eras = ['sdk 1, 2025 era', 'sdk 2, 2025 era', 'sdk 2, 2026 era'] as const
export type Era = (typeof eras)[number]

export interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  readonly structured: Record<string, unknown>
}

export interface ConnectedClient {
  readonly tokens: { readonly access_token: string; readonly refresh_token?: string | undefined }
  readonly client: { readonly client_id: string }
  listTools(): Promise<string[]>
  call(tool: string, parameters?: Record<string, unknown>): Promise<ToolAnswer>
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly url: string
  readonly era?: Era
  readonly name?: string
  readonly canaries?: Canaries
  /** To go on with what an earlier client remembered instead of signing in. */
  readonly remembered?: Memory
}

export interface Memory {
  client?: OAuthClientInformationMixed
  tokens?: OAuthTokens
}

/** Throws with the page's text when the form is not accepted. */
export async function connectClient(
  fields: Readonly<Record<string, string>>,
  options: ConnectOptions,
): Promise<ConnectedClient> {
  const { era = 'sdk 2, 2026 era', name = 'Some client', canaries, remembered = {} } = options
  const url = new URL(`${options.url}/mcp`)
  const { provider, outcome } = createProvider(name, fields, remembered, canaries)
  const connected = era === 'sdk 1, 2025 era' ? await connectFirst() : await connectSecond()
  const { tokens, client } = remembered
  if (tokens === undefined || client === undefined) throw new Error('The client did not sign in')
  canaries?.add('token', tokens.access_token, tokens.refresh_token)
  return { ...connected, tokens, client }

  async function connectFirst() {
    const mcp = new Client({ name, version: '1' })
    const connect = async (transport: StreamableHTTPClientTransport) => {
      // The SDK's own types disagree under exactOptionalPropertyTypes.
      await mcp.connect(transport as Parameters<Client['connect']>[0])
      return transport
    }
    const first = new StreamableHTTPClientTransport(url, { authProvider: provider })
    const transport = await connect(first).catch(async (error) => {
      if (!(error instanceof UnauthorizedError)) throw error
      await first.finishAuth(codeOf(outcome()))
      return await connect(new StreamableHTTPClientTransport(url, { authProvider: provider }))
    })
    return {
      listTools: async () => (await mcp.listTools()).tools.map((tool) => tool.name),
      call: async (tool: string, parameters: Record<string, unknown> = {}) =>
        toAnswer(await mcp.callTool({ name: tool, arguments: parameters })),
      close: async () => {
        await transport.terminateSession()
        await mcp.close()
      },
    }
  }

  async function connectSecond() {
    const mode = era === 'sdk 2, 2026 era' ? { pin: '2026-07-28' } : ('legacy' as const)
    const mcp = new Client2({ name, version: '1' }, { versionNegotiation: { mode } })
    const authProvider: OAuthClientProvider2 = provider
    const first = new Transport2(url, { authProvider })
    await mcp.connect(first).catch(async (error) => {
      if (!(error instanceof UnauthorizedError2)) throw error
      const answer = outcome()
      if (answer?.redirected !== true) throw new Error(outcomeText(answer))
      // It checks `iss` and `state` itself.
      await first.finishAuth(answer.url.searchParams)
      await mcp.connect(new Transport2(url, { authProvider }))
    })
    return {
      listTools: async () => (await mcp.listTools()).tools.map((tool) => tool.name),
      call: async (tool: string, parameters: Record<string, unknown> = {}) =>
        toAnswer(await mcp.callTool({ name: tool, arguments: parameters })),
      close: () => mcp.close(),
    }
  }
}

function createProvider(
  name: string,
  fields: Readonly<Record<string, string>>,
  memory: Memory,
  canaries: Canaries | undefined,
) {
  const redirectUrl = 'http://localhost:6274/oauth/callback'
  let outcome: SignInOutcome | undefined
  let verifier = ''
  let discovered: OAuthDiscoveryState | undefined
  const provider: OAuthClientProvider & OAuthClientProvider2 = {
    redirectUrl,
    clientMetadata: {
      client_name: name,
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
    saveCodeVerifier: (codeVerifier) => {
      verifier = codeVerifier
      canaries?.add('verifier', codeVerifier)
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      discovered = state
    },
    discoveryState: () => discovered,
    redirectToAuthorization: async (authorizeUrl) => {
      outcome = await completeSignIn({ authorizeUrl: withState(authorizeUrl), fields })
      if (outcome.redirected) canaries?.add('code', outcome.code)
    },
  }
  return { provider, outcome: () => outcome }
}

/** The SDKs leave `state` to the provider; ours requires it. */
function withState(url: URL): URL {
  if (!url.searchParams.has('state')) url.searchParams.set('state', 'state-of-the-test')
  return url
}

function codeOf(outcome: SignInOutcome | undefined): string {
  if (outcome?.redirected !== true || outcome.code === null) throw new Error(outcomeText(outcome))
  return outcome.code
}

/** Why a sign-in gave no code, in the words of the page. */
export function outcomeText(outcome: SignInOutcome | undefined): string {
  if (outcome === undefined) return 'The client did not ask to sign in'
  if (outcome.redirected) return `The sign-in ended with ${outcome.error}`
  return `The sign-in ended with ${outcome.status}: ${faultsOf(outcome.html).join(' ')}`
}

/** The sentences of the page's summary, or its message. */
export function faultsOf(html: string): string[] {
  const summary =
    /<div class="errors"[\s\S]*?<\/ul>/.exec(html)?.[0] ?? /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? ''
  return [...summary.matchAll(/<(li|p|h1)\b[^>]*>([\s\S]*?)<\/\1>/g)].map(([, , content = '']) =>
    content
      .replace(/<[^>]*>/g, '')
      .replace(/&#39;|&apos;/g, "'")
      .replace(/&amp;/g, '&')
      .trim(),
  )
}

function toAnswer(result: Record<string, unknown>): ToolAnswer {
  const content = Array.isArray(result.content) ? result.content : []
  return {
    isError: result.isError === true,
    text: content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n'),
    structured: (result.structuredContent ?? {}) as Record<string, unknown>,
  }
}
