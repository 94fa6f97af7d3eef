/**
 * An authorization server in the place of Google's, Microsoft's or an organisation's: oidc-provider on loopback, with
 * its own login and consent pages, where any name is let in. Besides it answers the introspection of mail servers, counts
 * what it is asked, and can refuse or lose what it is asked next, as real providers do. The library takes a third of a
 * second to load, and most tests that import this package never ask for it.
 */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ServerCertificate } from './certificates.ts'

export interface IdentityProviderOptions {
  readonly clientId: string
  /** Absent: a public client, for device codes (RFC 8628) and without a redirect. */
  readonly clientSecret?: string
  readonly redirectUris: readonly string[]
  /** Beyond `openid`, `email` and `offline_access`. */
  readonly scopes: readonly string[]
  readonly accessTokenSeconds: number
  /** Microsoft gives a new refresh token every time and the standard's servers end the old one; Google keeps it. */
  readonly rotates: boolean
  /** Google: a refresh token without `offline_access`. */
  readonly alwaysLasting?: boolean
  /** No refresh token, whatever is asked for. */
  readonly neverLasting?: boolean
  /** Where others find it, behind `openTls`; its own address on loopback unless given. */
  readonly issuer?: string
  /** What a name is told as `email`; its own address at test.example unless given. */
  readonly emailOf?: (name: string) => string
  /** More that it says of a name in each ID token; undefined: there is nobody of that name (any more). */
  readonly claimsOf?: (name: string) => Readonly<Record<string, unknown>> | undefined
}

export interface IdentityProvider {
  readonly issuer: string
  /** For a mail server. */
  readonly introspectionUrl: string
  /** Grant types the token endpoint was asked for, in order. */
  readonly asked: readonly string[]
  /** Every access and refresh token that was given. */
  readonly tokens: readonly string[]
  /** Every device code that the token endpoint was shown. */
  readonly deviceCodes: readonly string[]
  /** Refresh tokens that were used although they had been replaced. */
  readonly reused: readonly string[]
  /** Whether the token is good for this address. */
  accepts(accessToken: string, address: string): Promise<boolean>
  /** Of the access tokens that come now. */
  accessTokenSeconds: number
  /** The same server over TLS; answers the port. */
  openTls(certificate: ServerCertificate): Promise<number>
  /** The next requests of the token endpoint are answered so; undefined: as usual. */
  answerWith(answer: TokenAnswer | undefined): void
  /** An ID token of this provider's making, or of somebody with a `key` of their own. */
  signIdToken(claims: object, key?: KeyObject): string
  stop(): Promise<void>
}

/** RFC 8628 §3.4. */
const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'

export type TokenAnswer =
  | { readonly status: number; readonly body: Readonly<Record<string, unknown>> }
  /** The request is carried out, and its answer is lost. */
  | 'lost'
  /** Awaited before the request is carried out. */
  | { readonly wait: Promise<void> }
  /** The answer comes with another ID token; undefined: with none. */
  | { readonly idToken: (genuine: string) => string | undefined }

