import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { knownClients } from '../src/known-clients.ts'
import { createRedirectUriPolicy, isAcceptableRedirectUri, isRegistered } from '../src/redirect-uri.ts'
import {
  authorizeQuery,
  authorizeRequest,
  claudeUri,
  createDeployment,
  pkce,
  problem,
  registration,
} from './deployment.ts'

const policy = createRedirectUriPolicy()
const accepted = knownClients.flatMap((client) => client.redirectUris)
const preRegistered = { client_id: 'claude-team' }
const policyWith = (uri: string) => createRedirectUriPolicy({ extra: [uri] })

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

/** What programs register on their owner's computer; OpenCode, Cline, Goose, VS Code. */
const programs = [
  'http://127.0.0.1:19876/mcp/oauth/callback',
  'http://127.0.0.1:1456/mcp/oauth/callback',
  'http://localhost:50123/oauth_callback',
  'http://127.0.0.1:33418/',
  'http://[::1]:8080/cb/x.y~z-1/',
]
/** Against a client that registered `programs`, and as registrations of their own where `register` says so. */
const loopbackAttacks: Record<string, { uri: string; register?: 'refused' }> = {
  'another path': { uri: 'http://127.0.0.1:19876/mcp/oauth/callbacks' },
  'a shorter path': { uri: 'http://127.0.0.1:19876/mcp/oauth' },
  'a longer path': { uri: 'http://127.0.0.1:19876/mcp/oauth/callback/debug' },
  'a trailing slash': { uri: 'http://127.0.0.1:19876/mcp/oauth/callback/' },
  'no trailing slash': { uri: 'http://[::1]:8080/cb/x.y~z-1' },
  'another case': { uri: 'http://127.0.0.1:19876/mcp/oauth/Callback' },
  'a usual path': { uri: 'http://127.0.0.1:19876/oauth/callback' },
  'another loopback name': { uri: 'http://localhost:19876/mcp/oauth/callback' },
  'the other loopback family': { uri: 'http://[::1]:19876/mcp/oauth/callback' },
  'no port': { uri: 'http://127.0.0.1/mcp/oauth/callback' },
  query: { uri: 'http://127.0.0.1:19876/mcp/oauth/callback?x=1', register: 'refused' },
  'empty query': { uri: 'http://127.0.0.1:19876/mcp/oauth/callback?', register: 'refused' },
  fragment: { uri: 'http://127.0.0.1:19876/mcp/oauth/callback#x', register: 'refused' },
  'empty fragment': { uri: 'http://127.0.0.1:19876/mcp/oauth/callback#', register: 'refused' },
  'user info': { uri: 'http://evil@127.0.0.1:19876/mcp/oauth/callback', register: 'refused' },
  'loopback as user': { uri: 'http://127.0.0.1:19876@evil.example/mcp/oauth/callback', register: 'refused' },
  'loopback as user, slash encoded': { uri: 'http://127.0.0.1:1%2f@evil.example/', register: 'refused' },
  'host that goes on': { uri: 'http://127.0.0.1.evil.example:19876/mcp/oauth/callback', register: 'refused' },
  'localhost that goes on': { uri: 'http://localhost.evil.example:1/oauth_callback', register: 'refused' },
  'trailing dot': { uri: 'http://localhost.:50123/oauth_callback', register: 'refused' },
  'encoded slash': { uri: 'http://127.0.0.1:19876/mcp%2foauth/callback', register: 'refused' },
  'encoded letter': { uri: 'http://127.0.0.1:19876/mcp/oauth/c%61llback', register: 'refused' },
  'dot segment': { uri: 'http://127.0.0.1:19876/mcp/./oauth/callback', register: 'refused' },
  'two dots': { uri: 'http://127.0.0.1:19876/mcp/x/../oauth/callback', register: 'refused' },
  'two dots at the end': { uri: 'http://127.0.0.1:33418/..', register: 'refused' },
  'one dot at the end': { uri: 'http://127.0.0.1:33418/.', register: 'refused' },
  'encoded dots': { uri: 'http://127.0.0.1:19876/mcp/x/%2e%2e/oauth/callback', register: 'refused' },
  'empty segment': { uri: 'http://127.0.0.1:19876/mcp//oauth/callback', register: 'refused' },
  'two slashes': { uri: 'http://127.0.0.1:33418//', register: 'refused' },
  'two slashes and a host': { uri: 'http://127.0.0.1:33418//evil.example', register: 'refused' },
  backslash: { uri: 'http://127.0.0.1:33418\\@evil.example/', register: 'refused' },
  'backslash in the path': { uri: 'http://127.0.0.1:19876/mcp\\oauth\\callback', register: 'refused' },
  'no slash behind the port': { uri: 'http://127.0.0.1:33418', register: 'refused' },
  newline: { uri: 'http://127.0.0.1:33418/\n', register: 'refused' },
  tab: { uri: 'http://127.0.0.1:19876/mcp\t/oauth/callback', register: 'refused' },
  space: { uri: 'http://127.0.0.1:19876/mcp/oauth/callback ', register: 'refused' },
  NUL: { uri: 'http://127.0.0.1:33418/\0', register: 'refused' },
  'a letter that is not ASCII': { uri: 'http://127.0.0.1:19876/mcp/oauth/cаllback', register: 'refused' },
  'upper case scheme': { uri: 'HTTP://127.0.0.1:33418/', register: 'refused' },
  'upper case host': { uri: 'http://LOCALHOST:50123/oauth_callback', register: 'refused' },
  'another scheme': { uri: 'https://127.0.0.1:33418/', register: 'refused' },
  'port 0': { uri: 'http://127.0.0.1:0/', register: 'refused' },
  'port 065': { uri: 'http://127.0.0.1:065/', register: 'refused' },
  'port 65536': { uri: 'http://127.0.0.1:65536/', register: 'refused' },
  'empty port': { uri: 'http://127.0.0.1:/', register: 'refused' },
  'signed port': { uri: 'http://127.0.0.1:+80/', register: 'refused' },
  'another loopback address': { uri: 'http://127.0.0.2:33418/', register: 'refused' },
  'short loopback address': { uri: 'http://127.1:33418/', register: 'refused' },
  'decimal loopback address': { uri: 'http://2130706433:33418/', register: 'refused' },
  'any address': { uri: 'http://0.0.0.0:33418/', register: 'refused' },
  'a private address': { uri: 'http://192.168.0.1:33418/', register: 'refused' },
  'long IPv6': { uri: 'http://[0:0:0:0:0:0:0:1]:8080/cb/x.y~z-1/', register: 'refused' },
  'IPv6 zone': { uri: 'http://[::1%25lo]:8080/cb/x.y~z-1/', register: 'refused' },
  '600 characters': { uri: `http://127.0.0.1:1/${'x'.repeat(600)}`, register: 'refused' },
}

