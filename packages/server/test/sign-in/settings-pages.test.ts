/** R94, R104: the owner's settings on the page of connections: what is saved is what calls read, and nobody else saves it. */
import { StoreUnavailableError } from '@email-connector/oauth'
import { changeCharacter } from '@email-connector/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OwnerSettings } from '../../src/accounts/owner-settings.ts'
import {
  type AccountSettings,
  defaultAccountSettings,
  defaultGrantSettings,
} from '../../src/accounts/settings.ts'
import type { AccountStore } from '../../src/store/account-store.ts'
import { openFormBrowser, proofIn } from '../app/form-browser.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

let app: MailboxApp
/** What somebody with write access makes of the accounts' table; nothing unless a test says so. */
let tampered: Partial<AccountStore> = {}

beforeEach(async () => {
  tampered = {}
  app = await startMailboxApp({
    wrapStores: (stores) => ({
      ...stores,
      accounts: new Proxy(stores.accounts, {
        get: (target, name) => Reflect.get({ ...target, ...tampered }, name),
      }),
    }),
  })
})
afterEach(async () => {
  await app.close()
})

/** The token of a connection. */
async function connect({ address = 'ann@test.example', permission = 'write' } = {}) {
  return await app.connect({ address, permission })
}

async function openPage(address = 'ann@test.example') {
  const browser = openFormBrowser(app.test, '/oauth/connections')
  const { html } = await browser.post(app.mailbox(address))
  const ids = [...html.matchAll(/name="revoke" value="([0-9a-f]{32})"/g)].map(([, id = '']) => id)
  return { browser, html, proof: proofIn(html), ids, grantId: ids[0] ?? '' }
}

const versionIn = (html: string) => /name="version" value="(\d+)"/.exec(html)?.[1] ?? ''

async function openForm(kind: 'mailbox' | 'sending', address?: string) {
  const page = await openPage(address)
  const { proof, grantId: grant, browser } = page
  const { status, html } = await browser.post({ proof, [kind]: grant })
  const save = (fields: Record<string, string>) =>
    browser.post({ proof, grant, version: versionIn(html), save: kind, ...fields })
  return { ...page, status, html, save }
}

const settingsOf = (token: string): Promise<OwnerSettings> =>
  app.asCaller(token, async (caller) => (await app.test.grantAccounts(caller).open()).settings)

const sending = {
  ...{ ask: 'always', trust: 'on', recipients: 'listed', listed: 'Bob@Example.com\r\n@example.org\r\n' },
  ...{ new_recipients: '5', sends: '20', no_attachments: 'on' },
}

