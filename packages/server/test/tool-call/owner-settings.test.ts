/** R94: what a model is told when the owner's settings cannot be read: no change, no sending, and reading where it may. */
import { join } from 'node:path'
import { type Connector, type MailAccount, MailError } from '@email-connector/mail'
import { createTempFolder } from '@email-connector/testing'
import { afterEach, expect, test } from 'vitest'
import { makeAccountSettings } from '../../src/accounts/owner-room.ts'
import { defaultAccountSettings } from '../../src/accounts/settings.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { ofGrant } from '../../src/store/owner-room-store.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

const unreachable: Connector = {
  connect: () => Promise.reject(new MailError('host_unreachable', { protocol: 'imap' })),
  tlsOptions: () => ({}),
}
const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice@test.example',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'x' },
}

let opened: OpenTools
let close: () => Promise<void>
afterEach(async () => {
  await opened.close()
  await close()
})

async function open() {
  const folder = createTempFolder('settings')
  const stores = await createLevelStores({ dir: join(folder.path, 'store'), now: () => 1 })
  opened = await openTools({ accounts: [account], connector: unreachable, stores })
  close = async () => {
    await stores.close()
    await folder.remove()
  }
  return stores.accounts
}

const draft = { to: ['bob@test.example'], subject: 'Words', body: 'Words.' }
const codeOf = async (tool: string, given = {}) => (await opened.call(tool, given)).structured.code

test('R94: without the settings of the grant nothing is drafted or sent, and mail is read', async () => {
  const accounts = await open()
  expect(await codeOf('draft_email', draft)).toBe('host_unreachable')
  await accounts.deleteSettings(opened.caller.grantId, ofGrant)
  for (const tool of ['draft_email', 'send_email']) {
    const refused = await opened.call(tool, draft)
    expect(refused.structured.code).toBe('settings_unreadable')
    expect(refused.text).toContain('/oauth/connections')
  }
  expect(await codeOf('get_recent_emails')).toBe('host_unreachable')
  const line = { event: 'key_refused', outcome: 'refused', code: 'settings_unreadable' }
  expect(opened.logged).toContainEqual(expect.objectContaining(line))
})

test('R94: where a folder was hidden nothing is read either', async () => {
  const accounts = await open()
  const found = await accounts.findGrantWithAccounts(opened.caller.grantId)
  const [own] = found?.settings.filter(({ of }) => of !== ofGrant) ?? []
  if (own === undefined) throw new Error('no settings')
  const hiding = { ...defaultAccountSettings, hidden: ['Private'] }
  const place = { ...own, version: own.version + 1 }
  await accounts.putSettings(makeAccountSettings(opened.caller.secret, own.of, place, hiding), own.version)
  expect(await codeOf('get_recent_emails')).toBe('host_unreachable')
  await accounts.deleteSettings(opened.caller.grantId, own.of)
  expect(await codeOf('get_recent_emails')).toBe('settings_unreadable')
})
