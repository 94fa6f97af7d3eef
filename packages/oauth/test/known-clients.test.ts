/**
 * Every client that people connect, by name: how it introduces itself, where it wants its code, and what it leaves out
 * or adds out of habit. Each goes the whole way, from its registration to its second access token.
 */
import { describe, expect, test } from 'vitest'
import type { KnownClientId } from '../src/known-clients.ts'
import {
  approveAt,
  basic,
  createDeployment,
  type Deployment,
  form,
  issuer,
  ok,
  pkce,
  registration,
  resource,
} from './deployment.ts'

const secret = 'a secret: with % and +'
const claudeUri = 'https://claude.ai/api/mcp/auth_callback'

/** How the client becomes known to us. */
type Introduction =
  | { readonly kind: 'document'; readonly url: string }
  | { readonly kind: 'dynamic'; readonly metadata: Record<string, unknown> }
  | { readonly kind: 'typed in'; readonly method: 'client_secret_post' | 'client_secret_basic' }

interface Habits {
  readonly introduction: Introduction
  readonly callback: string
  /** What it adds to the authorization request, and what it leaves out. */
  readonly adds?: Record<string, string>
  readonly withoutResource?: true
  readonly withoutScope?: true
  readonly loopbackOnly?: true
  /** The switch that turns it away. A loopback address is no one's: it stays. */
  readonly switch?: KnownClientId
}

const document = (url: string): Introduction => ({ kind: 'document', url })
/** The nulls are what several clients send for what they do not have. */
const dynamic = (redirectUris: string[], more: Record<string, unknown> = {}): Introduction => ({
  kind: 'dynamic',
  metadata: {
    client_name: 'A client',
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: null,
    client_uri: null,
    logo_uri: null,
    contacts: null,
    ...more,
  },
})

const claudeDocument = document('https://claude.ai/oauth/mcp-oauth-client-metadata')
const claudeCodeDocument = document('https://claude.ai/oauth/claude-code-client-metadata')
const chatgptDocument = document('https://chatgpt.com/oauth/client.json')
const vscodeDocument = document('https://vscode.dev/oauth/client-metadata.json')
const chatgptUri = 'https://chatgpt.com/connector_platform_oauth_redirect'
const vscodeUris = ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect']
const cursorUris = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]

