import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { knownClients } from '../src/known-clients.ts'
import { createRedirectUriPolicy, isAcceptableRedirectUri, isRegistered } from '../src/redirect-uri.ts'
import { authorizeQuery, authorizeRequest, claudeUri, createDeployment, pkce } from './deployment.ts'

const policy = createRedirectUriPolicy()
const accepted = knownClients.flatMap((client) => client.redirectUris)
const preRegistered = { client_id: 'claude-team' }

const attacks: Record<string, string> = {
  'look-alike host': 'https://claude.ai.evil.example/api/mcp/auth_callback',
  'look-alike ending': 'https://evilclaude.ai/api/mcp/auth_callback',
  'user-info': 'https://claude.ai@evil.example/api/mcp/auth_callback',
  'user-info before the right host': 'https://evil@claude.ai/api/mcp/auth_callback',
  backslash: 'https://claude.ai\\@evil.example/api/mcp/auth_callback',
  'dot segments': 'https://claude.ai/api/mcp/x/../auth_callback',
  '%2f': 'https://claude.ai/api%2fmcp/auth_callback',
  'extra query': `${claudeUri}?next=https://evil.example`,
  'empty query': `${claudeUri}?`,
  fragment: `${claudeUri}#`,
  'trailing slash': `${claudeUri}/`,
  'upper case host': 'https://CLAUDE.ai/api/mcp/auth_callback',
  'upper case scheme': 'HTTPS://claude.ai/api/mcp/auth_callback',
  'trailing dot': 'https://claude.ai./api/mcp/auth_callback',
  'explicit :443': 'https://claude.ai:443/api/mcp/auth_callback',
  'http for https': 'http://claude.ai/api/mcp/auth_callback',
  tab: 'https://claude.ai/api/mcp/auth\t_callback',
  newline: `${claudeUri}\n`,
  'leading space': ` ${claudeUri}`,
  NUL: `${claudeUri}\0`,
  'full-width dot': 'https://claude。ai/api/mcp/auth_callback',
  'localhost.evil': 'http://localhost.evil.example:1234/callback',
  'localhost as user': 'http://localhost:1234@evil.example/callback',
  '127.1': 'http://127.1:1234/callback',
  '0.0.0.0': 'http://0.0.0.0:1234/callback',
  'octal loopback': 'http://0177.0.0.1:1234/callback',
  'mapped IPv6': 'http://[::ffff:127.0.0.1]:1234/callback',
  'long IPv6': 'http://[0:0:0:0:0:0:0:1]:1234/callback',
  'port 99999': 'http://localhost:99999/callback',
  'port 65536': 'http://localhost:65536/callback',
  'port 0': 'http://localhost:0/callback',
  'port 08': 'http://localhost:08/callback',
  'empty port': 'http://localhost:/callback',
  'no port': 'http://localhost/callback',
  'loopback over https': 'https://localhost:1234/callback',
  'loopback, other path': 'http://localhost:1234/callbacks',
  'loopback, longer path': 'http://localhost:1234/oauth/callback/debug/x',
  'loopback, query': 'http://localhost:1234/callback?x=1',
  'loopback, newline': 'http://localhost:1234/callback\n',
  javascript: 'javascript:alert(1)//https://claude.ai/api/mcp/auth_callback',
  data: 'data:text/html,<script>alert(1)</script>',
  'custom scheme': 'claude://oauth/callback',
  'scheme-relative': '//claude.ai/api/mcp/auth_callback',
  '5 KB long': `${claudeUri}${'x'.repeat(5000)}`,
  'per-connection ChatGPT': 'https://chatgpt.com/connector/oauth/abc123',
  empty: '',
}

