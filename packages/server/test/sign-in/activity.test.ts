/** R94, R104: what connections did, on the owner's page: by connection and day, in parts, as CSV, and erased. */
import { StoreUnavailableError } from '@email-connector/oauth'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCallAudit } from '../../src/accounts/audit.ts'
import type { AuditStore } from '../../src/store/audit-store.ts'
import { openFormBrowser, proofIn } from '../app/form-browser.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'

let app: MailboxApp
let tampered: Partial<AuditStore> = {}

beforeEach(async () => {
  tampered = {}
  app = await startMailboxApp({
    wrapStores: (stores) => ({
      ...stores,
      audit: new Proxy(stores.audit, {
        get: (target, name) => Reflect.get({ ...target, ...tampered }, name),
      }),
    }),
  })
})
afterEach(() => app.close())

async function openPage(address = 'ann@test.example') {
  const browser = openFormBrowser(app.test, '/oauth/connections')
  const { html } = await browser.post(app.mailbox(address))
  const [, grantId = ''] = /name="activity" value="([0-9a-f]{32})"/.exec(html) ?? []
  return { browser, html, proof: proofIn(html), grantId }
}

/** As calls do: so many, each of a second of its own. */
async function note(token: string, tool: string, times = 1, mailbox = 0) {
  await app.asCaller(token, async (caller) => {
    const grant = await app.test.stores.authorization.getGrant(caller.grantId)
    for (let time = 0; time < times; time++) {
      const at = app.test.time.seconds + time
      const audit = createCallAudit({
        ...{ store: app.test.stores.audit, caller, tool, changes: false, now: () => at },
      })
      await audit.opened(grant?.accountIds[mailbox] ?? '')
      await audit.ended({ outcome: 'ok', count: 1 })
    }
  })
}

const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10)
const toolsIn = (html: string) =>
  [...html.matchAll(/<td data-label="What"><code>(\w+)/g)].map(([, tool]) => tool)
const csvOf = (text: string) => text.split('\r\n').slice(1, -1)

test('R94: shows a day of one connection in the order of time, in parts, and the whole day as CSV', async () => {
  const token = await app.connect({ name: '=Evil()' })
  const day = dayOf(app.test.time.seconds)
  await note(token, 'get_email', 130)
  app.test.time.seconds += 86_400
  await note(token, 'search_emails')
  const { browser, proof, grantId } = await openPage()
  const first = await browser.post({ proof, activity: grantId, day })
  expect(toolsIn(first.html)).toHaveLength(100)
  const times = [...first.html.matchAll(/<time datetime="([^"]+)"/g)].map(([, time]) => time ?? '')
  expect(times).toEqual([...times].sort())
  const [, after = ''] = /name="after" value="([^"]+)"/.exec(first.html) ?? []
  const second = await browser.post({ proof, activity: grantId, day, after })
  expect(toolsIn(second.html)).toHaveLength(30)
  expect(second.html).not.toContain('name="after"')
  const csv = await browser.post({ proof, csv: grantId, day })
  expect(csv.headers.get('Content-Disposition')).toBe(`attachment; filename="activity-${day}.csv"`)
  expect(csv.headers.get('Cache-Control')).toBe('no-store')
  expect(csvOf(csv.html)).toHaveLength(130)
  expect(csvOf(csv.html).every((line) => line.includes(",'=Evil(),get_email,ok,,1"))).toBe(true)
  expect(csvOf(csv.html)).toEqual([...csvOf(csv.html)].sort())
  const next = await browser.post({ proof, activity: grantId, day: dayOf(app.test.time.seconds) })
  expect(toolsIn(next.html)).toEqual(['search_emails'])
})

test('opens on the day of the last use, and names a day that is none', async () => {
  const token = await app.connect()
  const day = dayOf(app.test.time.seconds)
  await note(token, 'get_email')
  const { browser, proof, grantId } = await openPage()
  const shown = await browser.post({ proof, activity: grantId })
  expect(toolsIn(shown.html)).toEqual(['get_email'])
  expect(shown.html).toContain(`value="${day}"`)
  for (const wrong of ['2026-13-45', 'yesterday', '', '<b>']) {
    const answer = await browser.post({ proof, activity: grantId, day: wrong })
    expect(answer.status).toBe(422)
    expect(answer.html).toContain('Write the day as')
    expect((await browser.post({ proof, csv: grantId, day: wrong })).status).toBe(404)
  }
  const lost = await browser.post({ proof, activity: grantId, after: '../other#x' })
  expect(toolsIn(lost.html)).toEqual(['get_email'])
})

