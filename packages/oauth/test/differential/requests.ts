/** The malformed requests of the comparison, each one step away from a good one. */
import { authorizeQuery } from '../deployment.ts'
import {
  callback,
  confidentialId,
  type Fresh,
  publicId,
  resource,
  scopes,
  secret,
  type WireRequest,
} from './side.ts'

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const good = authorizeQuery(challenge, {
  client_id: publicId,
  redirect_uri: callback,
  scope: scopes.join(' '),
})

function query(change: Record<string, string | undefined>): WireRequest {
  const fields = Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined)
  return { query: new URLSearchParams(fields as [string, string][]).toString() }
}
const twice = (name: string, value = good[name] ?? ''): WireRequest => ({
  query: `${new URLSearchParams(good)}&${new URLSearchParams({ [name]: value })}`,
})
const raw = (suffix: string): WireRequest => ({ query: `${new URLSearchParams(good)}&${suffix}` })

export const authorizeRequests: Record<string, WireRequest> = {
  'a good request': query({}),
  'client_id missing': query({ client_id: undefined }),
  'client_id empty': query({ client_id: '' }),
  'client_id unknown': query({ client_id: 'nobody' }),
  'client_id twice': twice('client_id'),
  'client_id with a NUL': query({ client_id: `${publicId}\0` }),
  'redirect_uri missing': query({ redirect_uri: undefined }),
  'redirect_uri empty': query({ redirect_uri: '' }),
  'redirect_uri twice': twice('redirect_uri'),
  'redirect_uri twice, the second evil': twice('redirect_uri', 'https://evil.example/'),
  'redirect_uri of a stranger': query({ redirect_uri: 'https://evil.example/' }),
  'redirect_uri with a slash more': query({ redirect_uri: `${callback}/` }),
  'redirect_uri with a query more': query({ redirect_uri: `${callback}?x=1` }),
  'redirect_uri with a fragment': query({ redirect_uri: `${callback}#x` }),
  'redirect_uri with user-info': query({ redirect_uri: callback.replace('//', '//x@') }),
  'redirect_uri in upper case': query({ redirect_uri: callback.replace('claude.ai', 'CLAUDE.AI') }),
  'redirect_uri with its port': query({ redirect_uri: callback.replace('.ai/', '.ai:443/') }),
  'redirect_uri with dot segments': query({ redirect_uri: callback.replace('/mcp/', '/x/../mcp/') }),
  'redirect_uri with an escape': query({ redirect_uri: callback.replace('/mcp/', '/%6dcp/') }),
  'redirect_uri over http': query({ redirect_uri: callback.replace('https', 'http') }),
  'redirect_uri javascript:': query({ redirect_uri: 'javascript:alert(1)' }),
  'redirect_uri relative': query({ redirect_uri: '/api/mcp/auth_callback' }),
  'response_type missing': query({ response_type: undefined }),
  'response_type twice': twice('response_type'),
  'response_type token': query({ response_type: 'token' }),
  'response_type id_token': query({ response_type: 'id_token' }),
  'response_type none': query({ response_type: 'none' }),
  'response_type code token': query({ response_type: 'code token' }),
  'response_type in upper case': query({ response_type: 'CODE' }),
  'response_mode fragment': query({ response_mode: 'fragment' }),
  'response_mode form_post': query({ response_mode: 'form_post' }),
  'response_mode unknown': query({ response_mode: 'smoke' }),
  'state missing': query({ state: undefined }),
  'state empty': query({ state: '' }),
  'state twice': twice('state', 'another'),
  'code_challenge missing': query({ code_challenge: undefined }),
  'PKCE missing': query({ code_challenge: undefined, code_challenge_method: undefined }),
  'code_challenge twice': twice('code_challenge'),
  'code_challenge of 42 characters': query({ code_challenge: challenge.slice(1) }),
  'code_challenge of 44 characters': query({ code_challenge: `${challenge}A` }),
  'code_challenge of 129 characters': query({ code_challenge: 'A'.repeat(129) }),
  'code_challenge with padding': query({ code_challenge: `${challenge}=` }),
  'code_challenge of standard base64': query({ code_challenge: challenge.replace('-', '+') }),
  'code_challenge_method missing': query({ code_challenge_method: undefined }),
  'code_challenge_method plain': query({ code_challenge_method: 'plain' }),
  'code_challenge_method unknown': query({ code_challenge_method: 'S512' }),
  'code_challenge_method in lower case': query({ code_challenge_method: 's256' }),
  'scope unknown': query({ scope: 'everything' }),
  'scope with a quote': query({ scope: 'email:read "' }),
  'scope beyond ASCII': query({ scope: 'email:read é' }),
  'scope twice': twice('scope'),
  'resource of someone else': query({ resource: 'https://other.example/mcp' }),
  'resource with a fragment': query({ resource: `${resource}#x` }),
  'resource relative': query({ resource: '/mcp' }),
  'resource with a slash more': query({ resource: `${resource}/` }),
  'resource twice, the second of someone else': twice('resource', 'https://other.example/mcp'),
  'a request object': query({ request: 'e30.e30.' }),
  'a request object by reference': query({ request_uri: 'https://evil.example/request' }),
  'a registration in the request': query({ registration: '{}' }),
  'an unknown parameter twice': raw('x=1&x=2'),
  'a broken escape': raw('x=%zz'),
  'an escape that is not UTF-8': raw('x=%ff'),
  POST: {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(good).toString(),
  },
  'a query of 9 KB': query({ login_hint: 'x'.repeat(9_000) }),
  'prompt=none': query({ prompt: 'none' }),
  'prompt that contradicts itself': query({ prompt: 'none login' }),
}

