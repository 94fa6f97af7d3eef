/**
 * The yardstick: `oidc-provider`, a certified authorization server, on a loopback port, set up as strictly as it can be
 * for what ours does: PKCE for everyone, one resource, rotation. Its owner signs in at once and agrees to everything.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { errors } from 'oidc-provider'
import { vi } from 'vitest'
import { authorizeQuery, pkce } from '../deployment.ts'
import {
  callback,
  confidentialId,
  parseAnswer,
  publicId,
  resource,
  type Side,
  scopes,
  secret,
  toVerdict,
  type WireRequest,
} from './side.ts'

const accountId = 'owner'

export async function openTheirs(): Promise<Side & { close(): void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const provider = createProvider(origin)
  const serve = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return serve(request, response)
    void provider.interactionFinished(request, response, { login: { accountId } })
  })

  async function send(path: string, { method = 'POST', headers = {}, query = '', body }: WireRequest) {
    return fetch(`${origin}${path}${query === '' ? '' : `?${query}`}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body !== undefined && method !== 'GET' && { body }),
    })
  }

  return {
    async authorize(request) {
      const response = await send('/auth', { method: 'GET', ...request })
      const body = await response.text()
      const asksOwner = response.headers.get('location')?.includes('/interaction/') === true
      return asksOwner ? { outcome: 'accepted', detail: 'page' } : toVerdict(response, body)
    },
    async token(request) {
      const response = await send('/token', request)
      const body = await response.text()
      return { ...toVerdict(response, body), answer: parseAnswer(body) }
    },
    async issueCode(clientId) {
      const { verifier, challenge } = pkce()
      const query = authorizeQuery(challenge, {
        client_id: clientId,
        redirect_uri: callback,
        scope: scopes.join(' '),
      })
      const jar = new Map<string, string>()
      let url = `${origin}/auth?${new URLSearchParams(query)}`
      // Request, sign-in, resume: three steps.
      for (let steps = 0; steps < 5 && !url.startsWith(callback); steps += 1) {
        const response = await fetch(url, {
          redirect: 'manual',
          headers: { Cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
        })
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          jar.set(name, value)
        }
        const location = response.headers.get('location')
        if (location === null) throw new Error(`${response.status} ${await response.text()}`)
        url = new URL(location, url).href
      }
      const code = new URL(url).searchParams.get('code')
      if (code === null) throw new Error(`No code: ${url}`)
      return { code, verifier }
    },
    letSecondsPass(seconds) {
      vi.setSystemTime(Date.now() + seconds * 1000)
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function createProvider(origin: string): Provider {
  const shared = {
    redirect_uris: [callback],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
  }
  return new Provider(origin, {
    clients: [
      { ...shared, client_id: publicId, token_endpoint_auth_method: 'none' },
      {
        ...shared,
        client_id: confidentialId,
        client_secret: secret,
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    scopes: ['openid', ...scopes],
    pkce: { required: () => true },
    cookies: { keys: ['a key for the cookies of a test'] },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo(_context: unknown, asked: string) {
          if (asked !== resource) throw new errors.InvalidTarget()
          return { scope: scopes.join(' '), accessTokenFormat: 'opaque' }
        },
      },
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, RefreshToken: 600, Interaction: 600, Grant: 600, Session: 600 },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    async loadExistingGrant({ oidc }: { oidc: { provider: Provider; client: { clientId: string } } }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId })
      grant.addOIDCScope(scopes.join(' '))
      grant.addResourceScope(resource, scopes.join(' '))
      await grant.save()
      return grant
    },
    renderError(context: { type: string; body: string }, { error }: { error: string }) {
      context.type = 'json'
      context.body = JSON.stringify({ error })
    },
  })
}
