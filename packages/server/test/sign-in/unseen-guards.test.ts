/**
 * Guards of sign-in and of the owner's pages that no other test would miss: the bounds, the proof and the zeroed secret
 * that only matter on the day something else has failed.
 */
import { providers } from '@email-connector/mail/providers'
import { type Grant, StoreUnavailableError } from '@email-connector/oauth'
import { parseForm } from '@email-connector/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { parseMailbox, parsePermission } from '../../src/sign-in/form.ts'
import type { LevelStores } from '../../src/store/level/stores.ts'
import { type FormBrowser, openFormBrowser, proofIn } from '../app/form-browser.ts'
import type { TestAppOptions } from '../app/harness.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'
import { spyOnDerivations } from '../keys/crypto-spy.ts'

const opened: MailboxApp[] = []
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close()
})

async function start(options: TestAppOptions = {}): Promise<MailboxApp> {
  const app = await startMailboxApp(options)
  opened.push(app)
  return app
}

const openBrowser = ({ test }: MailboxApp, path: string) => openFormBrowser(test, path)

async function openSignIn(app: MailboxApp) {
  const browser = openBrowser(app, '/oauth/connect')
  const page = await app.test.fetch(await app.test.authorizeUrl())
  browser.keep(page)
  const { hidden } = parseForm(await page.text())
  return { browser, hidden }
}

/** Stores of which one operation fails while `failing` names it. */
function faultyStores(failing: { operation: string }) {
  const faulty = <T extends object>(store: T): T =>
    new Proxy(store, {
      get: (target, name, receiver) =>
        name === failing.operation
          ? () => Promise.reject(new StoreUnavailableError('down'))
          : Reflect.get(target, name, receiver),
    })
  return (stores: LevelStores): LevelStores => ({
    ...stores,
    accounts: faulty(stores.accounts),
    authorization: faulty(stores.authorization),
  })
}

describe('R29: the secret of a grant is zero when the answer is out', () => {
  let spy: ReturnType<typeof spyOnDerivations> | undefined
  afterEach(() => spy?.restore())

  test.each([
    ['it succeeded', '', 303],
    ['its record could not be written', 'createAccount', 503],
    ['its grant could not be written', 'createGrant', 503],
    ['its code could not be written', 'createToken', 503],
  ])('of a sign-in: %s', async (_, operation, status) => {
    const app = await start({ wrapStores: faultyStores({ operation }) })
    const { browser, hidden } = await openSignIn(app)
    spy = spyOnDerivations('hint')
    const fields = { ...hidden, ...app.mailbox('ann@test.example'), permission: 'write' }
    expect((await browser.post(fields)).status).toBe(status)
    expect(spy.zeroed()).toEqual([true])
  })

  test.each([
    ['with another', 'connect', '', 303],
    ['with another, which fails', 'connect', 'createGrant', 503],
    ['without another', 'finish', '', 303],
    ['without another, which fails', 'finish', 'createToken', 503],
  ])('of a sign-in to several mailboxes that ends %s', async (_, action, operation, status) => {
    const failing = { operation: '' }
    const app = await start({ wrapStores: faultyStores(failing) })
    const { browser, hidden } = await openSignIn(app)
    const first = { ...hidden, ...app.mailbox('ann@test.example'), permission: 'write', action: 'another' }
    const next = await browser.post(first)
    expect(next.status).toBe(200)
    failing.operation = operation
    spy = spyOnDerivations('hint')
    const last = { ...parseForm(next.html).hidden, ...app.mailbox('bob@test.example'), action }
    expect((await browser.post(last)).status).toBe(status)
    expect(spy.zeroed()).toEqual([true])
  })

  test.each([
    ['while the first mailbox is proved', ['prove'], '', 200],
    ['when that fails', ['wrong'], '', 422],
    ['when the proof cannot be kept', ['prove'], 'bindLink', 503],
    ['when a mailbox is added', ['prove', 'connect'], '', 200],
    ['when the owner stops', ['prove', 'cancel'], '', 200],
    ['when the record cannot be written', ['prove', 'connect'], 'createAccount', 503],
    ['when the link cannot be used up', ['prove', 'cancel'], 'deleteToken', 503],
  ])('of a link: %s', async (_, steps, operation, status) => {
    const failing = { operation: '' }
    const app = await start({ wrapStores: faultyStores(failing) })
    const link = await app.createLink(await app.connect())
    const browser = openBrowser(app, '/oauth/link')
    const forms: Record<string, Record<string, string>> = {
      prove: { link, ...app.mailbox('ann@test.example') },
      wrong: { link, ...app.mailbox('ann@test.example', 'wrong') },
      connect: { link, step: 'connect', action: 'connect', ...app.mailbox('bob@test.example') },
      cancel: { link, step: 'connect', action: 'cancel' },
    }
    spy = spyOnDerivations('hint')
    let last = 0
    for (const [index, step] of steps.entries()) {
      if (index === steps.length - 1) failing.operation = operation
      last = (await browser.post(forms[step] ?? {})).status
    }
    expect(last).toBe(status)
    expect(spy.zeroed().length).toBeGreaterThan(0)
    expect(spy.zeroed()).not.toContain(false)
  })

  test.each([
    ['are shown', {}, 200],
    ['are saved', { save: 'mailbox', name: 'Ann' }, 200],
    ['cannot be saved', { save: 'mailbox', name: 'Ann' }, 503],
  ])('of the owner’s settings, when they %s', async (_, fields, status) => {
    const failing = { operation: '' }
    const app = await start({ wrapStores: faultyStores(failing) })
    await app.connect()
    const browser = openBrowser(app, '/oauth/connections')
    const { hidden, html } = await openConnections(app, browser)
    const [, grant = ''] = /name="mailbox" value="([^"]+)"/.exec(html) ?? []
    const form = await browser.post({ ...hidden, mailbox: grant })
    const [, version = ''] = /name="version" value="(\d+)"/.exec(form.html) ?? []
    if (status === 503) failing.operation = 'putSettings'
    spy = spyOnDerivations('settings')
    const asked = 'save' in fields ? { grant, version, ...fields } : { mailbox: grant }
    expect((await browser.post({ ...hidden, ...asked })).status).toBe(status)
    expect(spy.zeroed().length).toBeGreaterThan(0)
    expect(spy.zeroed()).not.toContain(false)
  })
})