const document = (redirect_uris: readonly string[]) => ({
  client_id: 'https://app.example/client.json',
  client_name: 'An app',
  redirect_uris,
})

async function askAt(
  { server }: ReturnType<typeof createDeployment>,
  client_id: string,
  redirect_uri: string,
): Promise<'page' | Response> {
  const outcome = await server.authorize(
    authorizeRequest(authorizeQuery(pkce().challenge, { client_id, redirect_uri })),
  )
  return outcome.kind === 'page' ? 'page' : outcome.response
}

/** A change of one character somewhere, that leaves more than the port another one. */
const changed = (uris: readonly string[]) =>
  fc
    .record({
      uri: fc.constantFrom(...uris),
      at: fc.nat(),
      kind: fc.constantFrom('replace', 'insert', 'delete'),
      character: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        fc.constantFrom(...'/:@#?%\\. \t\n'),
      ),
    })
    .map(({ uri, at, kind, character }) => {
      const index = at % (uri.length + (kind === 'insert' ? 1 : 0))
      const mutant =
        uri.slice(0, index) +
        (kind === 'delete' ? '' : character) +
        uri.slice(index + (kind === 'insert' ? 0 : 1))
      return { uri, mutant }
    })
    .filter(({ uri, mutant }) => {
      const port = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d+(?=\/)/
      return mutant.replace(port, '') !== uri.replace(port, '') || !port.test(uri) || !port.test(mutant)
    })

