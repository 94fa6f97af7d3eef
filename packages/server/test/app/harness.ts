/**
 * The product over a real store in a temporary folder, a real key file, clocks to turn, and a mail connector that
 * reaches loopback. Requests are passed in process. Only what answers MCP calls is given by the test.
 */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Connector, createConnector, createHostPolicy } from '@email-connector/mail'
import type { AuthorizationServer } from '@email-connector/oauth'
import { createTempFolder } from '@email-connector/testing'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import type { Caller } from '../../src/caller.ts'
import { createProduct } from '../../src/composition/product.ts'
import { appName } from '../../src/deployment-names.ts'
import type { FindServers } from '../../src/find-servers/find-servers.ts'
import type { App } from '../../src/http/frame.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { type InstanceSecrets, loadLocalSecrets } from '../../src/keys/instance-secrets.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { createLog } from '../../src/log.ts'
import type { DeviceClient } from '../../src/provider-tokens/device-client.ts'
import type { ProviderClient } from '../../src/provider-tokens/provider-client.ts'
import { parseSettings, type ServerSettings, serverVariables, toServerSettings } from '../../src/settings.ts'
import { createDeviceTrips } from '../../src/sign-in/device-trips.ts'
import type { DemoMailbox } from '../../src/sign-in/form.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'

export const publicUrl = 'https://mail.example.org'

export interface TestApp {
  readonly app: App
  readonly publicUrl: string
  readonly oauth: AuthorizationServer
  readonly grantAccounts: ReturnType<typeof createGrantAccounts>
  readonly stores: LevelStores
  readonly logLines: string[]
  /** How long the sign-in chose to wait. */
  readonly slept: number[]
  readonly time: { seconds: number }
  /** What an operator makes of the secrets: requests that come now are another process's, those under way keep theirs. */
  changeSecrets(change: (secrets: InstanceSecrets) => InstanceSecrets): void
  /** Turns the clock that durations are measured with. */
  elapse(ms: number): Promise<void>
  fetch(path: string, init?: RequestInit, ip?: string): Promise<Response>
  /** `/oauth/authorize?…` for a client that registers itself. */
  authorizeUrl(options?: {
    name?: string
    redirectUri?: string
    scope?: string
    state?: string
  }): Promise<string>
  readonly verifier: string
  close(): Promise<void>
}

export interface TestAppOptions {
  settings?: Partial<ServerSettings>
  mcp?: (request: Request, caller: Caller) => Promise<Response>
  /** The real tools answer at /mcp. */
  tools?: boolean
  connector?: Connector
  privateHosts?: boolean
  demo?: DemoMailbox
  /** The deployment's; new ones when not said. */
  secrets?: InstanceSecrets
  /** In the place of a key file, for faults. */
  keyWrapper?: KeyWrapper
  providerClients?: readonly ProviderClient[]
  /** Of the local runner: sign-in by device code. */
  deviceClients?: readonly DeviceClient[]
  findServers?: FindServers
  /** Told of every request before the product gets it. */
  beforeRequest?: () => void
  /** Put in the place of the real stores, for faults. */
  wrapStores?: (stores: LevelStores) => LevelStores
}

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = createTempFolder('app')
  const time = { seconds: 1_800_000_000 }
  const now = () => time.seconds
  const opened = await createLevelStores({ dir: join(folder.path, 'store'), now })
  const stores = options.wrapStores?.(opened) ?? opened
  let secrets = options.secrets ?? (await loadLocalSecrets(folder.path))
  const variables = parseSettings(serverVariables, { PUBLIC_URL: publicUrl })
  const settings: ServerSettings = {
    ...toServerSettings(variables, { demo: options.demo !== undefined }),
    resource: `${options.settings?.publicUrl ?? publicUrl}/mcp`,
    ...options.settings,
  }
  const logLines: string[] = []
  const log = createLog({ write: (line) => logLines.push(line), now: () => new Date(time.seconds * 1000) })
  const slept: number[] = []
  let elapsedMs = 0
  const clock = {
    now: () => elapsedMs,
    sleep: async (ms: number) => {
      slept.push(ms)
      elapsedMs += ms
    },
  }
  const keyWrapper = options.keyWrapper ?? createFileKeyWrapper({ path: join(folder.path, 'key') })
  const stage = 'test'
  const connector = options.connector ?? createConnector({ policy: createHostPolicy() })
  const start = () =>
    createProduct({
      ...{ settings, stage, stores, keyWrapper, secrets, log, now, clock, connector },
      privateHosts: options.privateHosts ?? false,
      ...(options.demo === undefined ? {} : { demo: options.demo }),
      ...(options.providerClients && { providerClients: options.providerClients }),
      ...(options.deviceClients && {
        devices: createDeviceTrips({
          ...{ clients: options.deviceClients, store: stores.devices, once: stores.once, log, now },
          publicUrl: settings.publicUrl,
        }),
      }),
      // No name server is asked unless a test has one.
      findServers: options.findServers ?? (async () => undefined),
      ...(options.tools !== true && {
        mcp: { handle: options.mcp ?? (async () => Response.json({ jsonrpc: '2.0', id: 1, result: {} })) },
      }),
      version: '0.0.0-test',
    })
  let running = start()
  const app: App = { fetch: (request, peer) => running.fetch(request, peer) }
  const { oauth } = running
  const grantAccounts = createGrantAccounts({
    ...{ keyWrapper, stage, now },
    app: appName,
    store: stores.accounts,
    issuer: settings.publicUrl,
  })
  const send = (path: string, init: RequestInit = {}, ip = '198.51.100.7') => {
    options.beforeRequest?.()
    return app.fetch(new Request(new URL(path, settings.publicUrl), init), { ip })
  }
  const verifier = randomBytes(32).toString('base64url')

  return {
    publicUrl: settings.publicUrl,
    changeSecrets(change) {
      secrets = change(secrets)
      running = start()
    },
    elapse: async (ms) => {
      elapsedMs += ms
    },
    ...{ app, oauth, grantAccounts, stores, logLines, slept, time, verifier, fetch: send },
    async authorizeUrl({
      name = 'Test client',
      redirectUri = 'http://localhost:6274/oauth/callback',
      scope,
      state,
    } = {}) {
      const registered = await send('/oauth/register', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          client_name: name,
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: 'none',
        }),
      })
      const { client_id } = (await registered.json()) as { client_id: string }
      const parameters = new URLSearchParams({
        response_type: 'code',
        client_id,
        redirect_uri: redirectUri,
        state: state ?? 'client-state',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        scope: scope ?? 'email:read email:write',
      })
      return `${settings.publicUrl}/oauth/authorize?${parameters}`
    },
    async close() {
      await opened.close()
      await folder.remove()
    },
  }
}

/** For `completeSignIn`: a fetch that stays in process. */
export function fetchOf(test: TestApp, ip?: string) {
  return (input: string | URL, init: RequestInit) => test.fetch(String(input), init, ip)
}

/** The token of a completed sign-in. */
export async function redeem(test: TestApp, authorizeUrl: string, code: string): Promise<string> {
  const parameters = new URL(authorizeUrl).searchParams
  const response = await test.fetch('/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: test.verifier,
      client_id: parameters.get('client_id') ?? '',
      redirect_uri: parameters.get('redirect_uri') ?? '',
    }),
  })
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}
