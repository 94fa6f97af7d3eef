/** A token to read, by the owner's own sign-in in a browser; it is revoked when the checks are done. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Problem, registerClient } from './checks.ts'

export interface SignedIn {
  readonly token: string
  revoke(): Promise<void>
}

/** @param show is given the address that the owner opens */
export async function signIn(url: string, show: (address: string) => void): Promise<SignedIn> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
    const clientId = await registerClient(url, redirectUri)
    const [verifier, state] = [randomBytes(32), randomBytes(16)].map((bytes) => bytes.toString('base64url'))
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      state: String(state),
      scope: 'email:read',
      code_challenge: createHash('sha256').update(String(verifier)).digest('base64url'),
      code_challenge_method: 'S256',
      resource: `${url}/mcp`,
    })
    show(`${url}/oauth/authorize?${query}`)
    const code = await waitForCode(server, String(state))
    const post = (path: string, parameters: Record<string, string>) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: clientId, ...parameters }),
      })
    const answer = await post('/oauth/token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: String(verifier),
    })
    const { access_token: token } = (await answer.json()) as { access_token?: string }
    if (token === undefined) throw new Problem(`/oauth/token answers ${answer.status} without a token.`)
    return {
      token,
      revoke: async () => {
        const revoked = await post('/oauth/revoke', { token })
        if (!revoked.ok)
          throw new Problem(
            `The token could not be revoked (${revoked.status}): do it on the page of connections.`,
          )
      },
    }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

async function waitForCode(server: ReturnType<typeof createServer>, state: string): Promise<string> {
  for (;;) {
    const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname !== '/callback' || searchParams.get('state') !== state) {
      response.writeHead(404).end()
      continue
    }
    response.end('Signed in. You can close this page.')
    const code = searchParams.get('code')
    if (code === null) throw new Problem(`The sign-in ended with "${searchParams.get('error')}".`)
    return code
  }
}
