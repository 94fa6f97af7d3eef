/**
 * The whole product in one process, from parts that are already open: what the local runner serves. The Lambda entry
 * points join the same parts, each only those it needs. Nothing here reads the environment.
 */
import { type Connector, providers } from '@email-connector/mail'
import { createAuthorizationServer, type EpochSeconds } from '@email-connector/oauth'
import { createGrantAccounts } from './accounts/grant-accounts.ts'
import { type App, createApp } from './app.ts'
import { createAuthenticate } from './authenticate.ts'
import { createHintCipher } from './keys/hint.ts'
import type { InstanceSecrets, SecretKey } from './keys/instance-secrets.ts'
import type { KeyWrapper } from './keys/key-wrapper.ts'
import type { Log } from './log.ts'
import { createMcpEndpoint } from './mcp/mcp-endpoint.ts'
import type { ServerSettings } from './settings.ts'
import { createConnections } from './sign-in/connections.ts'
import type { DemoMailbox } from './sign-in/form.ts'
import { createSignInLimits } from './sign-in/limits.ts'
import { createMailboxLogin } from './sign-in/mailbox-login.ts'
import { createSignIn } from './sign-in/sign-in.ts'
import type { Stores } from './store/stores.ts'
import { createToolApplication } from './tools/registry.ts'

export interface ProductOptions {
  readonly settings: ServerSettings
  readonly stage: string
  readonly stores: Stores
  readonly keyWrapper: KeyWrapper
  readonly secrets: InstanceSecrets
  readonly connector: Connector
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS. */
  readonly privateHosts: boolean
  readonly demo?: DemoMailbox
  readonly log: Log
  readonly version: string
}

const appName = 'email-connector'
const now = (): EpochSeconds => Math.floor(Date.now() / 1000)
const clock = {
  now: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}

export function createProduct(options: ProductOptions): App {
  const { settings, stage, stores, keyWrapper, secrets, connector, log, version } = options
  const { publicUrl, resource } = settings

  const oauth = createAuthorizationServer({
    issuer: publicUrl,
    resource,
    scopes: ['email:read', 'email:write'],
    store: stores.authorization,
    clients: settings.clients,
    redirectUris: { withoutClients: settings.disabledClients, extra: settings.extraRedirectUris },
    dcrKeys: secrets.dcrKeys,
    handoffKeys: secrets.handoffKeys,
    lifetimes: settings.lifetimes,
    now,
  })

  const mcp = createMcpEndpoint({
    application: createToolApplication({
      grantAccounts: createGrantAccounts({
        store: stores.accounts,
        keyWrapper,
        app: appName,
        stage,
        issuer: publicUrl,
        now,
      }),
      once: stores.once,
      mail: { connector, now: Date.now },
      providersOffered: providers.map(({ id }) => id),
      publicUrl,
      version,
      log,
      now,
    }),
    sessions: stores.sessions,
    hint: createHintCipher,
    challenge: oauth.challenge,
    now,
  })

  const signInParts = {
    settings,
    oauth,
    accounts: stores.accounts,
    secrets,
    mailboxLogin: createMailboxLogin({
      settings,
      connector,
      providers,
      limits: createSignInLimits({ store: stores.once, key: newest(secrets.peppers), now }),
      clock,
      log,
    }),
    providers,
    ...(options.demo === undefined ? {} : { demo: options.demo }),
    privateHosts: options.privateHosts,
    log,
    now,
  }

  return createApp({
    settings,
    oauth,
    mcp,
    authenticate: createAuthenticate({ oauth, resource }),
    signIn: createSignIn({ ...signInParts, keyWrapper, app: appName, stage }),
    connections: createConnections({ ...signInParts, grants: stores.authorization }),
    providers,
    log,
    version,
    now: clock.now,
  })
}

function newest(keys: readonly SecretKey[]): Uint8Array {
  const [first] = keys
  if (first === undefined) throw new Error('A key of the deployment is missing')
  return first.key
}