describe('R94: names and folders', () => {
  test('are saved as typed, shown again, and read by the next call', async () => {
    const token = await connect()
    const { save } = await openForm('mailbox')
    const saved = await save({
      name: 'Ann Smith',
      aliases: 'Ann S. <ann.s@test.example>\r\n\r\noffice@test.example\r\n',
      time_zone: 'Europe/Rome',
      signature_text_0: 'Ann\r\nTel. 1',
      hidden: 'Private\r\nWork/Salaries',
      read_only: 'Archive',
    })
    expect(saved.html).toContain('Saved.')
    const account: AccountSettings = {
      ...defaultAccountSettings,
      name: 'Ann Smith',
      aliases: [{ address: 'ann.s@test.example', name: 'Ann S.' }, { address: 'office@test.example' }],
      timeZone: 'Europe/Rome',
      signatures: [{ text: 'Ann\nTel. 1' }],
      hidden: ['Private', 'Work/Salaries'],
      readOnly: ['Archive'],
    }
    expect(await settingsOf(token)).toEqual({ state: 'open', account, grant: defaultGrantSettings })
    const { html } = await openForm('mailbox')
    for (const text of ['Ann Smith', 'Ann S. &lt;ann.s@test.example&gt;', 'Work/Salaries', 'Tel. 1'])
      expect(html).toContain(text)
    expect(html).toContain('<option value="Europe/Rome" selected>')
    expect(html).toContain('Another signature for <bdi>office@test.example</bdi>')
  })

  test('R46: keep of a signature’s HTML what a reader sees, and no script', async () => {
    const token = await connect()
    const { save } = await openForm('mailbox')
    const html = `<script>alert(1)</script><p onclick="x()">Ann, <a href="https://example.com/?a=1">site</a></p><img src="javascript:x">`
    const first = await save({ aliases: 'b@test.example', signature_text_0: '', signature_html_0: html })
    expect(first.html).toContain('Saved.')
    const settings = await settingsOf(token)
    expect(settings.state === 'open' && settings.account.signatures).toEqual([
      { text: 'Ann, site (example.com)', html: '<p>Ann, <a href="https://example.com/?a=1">site</a></p>' },
    ])
    const { save: again } = await openForm('mailbox')
    const refused = await again({
      ...{ signature_text_0: '', aliases: 'b@test.example' },
      ...{
        signature_address_1: 'b@test.example',
        signature_text_1: '',
        signature_html_1: '<script>x</script>',
      },
    })
    expect([refused.status, refused.html.includes('Nothing of this HTML')]).toEqual([422, true])
  })

  test('name every fault, and keep what was typed', async () => {
    const token = await connect()
    const { save } = await openForm('mailbox')
    const answer = await save({
      name: 'x'.repeat(201),
      aliases: 'no address\r\n<b>&quot;',
      time_zone: 'Mars/Olympus',
      signature_text_0: 'y'.repeat(4_001),
      hidden: 'Fol\u0007der',
      read_only: Array.from({ length: 201 }, (_, index) => `F${index}`).join('\r\n'),
    })
    expect(answer.status).toBe(422)
    for (const name of ['name', 'aliases', 'time_zone', 'signature_text_0', 'hidden', 'read_only'])
      expect(answer.html, name).toContain(`href="#${name}"`)
    expect(answer.html).toContain('x'.repeat(201))
    expect(answer.html).toContain('&lt;b&gt;&amp;quot;')
    expect(await settingsOf(token)).toMatchObject({ account: defaultAccountSettings })
    const tooMuch = await save({
      signature_text_0: 'z',
      hidden: Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(900, 'f')).join('\r\n'),
    })
    expect([tooMuch.status, tooMuch.html.includes('too long to be kept')]).toEqual([422, true])
  })
})

describe('R94: what may go out', () => {
  test('is not offered to an app that cannot send, and not saved for it', async () => {
    await connect()
    const { html, browser, proof, grantId } = await openPage()
    expect(html).not.toContain('name="sending"')
    const shown = await browser.post({ proof, sending: grantId })
    expect(shown.html).toContain('cannot send')
    const fields = { proof, grant: grantId, version: '0', save: 'sending', ...sending }
    expect((await browser.post(fields)).status).toBe(409)
  })

  test('is saved as chosen and read by the next call', async () => {
    const token = await connect({ permission: 'send' })
    const { save, html } = await openForm('sending')
    expect(html).toContain('value="ask" checked')
    expect((await save(sending)).html).toContain('Saved.')
    expect(await settingsOf(token)).toMatchObject({
      grant: {
        ...{ ask: 'always', trust: true },
        limits: {
          ...{ recipients: 'listed', listed: ['bob@example.com', 'example.org'] },
          ...{ newRecipientsPerDay: 5, sendsPerHour: 20, attachments: false },
        },
      },
    })
    const { save: again } = await openForm('sending')
    await again({ ask: 'never', recipients: 'anyone', listed: '', new_recipients: '', sends: '' })
    expect(await settingsOf(token)).toMatchObject({
      grant: { ask: 'never', trust: false, limits: defaultGrantSettings.limits },
    })
  })

  test('has no second set of limits where the connection has one mailbox', async () => {
    const token = await connect({ permission: 'send' })
    const { save, html } = await openForm('mailbox')
    expect(html).not.toContain('Limits for this mailbox')
    expect((await save({ name: 'Ann', recipients: 'known', sends: '1' })).html).toContain('Saved.')
    expect(await settingsOf(token)).toMatchObject({
      account: { name: 'Ann', limits: defaultAccountSettings.limits },
    })
  })

  test.each([
    [{ ask: '' }, 'ask'],
    [{ ask: 'sometimes' }, 'ask'],
    [{ recipients: 'nobody' }, 'recipients'],
    [{ listed: '' }, 'listed'],
    [{ listed: 'no address' }, 'listed'],
    [{ listed: 'localhost' }, 'listed'],
    [{ new_recipients: '-1' }, 'new_recipients'],
    [{ new_recipients: '1e3' }, 'new_recipients'],
    [{ sends: '10001' }, 'sends'],
    [{ sends: 'many' }, 'sends'],
  ])('a limit that is not understood is no limit that is saved: %o', async (wrong, field) => {
    const token = await connect({ permission: 'send' })
    const { save } = await openForm('sending')
    const answer = await save({ ...sending, ...wrong })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain(`href="#${field}"`)
    expect(await settingsOf(token)).toMatchObject({ grant: defaultGrantSettings })
  })
})

