import { expect, test } from 'vitest'
import { parseLocalSettings } from '../../src/local/settings.ts'
import { parseSettings, SettingsError, serverVariables, toServerSettings } from '../../src/settings.ts'

function parse(source: Record<string, string>) {
  return toServerSettings(parseSettings(serverVariables, source), { demo: false })
}

function faultsOf(source: Record<string, string>): readonly string[] {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof SettingsError) return error.faults
    throw error
  }
  return []
}

test('reports every fault at once, by variable, and repeats no value', () => {
  const source = {
    PUBLIC_URL: 'https://canary.example/',
    ALLOWED_ACCOUNTS: 'canary@',
    OAUTH_CLIENT_ID: 'canary',
    CORS_ORIGINS: 'https://canary.example/path',
    EXTRA_REDIRECT_URIS: 'javascript:canary',
    DISABLED_CLIENTS: 'canary',
    ACCESS_TOKEN_DAYS: 'canary',
  }
  const faults = faultsOf(source)
  for (const name of Object.keys(source)) {
    expect(faults.filter((fault) => fault.startsWith(name))).toHaveLength(1)
  }
  expect(faults.join()).not.toContain('canary')
})

test('a gate is set as a whole: what is missing or makes no sense is named, and a whole one shortens tokens', () => {
  const gate = {
    OIDC_GATE_ISSUER: 'https://sso.example/realms/works/',
    OIDC_GATE_CLIENT_ID: 'id',
    OIDC_GATE_CLIENT_SECRET: 'canary',
    OIDC_GATE_ALLOW: 'tid:11111111-2222-3333-4444-55555555555A, hd:Example.com group:a:b sub:x',
  }
  const read = (source: Record<string, string>) => {
    try {
      return parseLocalSettings(source, '.').server
    } catch (error) {
      if (error instanceof SettingsError) return error.faults
      throw error
    }
  }
  expect(read({})).not.toHaveProperty('gate')
  expect(read(gate)).toMatchObject({
    lifetimes: { accessTokenSeconds: 86_400 },
    gate: {
      name: 'sso.example',
      scopes: [],
      allow: [
        { claim: 'tid', value: '11111111-2222-3333-4444-55555555555a' },
        { claim: 'hd', value: 'example.com' },
        { claim: 'groups', value: 'a:b' },
        { claim: 'sub', value: 'x' },
      ],
    },
  })
  const many = 'https://login.microsoftonline.com/Organizations/v2.0'
  expect(
    [
      { OIDC_GATE_NAME: 'canary' },
      { ...gate, OIDC_GATE_ALLOW: ' , ' },
      { ...gate, OIDC_GATE_ALLOW: 'canary', OIDC_GATE_ISSUER: 'http://canary.example', OIDC_GATE_DAYS: '0' },
      ...['email:canary@example.com', 'tid:canary', 'hd:', 'group:', 'TID:canary', 'constructor:canary'].map(
        (rule) => ({ ...gate, OIDC_GATE_ALLOW: `sub:x ${rule}` }),
      ),
      { ...gate, OIDC_GATE_ISSUER: many },
    ].map((source) => JSON.stringify(read(source)).match(/OIDC_GATE_[A-Z_]+|canary/g)),
  ).toEqual([
    ['OIDC_GATE_ISSUER', 'OIDC_GATE_CLIENT_ID', 'OIDC_GATE_ALLOW', 'OIDC_GATE_CLIENT_SECRET'],
    ['OIDC_GATE_ALLOW'],
    ['OIDC_GATE_ISSUER', 'OIDC_GATE_ALLOW', 'OIDC_GATE_DAYS'],
    ...Array.from({ length: 6 }, () => ['OIDC_GATE_ALLOW']),
    ['OIDC_GATE_ALLOW', 'OIDC_GATE_ISSUER'],
  ])
})