export interface TokenRequest {
  readonly clientId?: string
  /** A refresh, after this many; else the code. */
  readonly refreshes?: number
  readonly waitSeconds?: number
  build(fresh: Fresh & { readonly refreshToken: string; readonly accessToken: string }): WireRequest
}

const formType = { 'Content-Type': 'application/x-www-form-urlencoded' }
const encode = (fields: Record<string, string | undefined>) =>
  new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined) as [string, string][])

function form(fields: Record<string, string | undefined>, suffix = '', more: WireRequest = {}): WireRequest {
  return { headers: formType, body: `${encode(fields)}${suffix}`, ...more }
}
export const redemption = ({ code, verifier }: Fresh): Record<string, string> => ({
  grant_type: 'authorization_code',
  client_id: publicId,
  code,
  redirect_uri: callback,
  code_verifier: verifier,
})
const refresh = (token: string): Record<string, string> => ({
  grant_type: 'refresh_token',
  client_id: publicId,
  refresh_token: token,
})
const code = (
  change: Record<string, string | undefined>,
  suffix = '',
  more: WireRequest = {},
): TokenRequest => ({ build: (fresh) => form({ ...redemption(fresh), ...change }, suffix, more) })
const team = (change: Record<string, string | undefined>, more: WireRequest = {}): TokenRequest => ({
  clientId: confidentialId,
  build: (fresh) => form({ ...redemption(fresh), client_id: confidentialId, ...change }, '', more),
})
const refreshing = (change: Record<string, string | undefined>, suffix = ''): TokenRequest => ({
  refreshes: 0,
  build: ({ refreshToken }) => form({ ...refresh(refreshToken), ...change }, suffix),
})
const basic = (pair: string) => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` })

export const tokenRequests: Record<string, TokenRequest> = {
  'a good redemption': code({}),
  'a good redemption with a secret': team({ client_secret: secret }),
  'a good refresh': refreshing({}),
  'grant_type missing': code({ grant_type: undefined }),
  'grant_type twice': code({}, '&grant_type=authorization_code'),
  'grant_type unknown': code({ grant_type: 'smoke' }),
  'grant_type password': code({ grant_type: 'password', username: 'x', password: 'x' }),
  'grant_type client_credentials': team({ grant_type: 'client_credentials', client_secret: secret }),
  'grant_type implicit': code({ grant_type: 'implicit' }),
  'code missing': code({ code: undefined }),
  'code unknown': code({ code: 'x'.repeat(43) }),
  'code twice': code({}, '&code=x'),
  'code a second time': {
    refreshes: 0,
    build: (fresh) => form(redemption(fresh)),
  },
  'code after its time': { ...code({}), waitSeconds: 61 },
  'code of another client': team({ client_id: publicId }),
  'code by another client': {
    build: (fresh) => form({ ...redemption(fresh), client_id: confidentialId, client_secret: secret }),
  },
  'redirect_uri missing': code({ redirect_uri: undefined }),
  'redirect_uri of a stranger': code({ redirect_uri: 'https://evil.example/' }),
  'redirect_uri with a slash more': code({ redirect_uri: `${callback}/` }),
  'redirect_uri twice': code({}, `&redirect_uri=${encodeURIComponent(callback)}`),
  'code_verifier missing': code({ code_verifier: undefined }),
  'code_verifier wrong': code({ code_verifier: 'x'.repeat(43) }),
  'code_verifier of 42 characters': code({ code_verifier: 'x'.repeat(42) }),
  'code_verifier of 129 characters': code({ code_verifier: 'x'.repeat(129) }),
  'code_verifier with a space': code({ code_verifier: `${'x'.repeat(43)} ` }),
  'code_verifier twice': code({}, '&code_verifier=x'),
  'client_id missing': code({ client_id: undefined }),
  'client_id unknown': code({ client_id: 'nobody' }),
  'client_id twice': code({}, '&client_id=nobody'),
  'a secret of a public client': code({ client_secret: 'x' }),
  'no secret of a confidential client': team({}),
  'a wrong secret': team({ client_secret: 'x' }),
  'a secret in the query too': team({ client_secret: secret }, { query: `client_secret=${secret}` }),
  'a secret in the form and the header': team(
    { client_secret: secret },
    { headers: { ...formType, ...basic(`${confidentialId}:${secret}`) } },
  ),
  'a header of another client': team({}, { headers: { ...formType, ...basic(`nobody:${secret}`) } }),
  'a header that is not base64': team({}, { headers: { ...formType, Authorization: 'Basic %%%' } }),
  'a header without a colon': team({}, { headers: { ...formType, ...basic(confidentialId) } }),
  'a Bearer header': team({}, { headers: { ...formType, Authorization: 'Bearer x' } }),
  'everything in the query': {
    build: (fresh) => ({ headers: formType, query: encode(redemption(fresh)).toString(), body: '' }),
  },
  'resource of someone else': code({ resource: 'https://other.example/mcp' }),
  'resource with a fragment': code({ resource: `${resource}#x` }),
  JSON: {
    build: (fresh) => ({
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(redemption(fresh)),
    }),
  },
  'no content type': {
    build: (fresh) => ({ body: new TextEncoder().encode(String(encode(redemption(fresh)))) }),
  },
  'text/plain': code({}, '', { headers: { 'Content-Type': 'text/plain' } }),
  'a charset that is not UTF-8': code({}, '', {
    headers: { 'Content-Type': `${formType['Content-Type']}; charset=utf-16` },
  }),
  'an empty body': { build: () => form({}) },
  'a broken escape': code({}, '&x=%zz'),
  'an escape that is not UTF-8': code({}, '&x=%ff'),
  'a body of 100 KB': code({ x: 'x'.repeat(100_000) }),
  GET: { build: (fresh) => ({ method: 'GET', query: encode(redemption(fresh)).toString() }) },
  PUT: { build: (fresh) => form(redemption(fresh), '', { method: 'PUT' }) },
  'refresh_token missing': refreshing({ refresh_token: undefined }),
  'refresh_token unknown': refreshing({ refresh_token: 'x'.repeat(64) }),
  'refresh_token twice': refreshing({}, '&refresh_token=x'),
  'refresh_token by another client': refreshing({ client_id: confidentialId, client_secret: secret }),
  'an access token in its place': {
    refreshes: 0,
    build: ({ accessToken }) => form(refresh(accessToken)),
  },
  'refresh with a scope unknown': refreshing({ scope: 'everything' }),
  'refresh for another resource': refreshing({ resource: 'https://other.example/mcp' }),
  'refresh_token a second time, a minute later': { ...refreshing({}), refreshes: 1, waitSeconds: 61 },
  'refresh_token a second time, at once': { ...refreshing({}), refreshes: 1 },
}

export { refresh as refreshFields }