describe('two windows', () => {
  test('the second save changes nothing, keeps what was typed, says what is different, and may be meant', async () => {
    const token = await connect()
    const [one, other] = [await openForm('mailbox'), await openForm('mailbox')]
    expect((await one.save({ name: 'First', hidden: 'Private' })).html).toContain('Saved.')
    const late = await other.save({ name: 'Second', hidden: '' })
    expect(late.status).toBe(409)
    expect(late.html).toContain('Nothing was saved')
    expect(late.html).toContain('value="Second"')
    expect(late.html).toContain('Your name: <bdi>First</bdi>')
    expect(late.html).toContain('Folders the app does not see: <bdi>Private</bdi>')
    expect(await settingsOf(token)).toMatchObject({ account: { name: 'First', hidden: ['Private'] } })
    const meant = await other.save({ name: 'Second', hidden: '', version: versionIn(late.html) })
    expect(meant.html).toContain('Saved.')
    expect(await settingsOf(token)).toMatchObject({ account: { name: 'Second', hidden: [] } })
  })

  test('R63: of 20 saves at the same time one is written', async () => {
    const token = await connect()
    const { save } = await openForm('mailbox')
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => save({ name: `N${index}` })))
    const winners = answers.flatMap(({ html }, index) => (html.includes('Saved.') ? [`N${index}`] : []))
    expect(winners).toHaveLength(1)
    expect(await settingsOf(token)).toMatchObject({ account: { name: winners[0] } })
  })

  test('R63: a store that fails at the write leaves all as it was, and the same form saves later', async () => {
    const token = await connect()
    const { save } = await openForm('mailbox')
    tampered = {
      putSettings: async () => {
        throw new StoreUnavailableError('killed')
      },
    }
    expect((await save({ name: 'Ann' })).status).toBe(503)
    expect(await settingsOf(token)).toMatchObject({ account: defaultAccountSettings })
    tampered = {}
    expect((await save({ name: 'Ann' })).html).toContain('Saved.')
  })
})

describe('R104: one mailbox’s login', () => {
  test('neither shows nor changes another’s connection, by its id', async () => {
    const bobs = await connect({ address: 'bob@test.example' })
    await connect()
    const { grantId: foreign } = await openPage('bob@test.example')
    const { browser, proof } = await openPage()
    for (const kind of ['mailbox', 'sending'] as const) {
      expect((await browser.post({ proof, [kind]: foreign })).status).toBe(404)
      const fields = { proof, grant: foreign, version: '0', save: kind, name: 'Eve', ...sending }
      expect((await browser.post(fields)).status).toBe(404)
    }
    expect(await settingsOf(bobs)).toMatchObject({ account: defaultAccountSettings })
  })

  test('in one connection: each sees its own settings, and only the first decides about the whole of it', async () => {
    const token = await connect({ permission: 'send' })
    await addMailbox(token, 'bob@test.example')
    const bobs = await openForm('mailbox', 'bob@test.example')
    expect((await bobs.save({ name: 'Bob', recipients: 'known' })).html).toContain('Saved.')
    const anns = await openForm('mailbox')
    expect(anns.html).not.toContain('Bob')
    expect(anns.html).toContain('Limits for this mailbox')
    const refused = await openForm('sending', 'bob@test.example')
    expect([refused.status, refused.html.includes('connected first')]).toEqual([403, true])
    expect((await refused.save(sending)).status).toBe(403)
    expect((await (await openForm('sending')).save(sending)).html).toContain('Saved.')
    expect(await settingsOf(token)).toMatchObject({
      account: { limits: { recipients: 'anyone' } },
      grant: { ask: 'always' },
    })
  })
})