test.each([
  ['http://example.com'],
  ['https://example.com/'],
  ['https://example.com/path'],
  ['https://user@example.com'],
  ['https://EXAMPLE.com'],
  ['ftp://example.com'],
  ['example.com'],
  [''],
])('refuses %s as the public URL', (url) => {
  expect(faultsOf({ PUBLIC_URL: url })).toHaveLength(1)
})

test.each([
  ['https://example.com'],
  ['https://example.com:8443'],
  ['http://localhost:8993'],
  ['http://[::1]:1'],
])('takes %s as the public URL, and the resource follows from it', (url) => {
  expect(parse({ PUBLIC_URL: url })).toMatchObject({ publicUrl: url, resource: `${url}/mcp` })
})

test('R05: takes redirect URIs of the owner’s choosing, and says what one looks like when it refuses', () => {
  const uris = ['warp://mcp/callback', 'http://localhost/mine', 'https://app.example/cb']
  const source = { PUBLIC_URL: 'https://a.example', EXTRA_REDIRECT_URIS: uris.join(' ') }
  expect(parse(source).extraRedirectUris).toEqual(uris)
  for (const odd of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://a.example/',
    'warp://u@mcp/',
    'http://a.example/',
  ]) {
    const faults = faultsOf({ ...source, EXTRA_REDIRECT_URIS: `${uris[0]},${odd}` })
    expect(faults, odd).toEqual([
      expect.stringMatching(/^EXTRA_REDIRECT_URIS must list .*http:\/\/localhost\/path/),
    ])
  }
})

test.each(['codex', 'copilot'])('takes %s as a client to switch off', (id) => {
  const { disabledClients } = parse({ PUBLIC_URL: 'https://a.example', DISABLED_CLIENTS: id })
  expect(disabledClients).toEqual([id])
})

test('needs a client id and its secret together', () => {
  const secret = 'a-long-enough-secret'
  expect(faultsOf({ PUBLIC_URL: 'https://a.example', OAUTH_CLIENT_SECRET: secret })).toHaveLength(1)
  const both = { PUBLIC_URL: 'https://a.example', OAUTH_CLIENT_ID: 'me', OAUTH_CLIENT_SECRET: secret }
  expect(parse(both).clients).toEqual([{ clientId: 'me', secret, name: 'me' }])
})

test.each([
  [{}, 0],
  [{ HOST: '::1', PUBLIC_URL: 'http://127.0.0.1:9000' }, 0],
  [{ PUBLIC_URL: 'https://mail.example' }, 2],
  [{ PUBLIC_URL: 'http://localhost.evil.example' }, 3],
  [{ HOST: '0.0.0.0' }, 2],
  [{ HOST: '::' }, 2],
])('sign-in by device code, of a client without a secret, is for this machine alone: %o', (place, count) => {
  const clients = {
    ...{ MICROSOFT_CLIENT_ID: 'id', OIDC_MAIL_NAME: 'Works', OIDC_MAIL_ISSUER: 'https://sso.example' },
    ...{ OIDC_MAIL_CLIENT_ID: 'id', OIDC_MAIL_IMAP: 'imap.example', OIDC_MAIL_SMTP: 'smtp.example' },
  }
  const parse = (source: Record<string, string>) => parseLocalSettings(source, '/').server.signInProviders
  const secrets = { MICROSOFT_CLIENT_SECRET: 'secret', OIDC_MAIL_CLIENT_SECRET: 'secret' }
  if (count < 3) expect(parse({ ...clients, ...secrets, ...place })).toHaveLength(2)
  if (count === 0) {
    expect(parse({ ...clients, ...place }).map(({ clientSecret }) => clientSecret)).toEqual([
      undefined,
      undefined,
    ])
    return
  }
  const parsing = () => parse({ ...clients, ...place })
  expect(parsing).toThrow(`The settings have ${count} faults`)
  expect(parsing).toThrow('MICROSOFT_CLIENT_SECRET is missing: without it people sign in by device code')
  expect(parsing).toThrow('OIDC_MAIL_CLIENT_SECRET is missing: without it people sign in by device code')
})