async function openConnections(app: MailboxApp, browser: FormBrowser, address = 'ann@test.example') {
  const { html } = await browser.post(app.mailbox(address))
  return { html, hidden: { proof: proofIn(html) } }
}

test('R20: a connection holds 20 mailboxes; those it has can still get a new password', async () => {
  const app = await start()
  const token = await app.connect({ address: 'm1@test.example' })
  /** Each in a window of its own, so that no limit of the one before decides. */
  const add = async (address: string) => {
    app.test.time.seconds += 3600
    const link = await app.createLink(token)
    const browser = openBrowser(app, '/oauth/link')
    await browser.post({ link, ...app.mailbox('m1@test.example') })
    return browser.post({ link, step: 'connect', action: 'connect', ...app.mailbox(address) })
  }
  for (let index = 2; index <= 20; index += 1) {
    expect((await add(`m${index}@test.example`)).html).toContain('was added')
  }
  const refused = await add('m21@test.example')
  expect(refused.status).toBe(422)
  expect(refused.html).toContain('A connection holds 20 mailboxes at most.')
  expect((await add('m7@test.example')).html).toContain('The new password is stored')
  const listed = await app.asCaller(token, (caller) => app.test.grantAccounts(caller).list())
  expect(listed).toHaveLength(20)
})