describe('R94: rows that were changed', () => {
  test('a wrap of another connection, or a changed one, opens no settings', async () => {
    await connect()
    const { browser, proof, grantId } = await openPage()
    const { listOwners } = app.test.stores.accounts
    tampered = {
      listOwners: async (index) =>
        (await listOwners(index)).map((row) => ({
          ...row,
          ...(row.page && { page: { ...row.page, wrap: changeCharacter(row.page.wrap) } }),
        })),
    }
    const shown = await browser.post({ proof, mailbox: grantId })
    expect([shown.status, shown.html.includes('cannot be read')]).toEqual([409, true])
    const fields = { proof, grant: grantId, version: '0', save: 'mailbox', name: 'Eve' }
    expect((await browser.post(fields)).status).toBe(409)
  })

  test.each([
    ['taken away', () => []],
    [
      'changed',
      (rows: readonly Row[]) => rows.map((row) => ({ ...row, sealed: changeCharacter(row.sealed, 9) })),
    ],
    [
      'of another version',
      (rows: readonly Row[]) => rows.map((row) => ({ ...row, version: row.version + 1 })),
    ],
    [
      'swapped',
      (rows: readonly Row[]) => rows.map((row, at) => ({ ...row, sealed: rows.at(at - 1)?.sealed ?? '' })),
    ],
  ])('settings that were %s are said, and show the defaults', async (_how, change) => {
    await connect({ permission: 'send' })
    const { findGrantWithAccounts } = app.test.stores.accounts
    const { browser, proof, grantId } = await openPage()
    tampered = {
      findGrantWithAccounts: async (id) => {
        const found = await findGrantWithAccounts(id)
        return found && { ...found, settings: change(found.settings) }
      },
    }
    for (const kind of ['mailbox', 'sending'] as const) {
      const { status, html } = await browser.post({ proof, [kind]: grantId })
      expect(status).toBe(200)
      expect(html).toContain('cannot be read')
    }
  })

  test('a form that does not say what it was made from saves nothing, where there is nothing either', async () => {
    await connect()
    const { accounts } = app.test.stores
    const { browser, proof, grantId } = await openPage()
    const [row] = (await accounts.findGrantWithAccounts(grantId))?.accounts ?? []
    await accounts.deleteSettings(grantId, row?.accountId ?? expect.fail('no mailbox'))
    const fields = { proof, grant: grantId, save: 'mailbox', name: 'Eve' }
    for (const version of [{}, { version: '' }, { version: '-0' }, { version: '1e1' }])
      expect((await browser.post({ ...fields, ...version })).status).toBe(409)
    expect((await browser.post({ ...fields, version: '0' })).html).toContain('Saved.')
  })

  test('saving puts whole settings in the place of changed ones, and calls follow them again', async () => {
    const token = await connect()
    const { putSettings, findGrantWithAccounts } = app.test.stores.accounts
    const { grantId } = await openPage()
    const rows = (await findGrantWithAccounts(grantId))?.settings ?? []
    for (const row of rows.filter(({ of }) => of !== 'grant'))
      await putSettings({ ...row, sealed: 'AAAA' }, row.version)
    expect(await settingsOf(token)).toEqual({ state: 'refused', hides: false })
    const { save } = await openForm('mailbox')
    expect((await save({ name: 'Ann' })).html).toContain('Saved.')
    expect(await settingsOf(token)).toMatchObject({ state: 'open', account: { name: 'Ann' } })
  })
})

type Row = NonNullable<Awaited<ReturnType<AccountStore['findGrantWithAccounts']>>>['settings'][number]

async function addMailbox(token: string, address: string): Promise<void> {
  const link = await app.createLink(token)
  const browser = openFormBrowser(app.test, '/oauth/link')
  await browser.post({ link, ...app.mailbox('ann@test.example') })
  const { html } = await browser.post({ link, step: 'connect', ...app.sender(address) })
  expect(html).toContain('The mailbox is connected')
}
