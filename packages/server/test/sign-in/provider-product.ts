/**
 * The whole product on a port, with a provider that people sign in at, and mail servers that ask this provider about the
 * tokens they are shown. The clock of the product can be turned on, so that a token is over for it.
 */
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  createTempFolder,
  type Dovecot,
  type IdentityProvider,
  type IdentityProviderOptions,
  type Page,
  type Submission,
  startDovecot,
  startIdentityProvider,
  startSubmission,
} from '@email-connector/testing'
import { createProduct } from '../../src/composition/product.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { loadLocalSecrets } from '../../src/keys/instance-secrets.ts'
import { createLog } from '../../src/log.ts'
import { createDeviceClient } from '../../src/provider-tokens/device-client.ts'
import { createProviderClient } from '../../src/provider-tokens/provider-client.ts'
import { parseSettings, serverVariables, toServerSettings } from '../../src/settings.ts'
import { createDeviceTrips } from '../../src/sign-in/device-trips.ts'
import {
  type ClientCredentials,
  googleSignIn,
  microsoftSignIn,
  organisationSignIn,
  type SignInProvider,
} from '../../src/sign-in-provider.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { listen } from '../app/listening.ts'

const clientId = 'email-connector'
const credentials = { clientId, clientSecret: 'a secret of the client' }

export type ProviderKind = 'google' | 'microsoft' | 'organisation'

/** How each is set up; what differs between them is what the product has to bear. */
const shapes: Readonly<
  Record<ProviderKind, Pick<IdentityProviderOptions, 'scopes' | 'rotates' | 'alwaysLasting'>>
> = {
  google: { scopes: ['https://mail.google.com/'], rotates: false, alwaysLasting: true },
  microsoft: {
    scopes: ['https://outlook.office.com/IMAP.AccessAsUser.All', 'https://outlook.office.com/SMTP.Send'],
    rotates: true,
  },
  organisation: { scopes: ['mail'], rotates: true },
}

export interface ProviderProduct {
  readonly url: string
  readonly stores: LevelStores
  readonly idp: IdentityProvider
  readonly provider: SignInProvider
  readonly dovecot: Dovecot
  readonly submission: Submission
  readonly logLines: string[]
  /** Seconds that the product's clock is ahead. */
  readonly clock: { ahead: number }
  stop(): Promise<void>
}

export async function startProviderProduct(
  kind: ProviderKind,
  options: {
    emailOf?: IdentityProviderOptions['emailOf']
    accessTokenSeconds?: number
    /** The deployment has no secret of the provider: people sign in by device code. */
    byDeviceCode?: boolean
  } = {},
): Promise<ProviderProduct> {
  const client = options.byDeviceCode === true ? { clientId } : credentials
  const listening = await listen()
  const { url } = listening
  const idp = await startIdentityProvider({
    ...client,
    ...shapes[kind],
    redirectUris: [`${url}/oauth/provider/callback`],
    accessTokenSeconds: options.accessTokenSeconds ?? 600,
    ...(options.emailOf && { emailOf: options.emailOf }),
  })
  const dovecot = await startDovecot({ introspectionUrl: idp.introspectionUrl })
  const submission = await startSubmission({ mailServer: dovecot, accessTokens: idp.accepts })
  const servers = {
    issuer: idp.issuer,
    imap: { host: 'localhost', port: dovecot.imapsPort, tls: 'implicit' },
    smtp: { host: 'localhost', port: submission.smtpsPort, tls: 'implicit' },
  } as const
  const provider = toProvider(kind, servers, client)

  const folder = createTempFolder('provider')
  const clock = { ahead: 0 }
  const now = () => Math.floor(Date.now() / 1000) + clock.ahead
  const stores = await createLevelStores({ dir: join(folder.path, 'store'), now })
  const logLines: string[] = []
  const settings = toServerSettings(parseSettings(serverVariables, { PUBLIC_URL: url }), {
    demo: false,
    signInProviders: [provider],
  })
  const log = createLog({ write: (line) => logLines.push(line), now: () => new Date() })
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  const app = createProduct({
    ...{ settings, stores, now },
    stage: 'test',
    keyWrapper: createFileKeyWrapper({ path: join(folder.path, 'key') }),
    secrets: await loadLocalSecrets(folder.path),
    connector: createConnector({ policy, ca: [dovecot.ca] }),
    privateHosts: true,
    findServers: async () => undefined,
    providerClients: [createProviderClient({ provider, now })],
    ...(options.byDeviceCode === true && {
      devices: createDeviceTrips({
        clients: [createDeviceClient({ provider, now })],
        ...{ store: stores.devices, once: stores.once, publicUrl: url, log, now },
      }),
    }),
    log,
    version: '0.0.0-test',
  })
  listening.answerWith(app)
  return {
    ...{ url, stores, idp, provider, dovecot, submission, logLines, clock },
    async stop() {
      listening.close()
      await stores.close()
      await submission.stop()
      await dovecot.stop()
      await idp.stop()
      await folder.remove()
    },
  }
}

function toProvider(
  kind: ProviderKind,
  servers: Pick<SignInProvider, 'issuer' | 'imap' | 'smtp'>,
  client: ClientCredentials,
): SignInProvider {
  if (kind === 'organisation') {
    return organisationSignIn({
      ...client,
      ...servers,
      name: 'Example Works',
      scopes: ['mail', 'offline_access'],
      mechanism: 'OAUTHBEARER',
    })
  }
  const real = kind === 'google' ? googleSignIn(client) : microsoftSignIn({ ...client, tenant: 'common' })
  const { metadata: _real, ...known } = real
  // The stand-in gives a lasting grant only to who asks for consent, and knows no choice of accounts.
  return {
    ...known,
    ...servers,
    authorizationParameters: { ...real.authorizationParameters, prompt: 'consent' },
  }
}

/** A person at the provider: who they are, and that they agree. */
export async function signInAtProvider(page: Page, idp: IdentityProvider, name: string): Promise<void> {
  await page.waitForURL((url) => url.origin === idp.issuer)
  const login = page.locator('input[name=login]')
  if ((await login.count()) > 0) {
    await login.fill(name)
    await page.fill('input[name=password]', 'anything')
    await page.click('button[type=submit]')
  }
  await page.locator('button[type=submit]', { hasText: 'Continue' }).click()
}

/** The same person on the page that our page sends them to. Without a name: they say that they do not know the code. */
export async function enterCodeAtProvider(page: Page, code: string, name?: string): Promise<void> {
  await page.fill('input[name=user_code]', code)
  await page.getByRole('button', { name: 'Continue' }).click()
  if (name === undefined) {
    await page.getByRole('button', { name: 'Abort' }).click()
    return await page.getByText('interrupted').first().waitFor()
  }
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.fill('input[name=login]', name)
  await page.fill('input[name=password]', 'anything')
  await page.click('button[type=submit]')
  await page.locator('button[type=submit]', { hasText: 'Continue' }).click()
  await page.getByText('Sign-in Success').first().waitFor()
}