test('R104: shows nobody another mailbox’s entries, of another connection or of the same', async () => {
  const bobs = await app.connect({ address: 'bob@test.example' })
  await note(bobs, 'get_email')
  const token = await app.connect()
  const link = await app.createLink(token)
  const linking = openFormBrowser(app.test, '/oauth/link')
  await linking.post({ link, ...app.mailbox('ann@test.example') })
  await linking.post({ link, step: 'connect', ...app.mailbox('cid@test.example') })
  await note(token, 'search_emails', 1, 0)
  await note(token, 'move_email', 1, 1)
  const foreign = (await openPage('bob@test.example')).grantId
  const ann = await openPage()
  for (const field of ['activity', 'csv']) {
    const answer = await ann.browser.post({ proof: ann.proof, [field]: foreign, day: '2027-01-15' })
    expect(answer.status).toBe(404)
  }
  const seen = async ({ browser, proof, grantId }: typeof ann) =>
    toolsIn((await browser.post({ proof, activity: grantId })).html)
  expect(await seen(ann)).toEqual(['search_emails'])
  expect(await seen(await openPage('cid@test.example'))).toEqual(['move_email'])
})

test('R94: a row that was changed, or put in the place of another, is counted and not shown', async () => {
  const token = await app.connect()
  await note(token, 'get_email', 3)
  const { browser, proof, grantId } = await openPage()
  const { listAudit } = app.test.stores.audit
  tampered = {
    listAudit: async (...asked) => {
      const rows = await listAudit(...asked)
      return rows.map((row, at) => (at === 0 ? row : { ...row, ended: rows.at(at - 1)?.ended ?? '' }))
    },
  }
  const { html } = await browser.post({ proof, activity: grantId })
  expect([toolsIn(html).length, html.includes('2 entries cannot be read')]).toEqual([1, true])
})

test('R20: is kept after the connection has ended, until its owner erases it', async () => {
  const token = await app.connect()
  await note(token, 'get_email', 60)
  const { browser, proof, grantId } = await openPage()
  await browser.post({ proof, revoke: grantId })
  const shown = await browser.post({ proof, activity: grantId })
  expect(toolsIn(shown.html)).toHaveLength(60)
  const erased = await browser.post({ proof, erase: grantId })
  expect(erased.html).toContain('Erased.')
  expect(erased.html).not.toContain('What it did')
  expect(await app.test.stores.audit.listAudit(grantId, '', 99)).toEqual([])
  expect((await browser.post({ proof, activity: grantId })).status).toBe(404)
})

test('R20: deleting everything ends the connections and erases what they did; stopped between any two writes, a repetition does the rest', async () => {
  const { audit } = app.test.stores
  const { deleteAudit } = audit
  for (let stop = 0; stop < 4; stop++) {
    const token = await app.connect({ name: `App ${stop}` })
    await note(token, 'get_email', 3)
    const { browser, proof, grantId } = await openPage()
    let deleted = 0
    tampered = {
      deleteAudit: async (...asked) => {
        if (deleted++ >= stop) throw new StoreUnavailableError('killed')
        await deleteAudit(...asked)
      },
    }
    const killed = await browser.post({ proof, revoke: 'all' })
    expect(killed.status).toBe(stop < 3 ? 503 : 200)
    expect(await app.test.stores.authorization.getGrant(grantId)).toBeUndefined()
    // The wrap went first: what is left is open to nobody.
    expect((await browser.post({ proof, activity: grantId })).status).toBe(404)
    tampered = {}
    const { html } = await browser.post({ proof, revoke: 'all' })
    expect(html).toContain('Nothing is connected')
    expect(html).not.toContain('Ended')
    expect(await audit.listAudit(grantId, '', 99)).toEqual([])
  }
})

test('R63: entries that one form has no time for are erased by the next', async () => {
  const token = await app.connect()
  await note(token, 'get_email', 60)
  const { browser, proof, grantId } = await openPage()
  const { deleteAudit } = app.test.stores.audit
  // Every deletion takes a second of the clock that the page looks at.
  tampered = {
    deleteAudit: async (...asked) => {
      await app.test.elapse(1_000)
      await deleteAudit(...asked)
    },
  }
  const first = await browser.post({ proof, revoke: 'all' })
  expect(first.html).toContain('Some entries are still there')
  expect(await app.test.stores.audit.listAudit(grantId, '', 99)).toHaveLength(35)
  await browser.post({ proof, revoke: 'all' })
  const last = await browser.post({ proof, revoke: 'all' })
  expect(last.html).not.toContain('Some entries')
  expect(await app.test.stores.audit.listAudit(grantId, '', 99)).toEqual([])
})
