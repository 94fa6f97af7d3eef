/**
 * A provider's token endpoint that does what polite ones do not: it ends a replaced refresh token and everything that
 * came from it, and it can refuse, be slow, or carry a request out and lose its answer.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenEndpoint {
  readonly issuer: string
  /** The refresh tokens it was shown, in order. */
  readonly shown: readonly string[]
  /** Access tokens in the order they were given. */
  readonly given: readonly string[]
  /** How it answers: as it should, with this, or not at all after it has done its work. */
  behaviour: 'rotates' | 'loses' | { readonly status: number; readonly body: string }
  /** Awaited before it answers. */
  hold: Promise<void> | undefined
  stop(): Promise<void>
}

export const firstRefreshToken = 'refresh-0'

export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const shown: string[] = []
  const given: string[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const endpoint: TokenEndpoint = {
    ...{ issuer, shown, given, behaviour: 'rotates', hold: undefined },
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
  server.on('request', async (request, response) => {
    const answer = (status: number, body: string) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
    if (request.method === 'GET') {
      const metadata = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      }
      return answer(200, JSON.stringify(metadata))
    }
    let body = ''
    for await (const chunk of request) body += String(chunk)
    shown.push(new URLSearchParams(body).get('refresh_token') ?? '')
    await endpoint.hold
    const { behaviour } = endpoint
    if (typeof behaviour === 'object') return answer(behaviour.status, behaviour.body)
    const isReused = new Set(shown).size < shown.length
    if (isReused) return answer(400, JSON.stringify({ error: 'invalid_grant' }))
    if (behaviour === 'loses') return request.socket.destroy()
    given.push(`access-${shown.length}`)
    const tokens = {
      token_type: 'Bearer',
      access_token: given.at(-1),
      refresh_token: `refresh-${shown.length}`,
      expires_in: 3600,
    }
    return answer(200, JSON.stringify(tokens))
  })
  return endpoint
}