describe('Redirect URIs', () => {
  test.each(Object.entries(attacks))(
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

  test('R04: a missing and a duplicated redirect_uri stay on a local 400 page [oauth21-2.3.5]', async () => {
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

  test('R04: an accepted URI that the client did not register stays on a local 400 page [oauth21-2.3.1] [cimd-4-redirect]', async () => {
    const { server } = createDeployment()
    const outcome = await server.authorize(
      authorizeRequest(authorizeQuery(pkce().challenge, { redirect_uri: 'https://vscode.dev/redirect' })),
    )
    expect(outcome.kind === 'response' && outcome.response.status).toBe(400)
  })

  test.each(Object.entries(loopbackAttacks))(
    'R04 R05: %s stays on a local 400 page, whatever loopback addresses the client registered [rfc8252-7.3]',
    async (_, { uri }) => {
      const deployment = createDeployment({
        fetchClientMetadata: async () => ({ document: document(programs) }),
      })
      const registered = await deployment.server.register(registration({ redirect_uris: programs }))
      const { client_id } = await registered.json()
      for (const id of [client_id, 'https://app.example/client.json']) {
        const answer = await askAt(deployment, id, uri)
        if (answer === 'page') throw new Error('A page was shown')
        expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
      }
      expect(deployment.store.transactions.size).toBe(0)
    },
  )

  test.each(Object.entries(loopbackAttacks).filter(([, { register }]) => register === 'refused'))(
    'R04 R05: %s is no address that a client may register or a document may name',
    async (_, { uri }) => {
      const deployment = createDeployment({
        fetchClientMetadata: async () => ({ document: document([uri]) }),
      })
      expect(await problem(deployment.server.register(registration({ redirect_uris: [uri] })))).toBe(
        '400 invalid_redirect_uri',
      )
      const answer = await askAt(deployment, 'https://app.example/client.json', uri)
      expect(answer === 'page' ? 'page' : answer.status).toBe(400)
    },
  )

  test('R05: a loopback path counts when the client registered it or its document names it, at any port', async () => {
    const deployment = createDeployment({
      fetchClientMetadata: async () => ({ document: document(programs) }),
    })
    const registered = await deployment.server.register(registration({ redirect_uris: programs }))
    const { client_id, redirect_uris } = await registered.json()
    expect(redirect_uris).toEqual(programs)
    for (const id of [client_id, 'https://app.example/client.json']) {
      for (const uri of programs) {
        expect(await askAt(deployment, id, uri), uri).toBe('page')
        expect(await askAt(deployment, id, uri.replace(/:\d+\//, ':52345/')), uri).toBe('page')
      }
    }
    // A client that names nothing has the usual paths only.
    for (const uri of programs.filter((one) => one !== 'http://127.0.0.1:33418/')) {
      const answer = await askAt(deployment, 'claude-team', uri)
      expect(answer === 'page' ? 'page' : answer.status, uri).toBe(400)
    }
  })

  test('accepts what every known client uses, until the owner switches the client off', () => {
    for (const uri of accepted) expect(policy.accept(uri)).toBe(uri)
    const without = createRedirectUriPolicy({ withoutClients: ['chatgpt', 'vscode'] })
    expect(without.accept('https://chatgpt.com/connector_platform_oauth_redirect')).toBeUndefined()
    expect(without.accept('http://127.0.0.1:33418/')).toBeUndefined()
    expect(without.accept(claudeUri)).toBe(claudeUri)
  })

  test('accepts what the owner adds, if nothing about it is odd [rfc8252-7.1]', () => {
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
        ...['state', 'iss', 'error'].map((name) => `https://app.example/cb?${name}=1`),
      ],
    ]) {
      expect(isAcceptableRedirectUri(odd), odd).toBe(false)
      expect(() => createRedirectUriPolicy({ extra: [odd] }), odd).toThrow()
    }
    expect(isAcceptableRedirectUri('com.example.app:/oauth')).toBe(true)
    expect(isAcceptableRedirectUri('http://localhost:9000/other')).toBe(true)
  })

  test('R04: the owner may add the scheme of an application, and nothing that browsers or systems act on [rfc8252-7.1]', () => {
    for (const uri of [
      ...['warp://mcp/oauth2callback', 'vscode://vendor.extension/did-authenticate'],
      ...[
        'vscode-insiders://vendor.extension/cb',
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'zed://mcp',
      ],
      ...['com.example.app:/oauth', 'com.example.app://oauth'],
    ]) {
      expect(isAcceptableRedirectUri(uri), uri).toBe(true)
      expect(policyWith(uri).accept(uri), uri).toBe(uri)
      expect(policyWith(uri).accept(uri, [uri]), uri).toBe(uri)
      expect(policyWith(uri).accept(uri, [claudeUri]), uri).toBeUndefined()
      expect(policyWith(uri).accept(`${uri}x`), uri).toBeUndefined()
    }
    const schemes = [
      ...[
        'javascript',
        'data',
        'file',
        'blob',
        'vbscript',
        'about',
        'ws',
        'wss',
        'ftp',
        'http',
        'filesystem',
      ],
      ...[
        'view-source',
        'mailto',
        'tel',
        'sms',
        'ms-msdt',
        'search-ms',
        'ms-officecmd',
        'microsoft-edge',
        'intent',
      ],
      ...['chrome', 'chrome-extension', 'moz-extension', 'ssh', 'telnet', 'ldap', 'smb', 'shell', 'c'],
    ]
    for (const scheme of schemes) {
      for (const rest of ['//app.example/cb', '/cb', 'cb', '//localhost/cb?x=1', '///cb']) {
        const uri = `${scheme}:${rest}`
        expect(isAcceptableRedirectUri(uri), uri).toBe(false)
        expect(isAcceptableRedirectUri(uri.toUpperCase()), uri).toBe(false)
      }
    }
    for (const odd of [
      ...['warp:cb', 'warp:/cb', 'warp:', 'warp://', 'warp:///cb', 'WARP://mcp/cb', 'warp://u@mcp/cb'],
      ...[
        'warp://mcp/cb#x',
        'warp://mcp/cb#',
        'warp://mcp/cb?code=1',
        'warp://mcp/a/../cb',
        'warp://mcp/c b',
      ],
      ...[`warp://mcp/${'x'.repeat(500)}`, '//mcp/cb', '://mcp/cb', ' warp://mcp/cb', 'warp://mcp/cb\n'],
    ]) {
      expect(isAcceptableRedirectUri(odd), odd).toBe(false)
    }
  })

  test('R05: a loopback address that the owner adds without a port means any port, and one with a port only that', () => {
    const portless = policyWith('http://127.0.0.1/mine')
    expect(portless.accept('http://127.0.0.1:40001/mine')).toBe('http://127.0.0.1:40001/mine')
    for (const other of [
      ...[
        'http://127.0.0.1/mine',
        'http://localhost:1/mine',
        'http://127.0.0.1:1/mine/',
        'http://127.0.0.1:1/',
      ],
      ...['http://127.0.0.1:0/mine', 'http://127.0.0.1:65536/mine', 'http://127.0.0.1:1/mine?x=1'],
    ]) {
      expect(portless.accept(other), other).toBeUndefined()
    }
    const fixed = policyWith('http://127.0.0.1:9000/mine')
    expect(fixed.accept('http://127.0.0.1:9000/mine')).toBe('http://127.0.0.1:9000/mine')
    expect(fixed.accept('http://127.0.0.1:9001/mine')).toBeUndefined()
  })

  test('R05: any port at any path that a client registered [rfc8252-7.3]', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,20}$/)
    fc.assert(
      fc.property(
        fc.constantFrom('localhost', '127.0.0.1', '[::1]'),
        fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
        fc.integer({ min: 1, max: 65535 }),
        fc.array(segment, { maxLength: 5 }),
        fc.boolean(),
        (host, registered, port, segments, slash) => {
          const path = `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`
          const one = `http://${host}${registered === undefined ? '' : `:${registered}`}${path}`
          return (
            policy.isRegistrable(one) && policy.accept(`http://${host}:${port}${path}`, [one]) !== undefined
          )
        },
      ),
    )
  })

  test('R05: any port on the three loopback names with the three usual paths, for a client that names nothing [rfc8252-7.3]', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('localhost', '127.0.0.1', '[::1]'),
        fc.integer({ min: 1, max: 65535 }),
        fc.constantFrom('/callback', '/oauth/callback', '/oauth/callback/debug'),
        (host, port, path) => policy.accept(`http://${host}:${port}${path}`) !== undefined,
      ),
    )
  })

  test('R05: a loopback registration without a port allows every port, and only its host and path', () => {
    const uri = 'http://localhost:50123/callback'
    expect(isRegistered(uri, ['http://localhost/callback'])).toBe(true)
    expect(isRegistered(uri, ['http://localhost:1/callback'])).toBe(true)
    expect(isRegistered(uri, ['http://127.0.0.1/callback'])).toBe(false)
    expect(isRegistered(uri, ['http://localhost/oauth/callback'])).toBe(false)
  })

  test('R04: one character changed is never accepted (a port may be another port) [oauth21-2.3.1] [rfc9700-2.1]', () => {
    const uris = [
      ...accepted,
      'http://localhost:6274/oauth/callback',
      'http://[::1]:6274/oauth/callback/debug',
    ]
    fc.assert(
      fc.property(
        changed(uris),
        ({ uri, mutant }) =>
          mutant === uri || policy.accept(mutant) === undefined || accepted.includes(mutant),
      ),
      { numRuns: 2000 },
    )
  })

  test('R04: one character changed in what a client registered is never accepted (a port may be another port) [oauth21-2.3.1]', () => {
    const registered = [...accepted, ...programs]
    const known = new Set(registered)
    fc.assert(
      fc.property(
        changed(registered),
        ({ mutant }) => known.has(mutant) || policy.accept(mutant, registered) === undefined,
      ),
      { numRuns: 4000 },
    )
  })
})