describe('the page of connections', () => {
  const connections = (app: MailboxApp) => openBrowser(app, '/oauth/connections')

  test('R20, R63: lists no connection whose revocation was stopped before its rows were gone', async () => {
    const failing = { operation: '' }
    const app = await start({ wrapStores: faultyStores(failing) })
    await app.connect({ name: 'Half gone' })
    const browser = connections(app)
    const { hidden, html } = await openConnections(app, browser)
    expect(html).toContain('Half gone')
    failing.operation = 'eraseGrant'
    expect((await browser.post({ ...hidden, revoke: 'all' })).status).toBe(503)
    failing.operation = ''
    const after = await browser.post({ ...hidden, revoke: 'none' })
    expect(after.html).toContain('Nothing is connected')
    expect(after.html).not.toContain('aria-label="Revoke Half gone')
  })

  test('R20, R31: lists no connection that is over, though its row is still there', async () => {
    const rows: Grant[] = []
    const app = await start({
      wrapStores: (stores) => ({
        ...stores,
        authorization: {
          ...stores.authorization,
          async getGrant(id) {
            const grant = await stores.authorization.getGrant(id)
            const left = grant ?? rows.find((one) => one.grantId === id)
            if (left !== undefined) rows.push(left)
            return left
          },
        },
        accounts: {
          ...stores.accounts,
          listOwners: async (index) =>
            (await stores.accounts.listOwners(index)).map((row) => ({ ...row, expiresAt: 9_999_999_999 })),
        },
      }),
    })
    await app.connect({ name: 'Of last year' })
    expect((await openConnections(app, connections(app))).html).toContain('Of last year')
    const [grant] = rows
    // DynamoDB takes an expired row away within days.
    app.test.time.seconds = grant?.expiresAt ?? expect.fail('no grant')
    expect((await openConnections(app, connections(app))).html).not.toContain('Of last year')
  })

  test('R20: an index row that was left behind neither shows nor revokes a grant of somebody else', async () => {
    const indexes: [index: string, grantId: string][] = []
    const app = await start({
      wrapStores: (stores) => ({
        ...stores,
        accounts: {
          ...stores.accounts,
          createOwner: (row) => {
            indexes.push([row.ownerIndex, row.grantId])
            return stores.accounts.createOwner(row)
          },
        },
      }),
    })
    await app.connect({ address: 'ann@test.example', name: 'Of Ann' })
    const bobs = await app.connect({ address: 'bob@test.example', name: 'Of Bob' })
    const [[ofAnn = ''] = [], [, grantOfBob = ''] = []] = indexes
    await app.test.stores.accounts.createOwner({
      ownerIndex: ofAnn,
      grantId: grantOfBob,
      expiresAt: app.test.time.seconds + 3600,
    })

    const browser = connections(app)
    const page = await browser.post(app.mailbox('ann@test.example'))
    expect(page.html).toContain('Of Ann')
    expect(page.html).not.toContain('Of Bob')
    const { hidden } = parseForm(page.html)
    for (const [revoke, count] of [
      [grantOfBob, '0 connections were revoked'],
      ['all', 'One connection was revoked'],
    ] as const) {
      expect((await browser.post({ ...hidden, revoke })).html).toContain(count)
    }
    expect(await app.asCaller(bobs, async ({ permission }) => permission)).toBe('write')
  })
})

describe('the form', () => {
  test.each(['write', 'send'])('does not grant %s where the app asked only to read', (permission) => {
    const fields = new Map([['permission', permission]])
    const message = 'The app asked only to read mail. Choose “Read only”.'
    expect(parsePermission(fields, false).faults).toEqual([{ field: 'permission', message }])
    expect(parsePermission(fields, true).parsed).toBe(permission)
  })

  test.each([
    ['imap', '993', 'false', 'imap_tls', 'Port 993 for incoming mail (IMAP) goes with TLS.'],
    ['imap', '143', 'true', 'imap_tls', 'Port 143 for incoming mail (IMAP) goes with STARTTLS.'],
    ['smtp', '465', 'false', 'smtp_secure', 'Port 465 for outgoing mail (SMTP) goes with TLS.'],
    ['smtp', '587', 'true', 'smtp_secure', 'Port 587 for outgoing mail (SMTP) goes with STARTTLS.'],
  ])(
    'names the wrong pair of port and encryption: %s %s with TLS %s',
    (protocol, port, tls, field, message) => {
      const good = {
        provider: 'generic',
        address: 'ann@test.example',
        password: 'right',
        imap_host: 'imap.test.example',
        imap_port: '993',
        imap_tls: 'true',
        smtp_host: 'smtp.test.example',
        smtp_port: '465',
        smtp_secure: 'true',
      }
      for (const privateHosts of [false, true]) {
        const rules = { providers, privateHosts, signIns: [] }
        expect(parseMailbox(new Map(Object.entries(good)), rules).faults).toBeUndefined()
        const wrong = { ...good, [`${protocol}_port`]: port, [field]: tls }
        expect(parseMailbox(new Map(Object.entries(wrong)), rules).faults).toEqual([{ field, message }])
      }
    },
  )
})