export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const { default: Provider } = await import('oidc-provider')
  const { emailOf = (name) => `${name}@test.example`, claimsOf = () => ({}) } = options
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const asked: string[] = []
  const tokens: string[] = []
  const deviceCodes: string[] = []
  const reused: string[] = []
  let answer: TokenAnswer | undefined

  const server = createServer()
  // A mail server keeps its connection, and an end after five idle seconds can meet its next question.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ownAddress = `http://localhost:${(server.address() as AddressInfo).port}`
  const { issuer = ownAddress } = options
  let accessTokenSeconds = options.accessTokenSeconds
  const provider = new Provider(issuer, {
    clients: [
      options.clientSecret === undefined
        ? {
            client_id: options.clientId,
            redirect_uris: [],
            response_types: [],
            grant_types: [deviceCodeGrant, 'refresh_token'],
            token_endpoint_auth_method: 'none',
            application_type: 'native',
          }
        : {
            client_id: options.clientId,
            client_secret: options.clientSecret,
            redirect_uris: options.redirectUris,
            response_types: ['code'],
            grant_types: ['authorization_code', 'refresh_token'],
            token_endpoint_auth_method: 'client_secret_post',
          },
    ],
    scopes: ['openid', 'email', 'offline_access', ...options.scopes],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'of-the-tests', use: 'sig', alg: 'RS256' }],
    },
    claims: {
      openid: ['sub', 'tid', 'hd', 'groups', '_claim_names', '_claim_sources'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false,
    findAccount: (_context: unknown, name: string) => {
      const claims = claimsOf(name)
      return (
        claims && {
          accountId: name,
          claims: () => ({ ...claims, sub: name, email: emailOf(name), email_verified: true }),
        }
      )
    },
    issueRefreshToken: (
      _context: unknown,
      _client: unknown,
      { scopes }: { readonly scopes: ReadonlySet<string> },
    ) => options.neverLasting !== true && (options.alwaysLasting === true || scopes.has('offline_access')),
    rotateRefreshToken: options.rotates,
    ttl: {
      AccessToken: () => accessTokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: 3600,
      RefreshToken: 86_400,
      Session: 3600,
      Grant: 86_400,
      Interaction: 3600,
    },
    cookies: { keys: ['for tests only'] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: options.clientSecret === undefined },
    },
  })
  const handle = provider.callback()

  async function find(accessToken: string): Promise<string | undefined> {
    const found = await provider.AccessToken.find(accessToken)
    return found?.isValid === true ? emailOf(found.accountId) : undefined
  }

  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The token endpoint itself, behind our own.
    if (request.url === '/carried') {
      request.url = '/token'
      return await handle(request, response)
    }
    const url = new URL(request.url ?? '/', issuer)
    if (url.pathname === '/introspect') {
      const token = new URLSearchParams(await readText(request)).get('token') ?? ''
      const username = await find(token)
      return sendJson(response, 200, username === undefined ? { active: false } : { active: true, username })
    }
    if (url.pathname !== '/token' || request.method !== 'POST') return await handle(request, response)

    const body = await readText(request)
    const form = new URLSearchParams(body)
    const grantType = form.get('grant_type') ?? ''
    asked.push(grantType)
    deviceCodes.push(...form.getAll('device_code'))
    const planned = answer
    if (planned !== undefined && planned !== 'lost' && 'status' in planned)
      return sendJson(response, planned.status, planned.body)
    if (planned !== undefined && planned !== 'lost' && 'wait' in planned) await planned.wait
    // Asked by ourselves, so that its answer can be read, and lost.
    const carried = await fetch(`${ownAddress}/carried`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
    })
    const given = (await carried.json()) as Record<string, unknown>
    for (const name of ['access_token', 'refresh_token'] as const) {
      const token = given[name]
      if (typeof token === 'string') tokens.push(token)
    }
    if (carried.status !== 200 && grantType === 'refresh_token') reused.push(body)
    if (planned === 'lost') return void request.socket.destroy()
    if (planned !== undefined && 'idToken' in planned && typeof given.id_token === 'string')
      given.id_token = planned.idToken(given.id_token)
    return sendJson(response, carried.status, given)
  }
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void answerRequest(request, response)
  server.on('request', listener)
  const servers: Pick<typeof server, 'close' | 'closeAllConnections'>[] = [server]

  return {
    issuer,
    introspectionUrl: `${ownAddress}/introspect`,
    ...{ asked, tokens, deviceCodes, reused },
    accepts: async (accessToken, address) => (await find(accessToken)) === address.toLowerCase(),
    get accessTokenSeconds() {
      return accessTokenSeconds
    },
    set accessTokenSeconds(seconds) {
      accessTokenSeconds = seconds
    },
    async openTls(certificate) {
      const secure = createTlsServer({ ...certificate }, listener)
      await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
      servers.push(secure)
      return (secure.address() as AddressInfo).port
    },
    answerWith(next) {
      answer = next
    },
    signIdToken: (claims, key = privateKey) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const text = `${part({ alg: 'RS256', kid: 'of-the-tests' })}.${part(claims)}`
      return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`
    },
    async stop() {
      for (const one of servers) {
        one.close()
        one.closeAllConnections()
      }
    },
  }
}

async function readText(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}