const clients: Record<string, Habits> = {
  'claude.ai by its document': { introduction: claudeDocument, callback: claudeUri, switch: 'claude' },
  'claude.ai by its document, on claude.com': {
    introduction: claudeDocument,
    callback: 'https://claude.com/api/mcp/auth_callback',
    switch: 'claude',
  },
  'claude.ai registered at this connect': {
    introduction: dynamic([claudeUri]),
    callback: claudeUri,
    adds: { prompt: 'consent' },
    switch: 'claude',
  },
  'claude.ai with an id and a secret typed in': {
    introduction: { kind: 'typed in', method: 'client_secret_post' },
    callback: claudeUri,
    withoutScope: true,
    switch: 'claude',
  },
  'claude.ai without resource and scope': {
    introduction: claudeDocument,
    callback: claudeUri,
    withoutResource: true,
    withoutScope: true,
    switch: 'claude',
  },
  'Claude Code by its document without a port': {
    introduction: claudeCodeDocument,
    callback: 'http://localhost:53682/callback',
    loopbackOnly: true,
    switch: 'claude-code',
  },
  'Claude Code registered without a port': {
    introduction: dynamic(['http://localhost/callback', 'http://127.0.0.1/callback']),
    callback: 'http://127.0.0.1:61001/callback',
    loopbackOnly: true,
  },
  'Claude Code registered with its port': {
    introduction: dynamic(['http://localhost:53682/callback']),
    callback: 'http://localhost:53682/callback',
    adds: { prompt: 'consent' },
    loopbackOnly: true,
  },
  'ChatGPT by its document': {
    introduction: chatgptDocument,
    callback: chatgptUri,
    adds: { scope: 'email:read email:write offline_access' },
    switch: 'chatgpt',
  },
  'ChatGPT registered, asking for a secret': {
    introduction: dynamic([chatgptUri], { token_endpoint_auth_method: 'client_secret_post' }),
    callback: chatgptUri,
    switch: 'chatgpt',
  },
  'ChatGPT with an id and a secret typed in': {
    introduction: { kind: 'typed in', method: 'client_secret_basic' },
    callback: chatgptUri,
    adds: { prompt: 'login', nonce: 'n' },
    switch: 'chatgpt',
  },
  'VS Code by its document, in the browser': {
    introduction: vscodeDocument,
    callback: 'https://vscode.dev/redirect',
    switch: 'vscode',
  },
  'VS Code by its document, on the desktop': {
    introduction: vscodeDocument,
    callback: 'http://127.0.0.1:33418/',
    loopbackOnly: true,
    switch: 'vscode',
  },
  'VS Code registered, with an address that nobody accepts': {
    introduction: dynamic([...vscodeUris, 'http://127.0.0.1/', 'https://stable.vscode.example/redirect']),
    callback: 'https://vscode.dev/redirect',
    adds: { scope: 'openid offline_access email:read email:write' },
    switch: 'vscode',
  },
  ...Object.fromEntries(
    cursorUris.map((callback): [string, Habits] => [
      `Cursor at ${callback}`,
      {
        introduction: dynamic(cursorUris),
        callback,
        withoutScope: true,
        ...(callback.startsWith('http://localhost') ? { loopbackOnly: true } : { switch: 'cursor' }),
      },
    ]),
  ),
  'Cursor with an id and a secret typed in': {
    introduction: { kind: 'typed in', method: 'client_secret_basic' },
    callback: cursorUris[0] ?? '',
    switch: 'cursor',
  },
  'MCP Inspector in the browser': {
    introduction: dynamic(['http://localhost:6274/oauth/callback']),
    callback: 'http://localhost:6274/oauth/callback',
    loopbackOnly: true,
  },
  'MCP Inspector, guided': {
    introduction: dynamic(['http://localhost:6274/oauth/callback/debug']),
    callback: 'http://localhost:6274/oauth/callback/debug',
    loopbackOnly: true,
  },
  'MCP Inspector on the command line': {
    introduction: dynamic(['http://127.0.0.1:6276/oauth/callback']),
    callback: 'http://127.0.0.1:6276/oauth/callback',
    adds: { scope: 'email:read' },
    loopbackOnly: true,
  },
  'Codex by its document without a port': {
    introduction: document('https://chatgpt.com/oauth/codex/client.json'),
    callback: 'http://127.0.0.1:41007/callback',
    loopbackOnly: true,
    switch: 'codex',
  },
  'Copilot CLI by its document without a port': {
    introduction: document('https://github.com/copilot/cli/client-metadata.json'),
    callback: 'http://localhost:43211/callback',
    loopbackOnly: true,
    switch: 'copilot',
  },
  'VS Code Insiders in the browser': {
    introduction: vscodeDocument,
    callback: 'https://insiders.vscode.dev/redirect',
    switch: 'vscode',
  },
  'VS Code by its document, on a random port': {
    introduction: vscodeDocument,
    callback: 'http://127.0.0.1:52345/',
    loopbackOnly: true,
    switch: 'vscode',
  },
  ...Object.fromEntries(
    [
      ['OpenCode', 'http://127.0.0.1:19876/mcp/oauth/callback'] as const,
      ['Cline', 'http://127.0.0.1:1456/mcp/oauth/callback'] as const,
      ['Goose', 'http://localhost:50123/oauth_callback'] as const,
    ].map(([name, callback]): [string, Habits] => [
      name,
      { introduction: dynamic([callback]), callback, loopbackOnly: true },
    ]),
  ),
  'mcp-remote': {
    introduction: dynamic(['http://localhost:3334/oauth/callback'], {
      software_id: 'x',
      software_version: '1',
    }),
    callback: 'http://localhost:3334/oauth/callback',
    adds: { scope: 'openid email profile email:read email:write' },
    withoutResource: true,
    loopbackOnly: true,
  },
}
const rows = Object.entries(clients)

/** The client id, after the answers of the registration that strict clients look at. */
async function introduce({ server }: Deployment, { introduction, callback }: Habits): Promise<string> {
  if (introduction.kind === 'document') return introduction.url
  if (introduction.kind === 'typed in') return 'claude-team'
  const response = await server.register(registration(introduction.metadata))
  expect(response.status).toBe(201)
  const text = await response.text()
  expect(text).not.toMatch(/null|""/)
  const answer = JSON.parse(text)
  expect(answer).toMatchObject({ token_endpoint_auth_method: 'none' })
  expect(answer).not.toHaveProperty('client_secret')
  expect(answer.redirect_uris.some((uri: string) => callback === uri || !/:\d/.test(uri))).toBe(true)
  return answer.client_id
}