describe('Redirect URIs', () => {
  it.each(Object.entries(attacks))(
    'R04: %s stays on a local 400 page [rfc9700-2.1] [oauth21-2.3.5]',
    async (_, uri) => {
      const { server, store } = createDeployment()
      const outcome = await server.authorize(
        authorizeRequest(authorizeQuery(pkce().challenge, { ...preRegistered, redirect_uri: uri })),
      )
      if (outcome.kind !== 'response') throw new Error('A page was shown')
      expect(outcome.response.status).toBe(400)
      expect(outcome.response.headers.get('location')).toBeNull()
      expect(await outcome.response.text()).not.toContain('evil')
      expect(store.transactions.size).toBe(0)
    },
  )

  it('R04: a missing and a duplicated redirect_uri stay on a local 400 page [oauth21-2.3.5]', async () => {
    const { server } = createDeployment()
    const query = new URLSearchParams(authorizeQuery(pkce().challenge))
    const doubled = `${query}&redirect_uri=${encodeURIComponent(claudeUri)}`
    query.delete('redirect_uri')
    for (const one of [doubled, query.toString()]) {
      const outcome = await server.authorize(authorizeRequest(one))
      expect(outcome.kind === 'response' && outcome.response.status).toBe(400)
      expect(outcome.kind === 'response' && outcome.response.headers.get('location')).toBeNull()
    }
  })

  it('R04: an accepted URI that the client did not register stays on a local 400 page [oauth21-2.3.1] [cimd-4-redirect]', async () => {
    const { server } = createDeployment()
    const outcome = await server.authorize(
      authorizeRequest(authorizeQuery(pkce().challenge, { redirect_uri: 'https://vscode.dev/redirect' })),
    )
    expect(outcome.kind === 'response' && outcome.response.status).toBe(400)
  })

  it('accepts what every known client uses, until the owner switches the client off', () => {
    for (const uri of accepted) expect(policy.accept(uri)).toBe(uri)
    const without = createRedirectUriPolicy({ withoutClients: ['chatgpt', 'vscode'] })
    expect(without.accept('https://chatgpt.com/connector_platform_oauth_redirect')).toBeUndefined()
    expect(without.accept('http://127.0.0.1:33418/')).toBeUndefined()
    expect(without.accept(claudeUri)).toBe(claudeUri)
  })

  it('accepts what the owner adds, if nothing about it is odd [rfc8252-7.1]', () => {
    const mine = 'https://app.example/return?from=mail'
    expect(createRedirectUriPolicy({ extra: [mine] }).accept(mine)).toBe(mine)
    for (const odd of [
      ...[
        'https://app.example',
        'http://app.example/cb',
        'https://u@app.example/cb',
        'https://app.example/cb#x',
      ],
      ...[
        'https://app.example:443/cb',
        'https://app.example/a/../cb',
        'javascript:alert(1)',
        'data:text/html,x',
      ],
      ...[
        'javascript://app.example/%0aalert(1)',
        'file:///etc/passwd',
        'https://app.example/cb?code=1',
        'nonsense',
      ],
    ]) {
      expect(isAcceptableRedirectUri(odd), odd).toBe(false)
      expect(() => createRedirectUriPolicy({ extra: [odd] }), odd).toThrow()
    }
    expect(isAcceptableRedirectUri('com.example.app:/oauth')).toBe(true)
    expect(isAcceptableRedirectUri('http://localhost:9000/other')).toBe(true)
  })

  it('R05: any port on the three loopback names with the three paths [rfc8252-7.3]', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('localhost', '127.0.0.1', '[::1]'),
        fc.integer({ min: 1, max: 65535 }),
        fc.constantFrom('/callback', '/oauth/callback', '/oauth/callback/debug'),
        (host, port, path) => policy.accept(`http://${host}:${port}${path}`) !== undefined,
      ),
    )
  })

  it('R05: a loopback registration without a port stands for every port, and only for its host and path', () => {
    const uri = policy.accept('http://localhost:50123/callback')
    if (uri === undefined) throw new Error('The URI is not accepted')
    expect(isRegistered(uri, ['http://localhost/callback'])).toBe(true)
    expect(isRegistered(uri, ['http://localhost:1/callback'])).toBe(true)
    expect(isRegistered(uri, ['http://127.0.0.1/callback'])).toBe(false)
    expect(isRegistered(uri, ['http://localhost/oauth/callback'])).toBe(false)
  })

  it('R04: one character changed is never accepted (a port may be another port) [oauth21-2.3.1] [rfc9700-2.1]', () => {
    const uris = [
      ...accepted,
      'http://localhost:6274/oauth/callback',
      'http://[::1]:6274/oauth/callback/debug',
    ]
    const change = fc.record({
      uri: fc.constantFrom(...uris),
      at: fc.nat(),
      kind: fc.constantFrom('replace', 'insert', 'delete'),
      character: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        fc.constantFrom(...'/:@#?%\\. \t\n'),
      ),
    })
    fc.assert(
      fc.property(change, ({ uri, at, kind, character }) => {
        const index = at % (uri.length + (kind === 'insert' ? 1 : 0))
        const mutant =
          uri.slice(0, index) +
          (kind === 'delete' ? '' : character) +
          uri.slice(index + (kind === 'insert' ? 0 : 1))
        const port = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d+(?=\/)/
        fc.pre(mutant.replace(port, '') !== uri.replace(port, '') || !port.test(uri) || !port.test(mutant))
        return mutant === uri || policy.accept(mutant) === undefined || accepted.includes(mutant)
      }),
      { numRuns: 2000 },
    )
  })
})
