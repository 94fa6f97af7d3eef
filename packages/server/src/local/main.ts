/**
 * The local runner behind `npm start`: the whole product in one process on one port, with an embedded store, a key file
 * and a demo mailbox. State lives in DATA_DIR; every acknowledged write is on disk before its answer, so it may be
 * stopped in any way at any moment.
 */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { getRequestListener } from '@hono/node-server'
import { createProduct } from '../composition/product.ts'
import { createFileKeyWrapper } from '../keys/file-key-wrapper.ts'
import { loadLocalSecrets } from '../keys/instance-secrets.ts'
import { SecretFileError } from '../keys/secret-file.ts'
import { createLog } from '../log.ts'
import { createDeviceClient } from '../provider-tokens/device-client.ts'
import { SettingsError } from '../settings.ts'
import { createDeviceTrips } from '../sign-in/device-trips.ts'
import { StoreOpenError } from '../store/level/rows.ts'
import { createLevelStores } from '../store/level/stores.ts'
import { version } from '../version.ts'
import { startDemoMailbox } from './demo/demo-mailbox.ts'
import { makePrivateFolder } from './private-folder.ts'
import { type LocalSettings, parseLocalSettings } from './settings.ts'

const usage = `Usage: npm start

Serves email-connector on this machine. Settings are environment variables, all optional:

  PORT, HOST                  where it listens (8993, 127.0.0.1)
  PUBLIC_URL                  the address clients use (http://localhost:$PORT)
  DATA_DIR                    store and keys (.local)
  DEMO_MAILBOX                on or off (on)
  ALLOWED_ACCOUNTS            addresses and domains that may connect (everyone)
  DENIED_ACCOUNTS             addresses and domains that may not, and whose connections end (none)
  ALLOW_PRIVATE_MAIL_HOSTS    1: mail servers on private addresses and any port (0)
  OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET               one pre-registered client
  GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET             "Sign in with Google" (docs/providers.md)
  MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, MICROSOFT_TENANT   "Sign in with Microsoft"
                              (without the secret: by device code)
  OIDC_MAIL_…                 an organisation's own provider
  OIDC_GATE_…                 only people of an organisation may connect
  EXTRA_REDIRECT_URIS, DISABLED_CLIENTS, DISABLED_PROVIDERS, CORS_ORIGINS
  ACCESS_TOKEN_DAYS, REFRESH_IDLE_DAYS, GRANT_DAYS   lifetimes (30, 90, 365)
`

if (process.argv.includes('--help')) {
  process.stdout.write(usage)
  process.exit(0)
}

try {
  await run(parseLocalSettings(process.env, process.env.EMAIL_CONNECTOR_ROOT ?? process.cwd()))
} catch (error) {
  console.error(toSentence(error))
  // The demo mailbox or the store may be open by now, and would keep the process alive.
  process.exit(1)
}

async function run(settings: LocalSettings): Promise<void> {
  const { server: serverSettings, dataDir } = settings
  const warning = makePrivateFolder(dataDir)
  if (warning !== undefined) console.error(warning)
  const stores = await createLevelStores({ dir: join(dataDir, 'store'), now })
  const log = createLog({ write: (line) => process.stderr.write(`${line}\n`), now: () => new Date() })
  const policy = createHostPolicy({ allowPrivate: settings.allowPrivateMailHosts })
  const demo = serverSettings.demo ? await startDemoMailbox({ now: () => new Date() }) : undefined
  const connector = createConnector({ policy })
  const { publicUrl, signInProviders } = serverSettings
  const app = createProduct({
    settings: serverSettings,
    devices: createDeviceTrips({
      clients: signInProviders
        .filter(({ clientSecret }) => clientSecret === undefined)
        .map((provider) => createDeviceClient({ provider, now })),
      ...{ store: stores.devices, once: stores.once, publicUrl, log, now },
    }),
    stage: 'local',
    stores,
    keyWrapper: createFileKeyWrapper({ path: join(dataDir, 'key') }),
    secrets: await loadLocalSecrets(dataDir),
    connector: demo === undefined ? connector : demo.withDemoMailbox(connector),
    privateHosts: settings.allowPrivateMailHosts,
    ...(demo === undefined ? {} : { demo }),
    log,
    version,
  })

  const listener = getRequestListener(
    (request, { incoming }) =>
      app.fetch(request, { ip: 'socket' in incoming ? (incoming.socket.remoteAddress ?? '') : '' }),
    { overrideGlobalObjects: false },
  )
  const server = createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })
  log({ event: 'started', port: settings.port })
  process.stdout.write(toWelcome(settings, demo))

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    server.close()
    server.closeAllConnections()
    await demo?.close()
    await stores.close()
    log({ event: 'stopped' })
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

function now(): number {
  return Math.floor(Date.now() / 1000)
}

function toWelcome(settings: LocalSettings, demo: { address: string; password: string } | undefined): string {
  const { publicUrl, resource } = settings.server
  return `
email-connector is running.

  Add to a client   ${resource}
  How to connect    ${publicUrl}/
${
  demo === undefined
    ? ''
    : `  Demo mailbox      choose “Demo” when you sign in
                    address ${demo.address}   password ${demo.password}
`
}  State             ${settings.dataDir}

Stop with Ctrl-C. Every connection keeps working after a restart.

`
}

function toSentence(error: unknown): string {
  if (error instanceof SettingsError || error instanceof StoreOpenError || error instanceof SecretFileError)
    return error.message
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'EADDRINUSE')
      return `Port ${'port' in error ? `${error.port} ` : ''}is in use by another program. Stop that one, or choose another port: PORT=9000 npm start`
    if (error.code === 'EADDRNOTAVAIL') return 'This machine has no such address. Set HOST to one it has.'
    if (error.code === 'EACCES' || error.code === 'EPERM')
      return 'The port or DATA_DIR may not be used by this account. Set PORT or DATA_DIR.'
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
