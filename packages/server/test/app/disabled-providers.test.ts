/** A provider the owner has switched off is offered nowhere, and cannot be asked for. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOAuthProduct } from '../../src/composition/oauth-product.ts'
import { type App, serveRoutes } from '../../src/http/frame.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { loadLocalSecrets } from '../../src/keys/instance-secrets.ts'
import { parseSettings, SettingsError, serverVariables, toServerSettings } from '../../src/settings.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'

const PUBLIC_URL = 'https://mail.example.com'
const folder = createTempFolder('disabled-providers')
let stores: Awaited<ReturnType<typeof createLevelStores>>
let app: App

beforeAll(async () => {
  stores = await createLevelStores({ dir: join(folder.path, 'store'), now: () => 1_800_000_000 })
  const variables = parseSettings(serverVariables, { PUBLIC_URL, DISABLED_PROVIDERS: 'outlook, protonmail' })
  const settings = toServerSettings(variables, { demo: false })
  const log = () => undefined
  const { routes } = createOAuthProduct({
    settings,
    stores,
    log,
    stage: 'test',
    keyWrapper: createFileKeyWrapper({ path: join(folder.path, 'key') }),
    secrets: await loadLocalSecrets(folder.path),
    connector: createConnector({ policy: createHostPolicy() }),
    privateHosts: false,
    version: randomBytes(3).toString('hex'),
  })
  app = serveRoutes({ settings, routes, log, now: () => 0 })
})
afterAll(async () => {
  await stores.close()
  await folder.remove()
})

const page = async (path: string) =>
  (await app.fetch(new Request(`${PUBLIC_URL}${path}`), { ip: '192.0.2.1' })).text()

test.each(['/', '/oauth/connections'])('a provider that is switched off is not on %s', async (path) => {
  const html = await page(path)
  expect(html).toContain('Gmail')
  for (const word of ['Proton', 'outlook.com']) expect(html).not.toContain(word)
})

test('a provider nobody knows is a fault that lists the known ones', () => {
  expect(() => parseSettings(serverVariables, { PUBLIC_URL, DISABLED_PROVIDERS: 'geocities' })).toThrow(
    SettingsError,
  )
})
