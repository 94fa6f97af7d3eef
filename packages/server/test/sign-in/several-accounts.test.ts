import { changeCharacter, parseForm } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { redeem } from '../app/harness.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

let app: MailboxApp

beforeAll(async () => {
  app = await startMailboxApp()
})
afterAll(() => app.close())
// Each test in a window of its own, so that no limit of the one before decides.
beforeEach(() => {
  app.test.time.seconds += 7200
})

/** One sign-in in one browser: posts forms with what the page before held. */
async function openSignIn(name = 'Claude') {
  const authorizeUrl = await app.test.authorizeUrl({ name })
  const page = await app.test.fetch(authorizeUrl)
  const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  let { hidden } = parseForm(await page.text())
  return {
    authorizeUrl,
    hidden: () => hidden,
    async post(action: string, fields: Record<string, string> = {}, own: Record<string, string> = hidden) {
      const response = await app.test.fetch('/oauth/connect', {
        method: 'POST',
        headers: { Cookie: cookie },
        body: new URLSearchParams({ ...own, ...fields, action }),
      })
      const html = await response.text()
      if (response.status === 200 || response.status === 422) hidden = parseForm(html).hidden
      const location = response.headers.get('Location')
      const answer = location === null ? undefined : new URL(location).searchParams
      return { status: response.status, html, answer }
    },
  }
}

const ann = () => ({ ...app.mailbox('ann@test.example'), permission: 'write' })

const openMailboxes = (token: string) =>
  app.asCaller(token, async (caller) => {
    const accounts = app.test.grantAccounts(caller)
    const summaries = await accounts.list()
    return Promise.all(summaries.map(async ({ accountId }) => (await accounts.open(accountId)).address))
  })

describe('several mailboxes in one sign-in', () => {
  test('R18: are shown with the permission that was chosen once, and the token opens each of them', async () => {
    const signIn = await openSignIn()
    const next = await signIn.post('another', ann())
    expect(next.status).toBe(200)
    for (const part of ['Signed in so far', 'ann@test.example', 'Organise and draft', 'Claude']) {
      expect(next.html).toContain(part)
    }
    expect(next.html).not.toContain('name="permission"')
    await signIn.post('another', app.mailbox('bob@test.example'))
    const done = await signIn.post('connect', app.mailbox('cid@test.example'))
    const token = await redeem(app.test, signIn.authorizeUrl, done.answer?.get('code') ?? '')
    expect(await openMailboxes(token)).toEqual(['ann@test.example', 'bob@test.example', 'cid@test.example'])
    const listed = await app.test.fetch('/oauth/connections', {
      method: 'POST',
      body: new URLSearchParams(app.mailbox('bob@test.example')),
    })
    expect(await listed.text()).toMatch(/Claude[\s\S]*3 mailboxes/)
  })

  test('can be finished without the one that the page asks for', async () => {
    const signIn = await openSignIn()
    await signIn.post('another', ann())
    const done = await signIn.post('finish')
    const token = await redeem(app.test, signIn.authorizeUrl, done.answer?.get('code') ?? '')
    expect(await openMailboxes(token)).toEqual(['ann@test.example'])
  })

  test('keep the first permission, whatever a later form says', async () => {
    const signIn = await openSignIn()
    await signIn.post('another', { ...ann(), permission: 'read' })
    const done = await signIn.post('connect', { ...app.mailbox('bob@test.example'), permission: 'send' })
    const token = await redeem(app.test, signIn.authorizeUrl, done.answer?.get('code') ?? '')
    expect(await app.asCaller(token, async ({ permission, scopes }) => [permission, scopes])).toEqual([
      'read',
      ['email:read'],
    ])
  })

  test('keep what was connected when the next password is wrong, and take none twice', async () => {
    const signIn = await openSignIn()
    await signIn.post('another', ann())
    const wrong = await signIn.post('connect', app.mailbox('bob@test.example', 'wrong'))
    expect(wrong).toMatchObject({ status: 422, html: expect.stringContaining('Signed in so far') })
    const again = await signIn.post('connect', app.mailbox('ANN@test.example'))
    expect(again).toMatchObject({ status: 422, html: expect.stringContaining('connected already') })
    expect((await signIn.post('connect', app.mailbox('bob@test.example'))).status).toBe(303)
  })

  test('R42: count towards the five attempts of the sign-in', async () => {
    const signIn = await openSignIn()
    const statuses = []
    for (let index = 0; index < 6; index++) {
      const address = `user${index}@test.example`
      app.test.time.seconds += 60
      statuses.push((await signIn.post('another', { ...ann(), ...app.mailbox(address) })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })

  test('are one grant, of many forms sent at once', async () => {
    const signIn = await openSignIn()
    await signIn.post('another', ann())
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn.post('finish')))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array(9).fill(403)])
    const code = answers.find(({ status }) => status === 303)?.answer?.get('code') ?? ''
    const token = await redeem(app.test, signIn.authorizeUrl, code)
    expect(await openMailboxes(token)).toEqual(['ann@test.example'])
  })

  test('R41: what was connected so far opens in its own sign-in only, and only unchanged', async () => {
    const signIn = await openSignIn()
    await signIn.post('another', ann())
    const { so_far: soFar = '' } = signIn.hidden()
    const stranger = await openSignIn('Evil')
    const stolen = { ...stranger.hidden(), so_far: soFar }
    expect((await stranger.post('finish', {}, stolen)).status).toBe(403)
    expect((await stranger.post('connect', ann(), stolen)).status).toBe(403)
    for (const changed of [changeCharacter(soFar, 20), soFar.slice(4), 'A', '']) {
      expect((await signIn.post('finish', {}, { ...signIn.hidden(), so_far: changed })).status).toBe(403)
    }
    const hidden = signIn.hidden()
    const { so_far: _, ...without } = hidden
    expect((await signIn.post('finish', {}, without)).status).toBe(422)
    expect((await signIn.post('finish', {}, hidden)).status).toBe(303)
  })

  test('leave nothing that lasts when the sign-in is left or denied: no index, no settings, no grant, a record of minutes', async () => {
    const { accounts } = app.test.stores
    const created: { grantId: string; expiresAt: number }[] = []
    const indexed: string[] = []
    const { createAccount, createOwner, putSettings } = accounts
    accounts.createAccount = async (row) => {
      created.push(row)
      return createAccount(row)
    }
    accounts.createOwner = async (row) => {
      indexed.push(row.grantId)
      return createOwner(row)
    }
    accounts.putSettings = async (row) => {
      indexed.push(row.grantId)
      return putSettings(row)
    }
    const signIn = await openSignIn()
    await signIn.post('another', ann())
    const denied = await signIn.post('deny')
    Object.assign(accounts, { createAccount, createOwner, putSettings })
    expect(denied.answer?.get('error')).toBe('access_denied')
    expect(indexed).toEqual([])
    expect(created).toHaveLength(1)
    expect(await app.test.stores.authorization.getGrant(created[0]?.grantId ?? '')).toBeUndefined()
    expect((created[0]?.expiresAt ?? 0) - app.test.time.seconds).toBeLessThanOrEqual(25 * 60)
  })
})