function authorizeUrl(clientId: string, challenge: string, habits: Habits): URL {
  const { callback, adds, withoutResource, withoutScope } = habits
  const url = new URL(`${issuer}/oauth/authorize`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callback,
    state: 'the client’s own',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(!withoutResource && { resource }),
    ...(!withoutScope && { scope: 'email:read email:write' }),
    ...adds,
  }).toString()
  return url
}

describe('Every known client', () => {
  test.each(rows)(
    '%s: registers, signs in, gets a pair and refreshes it [mcp26-cimd] [mcp26-refresh]',
    async (_, habits) => {
      const deployment = createDeployment()
      const { server } = deployment
      const { introduction, callback, adds = {}, withoutResource } = habits
      const clientId = await introduce(deployment, habits)
      const { verifier, challenge } = pkce()
      const url = authorizeUrl(clientId, challenge, habits)

      const page = await server.authorize(new Request(url))
      if (page.kind !== 'page') throw new Error(`No page but ${page.response.status}`)
      expect(page.client.loopbackOnly).toBe(habits.loopbackOnly ?? false)
      expect(page.client.host).toBe(
        introduction.kind === 'document' ? new URL(introduction.url).host : undefined,
      )

      const answer = await approveAt(deployment, url)
      expect(answer.href.startsWith(`${callback}?`)).toBe(true)
      expect(answer.searchParams.get('state')).toBe('the client’s own')
      expect(answer.searchParams.get('iss')).toBe(issuer)

      const method = introduction.kind === 'typed in' ? introduction.method : 'none'
      const send = (fields: Record<string, string>) =>
        ok(
          server.token(
            form(
              'token',
              {
                ...fields,
                ...(method !== 'client_secret_basic' && { client_id: clientId }),
                ...(method === 'client_secret_post' && { client_secret: secret }),
                ...(!withoutResource && { resource }),
              },
              method === 'client_secret_basic' ? basic(clientId, secret) : {},
            ),
          ),
        )
      const tokens = await send({
        grant_type: 'authorization_code',
        code: answer.searchParams.get('code') ?? '',
        redirect_uri: callback,
        code_verifier: verifier,
      })
      // Whatever was asked beside them, and with a refresh token though nobody said offline_access.
      expect(tokens.scope).toBe(adds.scope === 'email:read' ? 'email:read' : 'email:read email:write')
      const refreshed = await send({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
      expect(await deployment.isLive(refreshed.access_token)).toBe(true)
    },
  )

  test.each(rows.filter(([, habits]) => habits.switch !== undefined))(
    '%s: is turned away on our own page once the owner switches it off',
    async (_, habits) => {
      const withoutClients = habits.switch === undefined ? [] : [habits.switch]
      const deployment = createDeployment({ redirectUris: { withoutClients } })
      const { introduction } = habits
      // What it had registered before.
      const clientId =
        introduction.kind === 'dynamic'
          ? await introduce(createDeployment({ dcrKeys: deployment.options.dcrKeys }), habits)
          : await introduce(deployment, habits)
      const outcome = await deployment.server.authorize(
        new Request(authorizeUrl(clientId, pkce().challenge, habits)),
      )
      if (outcome.kind !== 'response') throw new Error('A page was shown')
      expect(outcome.response.status).toBe(introduction.kind === 'document' ? 401 : 400)
      expect(outcome.response.headers.get('location')).toBeNull()
    },
  )

  test('ChatGPT’s address with an id of its own in the path is not accepted: we send iss, so it has the other one', async () => {
    const deployment = createDeployment()
    const habits: Habits = {
      introduction: chatgptDocument,
      callback: 'https://chatgpt.com/connector/oauth/abc123',
    }
    const outcome = await deployment.server.authorize(
      new Request(authorizeUrl('https://chatgpt.com/oauth/client.json', pkce().challenge, habits)),
    )
    expect(outcome.kind === 'response' && outcome.response.status).toBe(400)
  })
})
