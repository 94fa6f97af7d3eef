/**
 * Everything but `/mcp`, from parts that are already open: the authorization server, sign-in and the owner's pages. Knows
 * no tool and no MCP, so that its Lambda function loads neither. Nothing here reads the environment.
 */
import { type Connector, createHostPolicy, providers as knownProviders } from '@email-connector/mail'
import {
  type AuthorizationServer,
  createAuthorizationServer,
  type EpochSeconds,
} from '@email-connector/oauth'
import { scopes } from '../caller.ts'
import { createClientMetadataFetch } from '../client-metadata/client-metadata.ts'
import { type Clock, nowSeconds, clock as realClock } from '../clock.ts'
import { appName } from '../deployment-names.ts'
import { createMailDns } from '../find-servers/dns-records.ts'
import { createFindServers, type FindServers } from '../find-servers/find-servers.ts'
import type { GateClient } from '../gate/gate-client.ts'
import type { Routes } from '../http/frame.ts'
import { createGetPublicDocument } from '../http/public-document.ts'
import type { InstanceSecrets, SecretKey } from '../keys/instance-secrets.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import type { Log } from '../log.ts'
import { signInStopped } from '../pages/sign-in-stopped.ts'
import { createProviderClient, type ProviderClient } from '../provider-tokens/provider-client.ts'
import { extraRedirectUris, type ServerSettings } from '../settings.ts'
import { createMailboxLogin } from '../sign-in/account-login.ts'
import { createAddMailbox } from '../sign-in/add-account.ts'
import { createBeforeRefresh } from '../sign-in/before-refresh.ts'
import { createConnections } from '../sign-in/connections.ts'
import type { DeviceTrips } from '../sign-in/device-trips.ts'
import type { DemoMailbox } from '../sign-in/form.ts'
import { createKnownBrowsers } from '../sign-in/known-browser.ts'
import { createEndConnections, type EndConnections } from '../sign-in/offboarding.ts'
import { createOwnedGrants } from '../sign-in/owned-grants.ts'
import { createPendingSignIns } from '../sign-in/pending-sign-in.ts'
import { createProviderPages } from '../sign-in/provider-pages.ts'
import { createProviderTrips } from '../sign-in/provider-trips.ts'
import { createSignInLimits } from '../sign-in/rate-limits.ts'
import { createSignIn } from '../sign-in/sign-in.ts'
import type { Stores } from '../store/stores.ts'
import { createIdentityGate } from './identity-gate.ts'
import { toLogLine } from './oauth-log.ts'
import { deviceRoutes, oauthRoutes, siteRoutes } from './routes.ts'

export interface OAuthProductOptions {
  readonly settings: ServerSettings
  readonly stage: string
  readonly stores: Pick<Stores, 'authorization' | 'accounts' | 'audit' | 'once'>
  readonly keyWrapper: KeyWrapper
  readonly secrets: InstanceSecrets
  readonly connector: Connector
  /** The local runner with ALLOW_PRIVATE_MAIL_HOSTS. */
  readonly privateHosts: boolean
  readonly demo?: DemoMailbox
  /** Of a mailbox whose owner does not know them; the DNS and the domain itself unless given. */
  readonly findServers?: FindServers
  readonly log: Log
  readonly version: string
  /** For the settings' providers; the real ones unless given. */
  readonly providerClients?: readonly ProviderClient[]
  /** Sign-in by device code; the local runner only. */
  readonly devices?: DeviceTrips
  /** For the settings' gate; the real one unless given. */
  readonly gateClient?: GateClient
  /** Clocks that a test turns; the real ones unless given. */
  readonly now?: () => EpochSeconds
  readonly clock?: Clock
}

export function createOAuthProduct(options: OAuthProductOptions): {
  readonly oauth: AuthorizationServer
  readonly routes: Routes
  /** For the operator; no route leads there. */
  readonly endConnections: EndConnections
} {
  const { settings, stage, stores, keyWrapper, secrets, connector, log, version } = options
  const { now = nowSeconds, clock = realClock } = options
  const { publicUrl, resource } = settings
  const providers = knownProviders.filter(({ id }) => !settings.disabledProviders.includes(id))

  const pending = createPendingSignIns({ store: stores.once, publicUrl, now })
  const gate = createIdentityGate({ ...options, pending, now })

  const oauth = createAuthorizationServer({
    issuer: publicUrl,
    resource,
    scopes,
    store: stores.authorization,
    clients: settings.clients,
    redirectUris: {
      withoutClients: settings.disabledClients,
      extra: settings.extraRedirectUris,
      extraName: extraRedirectUris,
    },
    dcrKeys: secrets.dcrKeys,
    handoffKeys: secrets.handoffKeys,
    lifetimes: settings.lifetimes,
    now,
    errorPage: signInStopped,
    log: (event) => log(toLogLine(event)),
    beforeRefresh: createBeforeRefresh({
      ...{ store: stores.accounts, admission: settings, secrets, now, log },
      ...(gate && { askGate: gate.ask }),
    }),
    fetchClientMetadata: createClientMetadataFetch({ policy: createHostPolicy() }),
  })
  const clients =
    options.providerClients ??
    settings.signInProviders.map((provider) => createProviderClient({ provider, now }))
  const devices = options.devices && { devices: options.devices }
  const trips = createProviderTrips({ ...{ clients, publicUrl, log, now, pending }, ...devices })
  const parts = {
    settings,
    trips,
    ...(gate && { gate: gate.open }),
    oauth,
    keyWrapper,
    app: appName,
    stage,
    accounts: stores.accounts,
    secrets,
    mailboxLogin: createMailboxLogin({
      settings,
      connector,
      providers,
      limits: createSignInLimits({ store: stores.once, key: newest(secrets.peppers), now }),
      knownBrowsers: createKnownBrowsers({ publicUrl, peppers: secrets.peppers, now }),
      clock,
      log,
    }),
    providers,
    ...(options.demo === undefined ? {} : { demo: options.demo }),
    privateHosts: options.privateHosts,
    findServers:
      options.findServers ??
      createFindServers({
        dns: createMailDns(),
        getDocument: createGetPublicDocument({ policy: createHostPolicy() }),
      }),
    log,
    now,
  }
  const signIn = createSignIn(parts)
  const connections = createConnections({
    ...{ ...parts, grants: stores.authorization, once: stores.once, audit: stores.audit, clock },
  })
  const addMailbox = createAddMailbox({ ...parts, links: stores.authorization })
  const pages = { connect: signIn, link: addMailbox, connections }
  const providerPages = createProviderPages({
    ...{ publicUrl, trips, pages, log, ...devices },
    ...(gate && { gate: gate.open }),
  })
  return {
    oauth,
    endConnections: createEndConnections({
      ...{ oauth, clock, log },
      owned: createOwnedGrants({ ...parts, grants: stores.authorization }),
    }),
    routes: {
      ...siteRoutes({ settings, providers, version }),
      ...oauthRoutes({ oauth, signIn, connections, addMailbox, providerPages }),
      ...deviceRoutes(providerPages),
    },
  }
}

function newest(keys: readonly SecretKey[]): Uint8Array {
  const [first] = keys
  if (first === undefined) throw new Error('A key of the deployment is missing')
  return first.key
}
