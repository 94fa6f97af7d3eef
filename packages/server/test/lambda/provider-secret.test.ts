/** The secret with the providers of a stage: when it is read, what it may say, and what a wrong one does. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTempFolder, type LocalSecretsManager, startSecretsManager } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openGateClient } from '../../src/lambda/gate-secret.ts'
import { createSecretProviders, parseProvidersSecret } from '../../src/lambda/provider-secret.ts'
import type { LogLine } from '../../src/log.ts'
import { createProviderFetch } from '../../src/provider-tokens/provider-fetch.ts'
import { SettingsError } from '../../src/settings.ts'

const google = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'hidden-value' }
const works = {
  ...{ OIDC_MAIL_NAME: 'Works', OIDC_MAIL_ISSUER: 'https://sso.example', OIDC_MAIL_CLIENT_ID: 'id' },
  ...{
    OIDC_MAIL_CLIENT_SECRET: 'hidden-value',
    OIDC_MAIL_IMAP: 'imap.example',
    OIDC_MAIL_SMTP: 'smtp.example',
  },
}

describe('when it is read', () => {
  let manager: LocalSecretsManager
  const secrets = { providers: JSON.stringify(google) }
  const lines: LogLine[] = []
  let seconds = 1_000
  const open = (providersSecret?: string) =>
    createSecretProviders({
      ...{ region: 'eu-central-1', now: () => seconds, log: (line) => lines.push(line) },
      ...(providersSecret !== undefined && { providersSecret }),
    })
  const names = async (clients: ReturnType<typeof open>) =>
    (await clients()).map(({ provider }) => provider.name)

  beforeAll(async () => {
    manager = await startSecretsManager(secrets)
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', manager.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await manager.stop()
  })

  test('a stage without it asks nobody; with it once, and again after five minutes', async () => {
    expect(await open()()).toEqual([])
    const clients = open('providers')
    expect(manager.calls).toEqual([])
    expect(await Promise.all([names(clients), names(clients)])).toEqual([['Google'], ['Google']])
    seconds += 299
    await clients()
    expect(manager.calls).toEqual(['providers'])
    secrets.providers = JSON.stringify({ ...google, ...works })
    seconds += 1
    expect(await names(clients)).toEqual(['Google', 'Works'])
    expect(manager.calls).toHaveLength(2)
  })

  test('one that makes no sense refuses as a registration does that is wrong, and rings the alarm of bugs', async () => {
    secrets.providers = '{"GOOGLE_CLIENT_ID": "id",'
    const clients = open('providers')
    await expect(clients()).rejects.toMatchObject({ name: 'ProviderRefusedError', refusal: 'misconfigured' })
    expect(lines).toMatchObject([{ event: 'bug', code: 'misconfigured' }])
    secrets.providers = '{}'
    expect(await names(clients)).toEqual([])
  })

  test('a gate without its secret stays shut and rings the alarm of bugs; it is in no list of providers', async () => {
    const gate = {
      name: 'Works',
      issuer: 'https://sso.example',
      clientId: 'id',
      allow: [],
      scopes: [],
      wordSeconds: 1,
    }
    const options = {
      gate,
      region: 'eu-central-1',
      providersSecret: 'providers',
      log: (line: LogLine) => lines.push(line),
    }
    for (const secret of [JSON.stringify(google), '{"OIDC_GATE_CLIENT_SECRET": 7}', 'hidden-value']) {
      lines.length = 0
      secrets.providers = secret
      const client = await openGateClient(options)
      await expect(client.begin('https://mail.example/callback', { lasting: true })).rejects.toMatchObject({
        refusal: 'misconfigured',
      })
      expect(lines).toMatchObject([{ event: 'bug', code: 'misconfigured' }])
    }
    lines.length = 0
    secrets.providers = JSON.stringify({ ...google, OIDC_GATE_CLIENT_SECRET: 'hidden-value' })
    const client = await openGateClient(options)
    // It asks, and nobody is there.
    await expect(client.begin('https://mail.example/callback', { lasting: true })).rejects.toMatchObject({
      refusal: 'unavailable',
    })
    expect(lines).toEqual([])
    expect(await names(open('providers'))).toEqual(['Google'])
    manager.unavailable = true
    await expect(openGateClient(options)).rejects.toMatchObject({ name: 'StoreUnavailableError' })
    manager.unavailable = false
    secrets.providers = '{}'
  })

  test('a service that is down is no wrong secret: the next call asks again', async () => {
    const clients = open('providers')
    manager.unavailable = true
    await expect(clients()).rejects.toMatchObject({ name: 'StoreUnavailableError' })
    manager.unavailable = false
    expect(await names(clients)).toEqual([])
  })
})

describe('what it may say', () => {
  test.each<[what: string, text: string, fault: string]>([
    ['no JSON', 'hidden-value', 'is not JSON'],
    ['a list', '["hidden-value"]', 'must be {"NAME"'],
    ['a number', '{"GOOGLE_CLIENT_ID": 7}', 'GOOGLE_CLIENT_ID must be text'],
    ['an unknown name', '{"hidden-value": "x"}', 'is none of GOOGLE_CLIENT_ID'],
    ['half of a pair', '{"GOOGLE_CLIENT_ID": "id"}', 'must be set together'],
    [
      'an issuer on this machine',
      JSON.stringify({ ...works, OIDC_MAIL_ISSUER: 'http://localhost' }),
      'port 443',
    ],
    // Through an open page a device code could be passed on to somebody else.
    [
      'device code at Microsoft',
      '{"MICROSOFT_CLIENT_ID": "id"}',
      'MICROSOFT_CLIENT_SECRET is missing: without',
    ],
    [
      'device code at an organisation',
      JSON.stringify({ ...works, OIDC_MAIL_CLIENT_SECRET: '' }),
      'OIDC_MAIL_CLIENT_SECRET is missing: without',
    ],
    [
      'a way around it',
      '{"MICROSOFT_CLIENT_ID": "id", "PUBLIC_URL": "http://localhost:8993"}',
      'is none of GOOGLE_CLIENT_ID',
    ],
    ['another port', JSON.stringify({ ...works, OIDC_MAIL_ISSUER: 'https://sso.example:22' }), 'port 443'],
  ])('%s is refused by name, without a value', (_what, text, fault) => {
    const parsing = () => parseProvidersSecret(text)
    expect(parsing).toThrow(SettingsError)
    expect(parsing).toThrow(fault)
    expect(parsing).not.toThrow('hidden-value')
  })

  test('pnpm check-providers tells all faults before anything is entered', async () => {
    const folder = createTempFolder('providers')
    const file = join(folder.path, 'providers.json')
    const script = join(import.meta.dirname, '../../../../scripts/check-providers.ts')
    writeFileSync(
      file,
      JSON.stringify({ ...google, MICROSOFT_CLIENT_ID: 'hidden-value', OIDC_MAIL_NAME: 'W' }),
    )
    const ran = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, file]).then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    )
    expect(ran?.code).toBe(1)
    expect(ran?.stderr).toContain(
      'MICROSOFT_CLIENT_SECRET is missing: without it people sign in by device code',
    )
    expect(ran?.stderr).toContain('OIDC_MAIL_ISSUER is missing')
    expect(ran?.stderr).not.toContain('hidden-value')
    await folder.remove()
  })
})

describe('R72: whom a deployed function asks in the name of a provider', () => {
  test.each([
    ['http://sso.example/token', []],
    ['https://sso.example:8443/token', []],
    ['https://sso.example/token', ['sso.example']],
  ])(
    '%s: only https on port 443, and only at an address that the policy has checked',
    async (url, looked) => {
      const hosts: string[] = []
      const fetch = createProviderFetch({
        allowPrivate: false,
        checkPort: () => undefined,
        async resolve(host) {
          hosts.push(host)
          throw new Error('not public')
        },
      })
      const asking = fetch(url, { method: 'POST', headers: {}, body: 'secret' })
      await expect(asking).rejects.toMatchObject({ refusal: 'unavailable' })
      expect(hosts).toEqual(looked)
    },
  )
})
