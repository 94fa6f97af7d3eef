/** A whole authorization server with a clock to turn, and a client that signs in as the test wants. */
import { createHash, randomBytes } from 'node:crypto'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from '../src/index.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.ts'

export const issuer = 'https://mail.example'
export const resource = `${issuer}/mcp`
export const claudeUri = 'https://claude.ai/api/mcp/auth_callback'
export const claudeId = 'https://claude.ai/oauth/mcp-oauth-client-metadata'
export const start = 1_800_000_000

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly scope: string
  readonly token_type: string
}

export interface SignedIn {
  readonly grantId: string
  readonly secret: Uint8Array
  readonly code: string
  readonly verifier: string
  /** What the token endpoint wants for the code. */
  readonly redemption: Record<string, string>
}

export type Deployment = ReturnType<typeof createDeployment>

export function createDeployment(
  options: Partial<AuthorizationServerOptions> = {},
  store: MemoryStore = createMemoryStore(),
) {
  const clock = { now: start }
  const events: { kind: string }[] = []
  const all: AuthorizationServerOptions = {
    issuer,
    resource,
    scopes: ['email:read', 'email:write'],
    store,
    clients: [{ clientId: 'claude-team', secret: 'a secret: with % and +', name: 'Claude for the team' }],
    dcrKeys: [{ kid: 'd1', key: randomBytes(32) }],
    handoffKeys: [{ kid: 'h1', key: randomBytes(32) }],
    now: () => clock.now,
    log: (event) => events.push(event),
    ...options,
  }
  const server = createAuthorizationServer(all)
  return {
    server,
    store,
    clock,
    events,
    options: all,
    signIn: (change: SignInChange = {}) => signIn(server, store, clock.now, change),
    /** Signs in and redeems. */
    async connect(change: SignInChange = {}): Promise<SignedIn & { tokens: Tokens }> {
      const signedIn = await signIn(server, store, clock.now, change)
      return { ...signedIn, tokens: await ok(server.token(form('token', signedIn.redemption))) }
    },
    refresh: (token: string, change: Record<string, string> = {}) =>
      server.token(
        form('token', { grant_type: 'refresh_token', client_id: claudeId, refresh_token: token, ...change }),
      ),
    isLive: async (token: string) => (await server.findAccessToken(token)).kind === 'live',
  }
}

export interface SignInChange {
  readonly query?: Record<string, string>
  readonly permission?: string
  readonly scope?: string
}

export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export function authorizeQuery(
  challenge: string,
  change: Record<string, string> = {},
): Record<string, string> {
  return {
    response_type: 'code',
    client_id: claudeId,
    redirect_uri: claudeUri,
    state: 'state with spaces & <b>',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource,
    ...change,
  }
}

export function authorizeRequest(query: Record<string, string> | string): Request {
  return new Request(`${issuer}/oauth/authorize?${new URLSearchParams(query)}`)
}

async function signIn(
  server: AuthorizationServer,
  store: MemoryStore,
  now: number,
  { query = {}, permission = 'send', scope = 'email:read email:write' }: SignInChange,
): Promise<SignedIn> {
  const { verifier, challenge } = pkce()
  const asked = authorizeQuery(challenge, query)
  const opened = await server.authorize(authorizeRequest(asked))
  if (opened.kind !== 'page') throw new Error(`No page but ${opened.response.status}`)
  const grantId = randomBytes(16).toString('hex')
  const secret = randomBytes(32)
  const absoluteExpiresAt = now + server.lifetimes.refreshAbsoluteSeconds
  store.accounts.set(`account-of-${grantId}`, now + 600)
  const response = await server.approve(opened.transaction, {
    grantId,
    secret,
    permission,
    scope,
    ownerIndexes: ['owner'],
    accountIds: [`account-of-${grantId}`],
    sealedHint: 'aGludA',
    absoluteExpiresAt,
  })
  const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const redemption = {
    grant_type: 'authorization_code',
    client_id: asked.client_id ?? '',
    code,
    redirect_uri: asked.redirect_uri ?? '',
    code_verifier: verifier,
    resource,
  }
  return { grantId, secret, code, verifier, redemption }
}

export function form(
  endpoint: 'token' | 'revoke',
  fields: Record<string, string> | string,
  headers: Record<string, string> = {},
): Request {
  return new Request(`${issuer}/oauth/${endpoint}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  })
}

export function registration(metadata: unknown, headers: Record<string, string> = {}): Request {
  return new Request(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
  })
}

export function basic(id: string, secret: string): { Authorization: string } {
  const pair = [id, secret].map((part) => encodeURIComponent(part)).join(':')
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The tokens of a good answer; throws on any other. */
export async function ok(answer: Promise<Response> | Response): Promise<Tokens> {
  const response = await answer
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return JSON.parse(await response.text())
}

/** `400 invalid_grant` and the like. */
export async function problem(answer: Promise<Response> | Response): Promise<string> {
  const response = await answer
  const text = await response.text()
  const error = response.headers.get('content-type')?.includes('json') ? JSON.parse(text).error : 'page'
  return `${response.status} ${error}`
}

/** The paths of the wire, as the program around this package serves them. */
export function routesOf(server: AuthorizationServer): (url: string, init: object) => Promise<Response> {
  return async (url, init) => {
    const request = new Request(url, init)
    switch (new URL(request.url).pathname) {
      case '/.well-known/oauth-authorization-server':
        return server.metadata()
      case '/.well-known/oauth-protected-resource/mcp':
        return server.protectedResourceMetadata()
      case '/oauth/register':
        return server.register(request)
      case '/oauth/token':
        return server.token(request)
      case '/oauth/revoke':
        return server.revoke(request)
      default:
        return new Response(null, { status: 404 })
    }
  }
}

/** The owner agrees to everything that was asked: where the browser goes from there. */
export async function approveAt({ server, clock }: Deployment, url: URL): Promise<URL> {
  const page = await server.authorize(new Request(url))
  if (page.kind !== 'page') throw new Error(`No page but ${page.response.status}`)
  const response = await server.approve(page.transaction, {
    grantId: randomBytes(16).toString('hex'),
    secret: randomBytes(32),
    permission: 'send',
    scope: 'email:read email:write',
    ownerIndexes: [],
    accountIds: [],
    sealedHint: '',
    absoluteExpiresAt: clock.now + server.lifetimes.refreshAbsoluteSeconds,
  })
  return new URL(response.headers.get('location') ?? '')
}
