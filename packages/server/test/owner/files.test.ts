/** Attachments for their owner, from the tool's link to the bytes, over a real Dovecot. */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { StoreUnavailableError, tokenId } from '@email-connector/oauth'
import { changeCharacter, completeSignIn, createTempFolder, findDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unwrapDerived, wrapDerived } from '../../src/accounts/derived-token.ts'
import { createFindLink, type FindLink } from '../../src/accounts/linked-mailbox.ts'
import { appName } from '../../src/deployment-names.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { createFiles } from '../../src/owner/files.ts'
import { redeem } from '../app/harness.ts'
import { spyOnCopies } from '../keys/crypto-spy.ts'
import {
  type Browser,
  type DovecotApp,
  openBrowser,
  pairedBrowser,
  signIn,
  startDovecotApp,
} from './dovecot-app.ts'

const name = 'Bericht "2026" – Größe.bin'
const content = randomBytes(6_000_000)
const raw = [
  'From: =?utf-8?q?J=C3=B6rg?= <joerg@test.example>',
  'To: alice@test.example',
  'Subject: <b>Figures</b>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'They follow.',
  '--b',
  'Content-Type: application/octet-stream',
  `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}`,
  'Content-Transfer-Encoding: base64',
  '',
  content.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
  '--b--',
  '',
].join('\r\n')

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What the operator writes down meanwhile. */
const deniedAccounts: string[] = []
const keyFolder = createTempFolder('files-key')
const keyWrapper = createFileKeyWrapper({ path: join(keyFolder.path, 'key') })

describe.skipIf(!findDovecot())('R103: /files', () => {
  let app: DovecotApp
  let token: string
  let mailId: string
  let alice: Browser

  beforeAll(async () => {
    app = await startDovecotApp({ settings: { deniedAccounts }, keyWrapper })
    await app.dovecot.appendRaw(app.dovecot.alice, 'INBOX', raw)
    token = await app.connect(app.dovecot.alice)
    const listed = await app.call(token, 'get_recent_emails', {})
    mailId = listed.structuredContent.emails[0].id
    alice = await pairedBrowser(app, app.dovecot.alice)
  })
  afterAll(async () => {
    await app.close()
    await keyFolder.remove()
  })

  async function makeLink(): Promise<string> {
    const { structuredContent: told } = await app.call(token, 'get_attachment', {
      id: mailId,
      attachment_id: '2',
    })
    expect(told).toMatchObject({ shown_as: 'too_large' })
    expect(told.download_url).toMatch(/^https:\/\/mail\.example\.org\/files#[0-9a-f]{64}$/)
    return told.download_url
  }
  const rowOf = async (link: string) => {
    const row = await app.test.stores.derivedTokens.findDerivedToken(
      'file',
      tokenId(link.split('#')[1] ?? ''),
    )
    if (row === undefined) throw new Error('The link has a row')
    return row
  }
  /** What the token opens. */
  const openRow = async (link: string) => {
    const row = await rowOf(link)
    const leash = await app.test.stores.authorization.findLeash(row.grantId)
    const opening = Uint8Array.from(Buffer.from(leash?.leash ?? '', 'base64url'))
    return { row, leash: opening, ...unwrapDerived(link.split('#')[1] ?? '', row, opening) }
  }
  const show = (link: string, browser = alice) => browser.post('/files', { link })
  const download = (link: string, browser = alice, headers = {}) =>
    browser.post('/files', { link, action: 'download' }, headers)

  test('R46: shows name, size and sender as text, and hands the file over byte for byte, to be saved and not shown', async () => {
    const link = await makeLink()
    const first = await (await app.test.fetch('/files')).text()
    expect(first).not.toContain('alice')
    const page = await (await show(link)).text()
    for (const shown of ['Bericht &quot;2026&quot; – Größe.bin', 'about 6 MB', 'Jörg', 'joerg@test.example'])
      expect(page).toContain(shown)
    expect(page).toContain('&lt;b&gt;Figures&lt;/b&gt;')
    for (let time = 0; time < 2; time++) {
      const file = await download(link)
      expect(file.status).toBe(200)
      expect(Object.fromEntries(file.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="Bericht _2026_ _ Gr__e.bin"; filename*=UTF-8''Bericht%20%222026%22%20%E2%80%93%20Gr%C3%B6%C3%9Fe.bin`,
        'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      expect(hash(Buffer.from(await file.arrayBuffer()))).toBe(hash(content))
    }
  })

  test('an unpaired browser is led to the connections page and back, and learns nothing of the link', async () => {
    const link = await makeLink()
    const browser = openBrowser(app.test)
    const led = await show(link, browser)
    expect(led.status).toBe(403)
    const page = await led.text()
    expect(page).toContain('href="/oauth/connections"')
    for (const secret of ['alice', 'Claude', 'Bericht', 'joerg']) expect(page).not.toContain(secret)
    expect((await download(link, browser)).status).toBe(403)
    expect((await rowOf(link)).boundTo).toBeUndefined()
    const { proof, grant } = await signIn(app, browser, app.dovecot.alice)
    await browser.post('/oauth/connections', { proof, pair: grant })
    const [, back = ''] = /name="link" value="([^"]+)"/.exec(page) ?? []
    expect((await show(back, browser)).status).toBe(200)
  })

  test('works in one browser: another paired one, and another owner’s, get nothing', async () => {
    const link = await makeLink()
    expect((await show(link)).status).toBe(200)
    const second = await pairedBrowser(app, app.dovecot.alice)
    expect((await show(link, second)).status).toBe(403)
    expect((await download(link, second)).status).toBe(403)
    await app.connect(app.dovecot.bob)
    const bob = await pairedBrowser(app, app.dovecot.bob)
    expect((await download(await makeLink(), bob)).status).toBe(403)
    expect((await show(link)).status).toBe(200)
  })

  test('R96: of a mailbox that may no longer be used a link shows and gives nothing', async () => {
    const link = await makeLink()
    deniedAccounts.push(app.dovecot.alice.address)
    expect((await show(link)).status).toBe(403)
    expect((await download(link)).status).toBe(403)
    deniedAccounts.length = 0
    expect((await show(link)).status).toBe(200)
  })

  test('a browser with two pairings opens the link that it has opened with the newer one', async () => {
    const first = await pairedBrowser(app, app.dovecot.alice)
    const browser = await pairedBrowser(app, app.dovecot.alice)
    const link = await makeLink()
    expect((await show(link, browser)).status).toBe(200)
    for (const [name, value] of first.cookies) if (name.includes('pair-')) browser.cookies.set(name, value)
    expect((await show(link, browser)).status).toBe(200)
  })

  /** As the function behind a gateway that does not stream; with what it was handed, to look at afterwards. */
  function unstreamed({ maxBytes = 4_000_000, beforeRow = (): Promise<void> => Promise.resolve() } = {}) {
    const { stores, time } = app.test
    const now = () => time.seconds
    const secrets: Uint8Array[] = []
    const rows: unknown[] = []
    const policy = createHostPolicy({ allowPrivate: true })
    const find = createFindLink({
      ...{ keyWrapper, app: appName, stage: 'test', issuer: app.test.publicUrl, now },
      ...{ tokens: stores.derivedTokens, store: stores.accounts },
      admission: { allowedAccounts: [], deniedAccounts: [] },
    })
    const findLink: FindLink = async (...given) => {
      const found = await find(...given)
      if (found.state === 'open') secrets.push(found.mailbox.secret.own)
      return found
    }
    const files = createFiles({
      ...{ publicUrl: app.test.publicUrl, findLink, downloadMs: 25_000, maxBytes, now },
      connector: createConnector({ policy, ca: [app.dovecot.ca] }),
      audit: {
        ...stores.audit,
        async createAudit(row) {
          await beforeRow()
          await stores.audit.createAudit(row)
          rows.push(row)
        },
      },
      ...{ clock: { now: () => 0 }, log: () => undefined },
    })
    const cookies = [...alice.cookies].map((pair) => pair.join('=')).join('; ')
    return {
      rows,
      isZero: () => secrets.map((one) => one.every((byte) => byte === 0)),
      post: (link: string, fields: Record<string, string> = {}) =>
        files.post(
          new Request(`${app.test.publicUrl}/files`, {
            ...{ method: 'POST', headers: { Cookie: cookies, 'Sec-Fetch-Site': 'same-origin' } },
            body: new URLSearchParams({ link, ...fields }),
          }),
        ),
    }
  }

  test('R29: where an answer may not be so long the page says so and gives nothing; the secret of a link is zero behind each', async () => {
    const { post, isZero, rows } = unstreamed()
    const link = await makeLink()
    const page = await post(link)
    expect(await page.text()).toContain('Too large for this server')
    expect(isZero()).toEqual([true])
    const refused = await post(link, { action: 'download' })
    expect([refused.status, (await refused.arrayBuffer()).byteLength < 100_000]).toEqual([413, true])
    await expect.poll(() => rows).toHaveLength(1)
    expect(isZero()).toEqual([true, true])
  })

  test('R29: it is zero too where the link opens nothing: unpaired, another browser’s, or the store is down', async () => {
    const link = await makeLink()
    await show(link)
    const other = await pairedBrowser(app, app.dovecot.alice)
    const { own } = await openRow(link)
    const { accounts } = app.test.stores
    const { findGrantWithAccounts } = accounts
    for (const [status, browser] of [
      [403, openBrowser(app.test)],
      [403, other],
      [503, alice],
    ] as const) {
      if (status === 503)
        Object.assign(accounts, {
          findGrantWithAccounts: async () => {
            throw new StoreUnavailableError('down')
          },
        })
      const spy = spyOnCopies()
      try {
        expect((await show(link, browser)).status).toBe(status)
        expect(spy.zeroed(own).length).toBeGreaterThan(0)
        expect(spy.zeroed(own)).not.toContain(false)
      } finally {
        spy.restore()
        Object.assign(accounts, { findGrantWithAccounts })
      }
    }
  })

  test('R94: the last byte of a file waits for its row in the list: a function is frozen with its answer', async () => {
    let write: () => void = () => undefined
    const mayWrite = new Promise<void>((resolve) => {
      write = resolve
    })
    const { post, rows, isZero } = unstreamed({ maxBytes: 10_000_000, beforeRow: () => mayWrite })
    const reader = (await post(await makeLink(), { action: 'download' })).body?.getReader()
    let bytes = 0
    while (bytes < content.length) bytes += (await reader?.read())?.value?.length ?? 0
    let isOver = false
    const end = reader?.read().then(({ done }) => {
      isOver = done
    })
    for (let turn = 0; turn < 50; turn++) await setImmediate()
    expect([isOver, rows.length]).toEqual([false, 0])
    write()
    await end
    expect(isOver).toBe(true)
    expect([rows.length, isZero()]).toEqual([1, [true]])
  })

  test('R41: a form of another page, and a token in the query, do nothing', async () => {
    const link = await makeLink()
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }])
      expect((await download(link, alice, headers)).status).toBe(403)
    const query = await app.test.fetch(`/files?link=${link.split('#')[1]}`)
    expect(await query.text()).not.toContain('Bericht')
    expect((await show('0'.repeat(64))).status).toBe(403)
    expect((await show('anything')).status).toBe(422)
    expect((await rowOf(link)).boundTo).toBeUndefined()
  })

  test('R31: after 15 minutes, and of a pairing of 30 days, nothing is left', async () => {
    const link = await makeLink()
    const { seconds } = app.test.time
    app.test.time.seconds += 15 * 60
    expect((await show(link)).status).toBe(403)
    app.test.time.seconds = seconds + 30 * 86_400 - 60
    const late = await makeLink()
    app.test.time.seconds += 60
    expect(await (await show(late)).text()).toContain('Pair this browser first')
    app.test.time.seconds = seconds
  })

  test('a browser that was unpaired gets nothing any more; the page lists it until then', async () => {
    const browser = openBrowser(app.test)
    const { proof, grant } = await signIn(app, browser, app.dovecot.alice)
    await browser.post(
      '/oauth/connections',
      { proof, pair: grant },
      { 'User-Agent': 'X Chrome/1 Windows <i>' },
    )
    const page = await (await browser.post('/oauth/connections', { proof, browsers: grant })).text()
    expect(page).toContain('Chrome on Windows')
    const [, hash = ''] = /This browser[\s\S]*?name="unpair" value="([0-9a-f]{64})"/.exec(page) ?? []
    const link = await makeLink()
    expect((await show(link, browser)).status).toBe(200)
    const left = await (await browser.post('/oauth/connections', { proof, grant, unpair: hash })).text()
    expect(left).not.toContain(hash)
    expect((await download(link, browser)).status).toBe(403)
  })

  test('R104: pairing puts no defaults in the place of settings that somebody took away', async () => {
    await app.connect(app.dovecot.bob)
    const browser = openBrowser(app.test)
    const { proof, grant } = await signIn(app, browser, app.dovecot.bob)
    const { accounts } = app.test.stores
    const [row] = (await accounts.findGrantWithAccounts(grant))?.accounts ?? []
    if (row === undefined) throw new Error('The grant has a mailbox')
    await accounts.deleteSettings(grant, row.accountId)
    const before = await accounts.findGrantWithAccounts(grant)
    for (const fields of [{ pair: grant }, { browsers: grant }, { grant, unpair: '0'.repeat(64) }]) {
      const answer = await browser.post('/oauth/connections', { proof, ...fields })
      expect([answer.status, (await answer.text()).includes('cannot be read')]).toEqual([409, true])
      expect(answer.headers.getSetCookie().join()).not.toContain('pair-')
    }
    expect((await accounts.findGrantWithAccounts(grant))?.settings).toEqual(before?.settings)
  })

  test('R24: a row that was changed, swapped, or whose grant has another leash opens nothing', async () => {
    const { derivedTokens, authorization } = app.test.stores
    const link = await makeLink()
    const row = await rowOf(link)
    const other = await rowOf(await makeLink())
    const leash = await authorization.findLeash(row.grantId)
    if (leash === undefined) throw new Error('The grant has a leash')
    const original = derivedTokens.findDerivedToken
    for (const change of [
      ...[{ expiresAt: row.expiresAt + 1 }, { issuedAt: row.issuedAt + 1 }, { wrap: other.wrap }],
      ...[{ accountId: 'ffffffffffffffff' }, { id: other.id }, { wrap: changeCharacter(row.wrap) }],
    ]) {
      Object.assign(derivedTokens, { findDerivedToken: async () => ({ ...row, ...change }) })
      expect((await show(link)).status, JSON.stringify(change)).toBe(403)
    }
    Object.assign(derivedTokens, { findDerivedToken: original })
    expect(app.test.logLines.filter((line) => line.includes('key_refused')).length).toBeGreaterThanOrEqual(6)
    // Nor does one that another release made, and names a file in another form.
    const { own, leash: opening } = await openRow(link)
    const token = randomBytes(32).toString('hex')
    const odd = wrapDerived(
      token,
      { ...row, id: tokenId(token) },
      { leash: opening, own, subject: { uid: 1 } },
    )
    await derivedTokens.createDerivedToken(odd)
    expect((await show(`${app.test.publicUrl}/files#${token}`)).status).toBe(403)
    // Nor does one whose grant has ended, in whichever way, while its leash is still there.
    const { accounts } = app.test.stores
    const rows = accounts.findGrantWithAccounts
    for (const change of [
      ...[{ state: 'revoked' }, { state: 'pending' }, { expiresAt: app.test.time.seconds }],
      ...[{ expiresAt: row.expiresAt + 86_400 }, { accountIds: [] }],
    ]) {
      const withChange = async (grantId: string) => {
        const found = await rows(grantId)
        return found && { ...found, grant: { ...found.grant, ...change } }
      }
      Object.assign(accounts, { findGrantWithAccounts: withChange })
      const page = await show(link)
      expect([page.status, await page.text()], JSON.stringify(change)).toEqual([
        403,
        expect.stringContaining('This link has ended'),
      ])
    }
    Object.assign(accounts, { findGrantWithAccounts: rows })
    const running = (await download(link)).body?.getReader()
    expect((await running?.read())?.done).toBe(false)
    await authorization.deleteLeash(row.grantId)
    const without = await show(link)
    expect([without.status, await without.text()]).toEqual([
      403,
      expect.stringContaining('This link has ended'),
    ])
    await authorization.createLeash({ ...leash, leash: randomBytes(32).toString('base64url') })
    expect((await show(link)).status).toBe(403)
    await app.test.elapse(10_000)
    const rest = async () => {
      for (;;) if ((await running?.read())?.done !== false) return 'whole'
    }
    await expect(rest()).rejects.toThrow()
    await authorization.deleteLeash(row.grantId)
    await authorization.createLeash(leash)
    expect((await show(link)).status).toBe(200)
  })

  test('R103: a download that is running ends when the grant does, and a revoked grant’s link shows nothing', async () => {
    const own = await app.connect(app.dovecot.alice)
    const listed = await app.call(own, 'get_recent_emails', {})
    const told = await app.call(own, 'get_attachment', {
      ...{ id: listed.structuredContent.emails[0].id, attachment_id: '2' },
    })
    const link = told.structuredContent.download_url
    const row = await rowOf(link)
    const browser = openBrowser(app.test)
    const { proof } = await signIn(app, browser, app.dovecot.alice)
    await browser.post('/oauth/connections', { proof, pair: row.grantId })
    const file = await download(link, browser)
    const reader = file.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0)
    await browser.post('/oauth/connections', { proof, revoke: row.grantId })
    await app.test.elapse(10_000)
    const rest = async () => {
      for (;;) if ((await reader?.read())?.done !== false) return 'whole'
    }
    await expect(rest()).rejects.toThrow()
    expect((await show(link, browser)).status).toBe(403)
  })

  test('R94: the owner sees in the list that a file was downloaded; no store and no log has its name, sender or link', async () => {
    const link = await makeLink()
    await (await download(link)).arrayBuffer()
    const browser = openBrowser(app.test)
    const { proof, page } = await signIn(app, browser, app.dovecot.alice)
    const { grantId } = await rowOf(link)
    expect(page).toContain(grantId)
    const day = new Date(app.test.time.seconds * 1000).toISOString().slice(0, 10)
    const activity = await (
      await browser.post('/oauth/connections', { proof, activity: grantId, day })
    ).text()
    expect(activity).toContain('download_file')
    const written = app.test.logLines.join('\n') + JSON.stringify(await rowOf(link))
    for (const secret of ['Bericht', 'joerg', 'Figures', 'alice@', link.split('#')[1] ?? ''])
      expect(written).not.toContain(secret)
  })

  test('eight downloads run at once; the ninth is told so, and one that was broken off makes room', async () => {
    const links: string[] = []
    for (let count = 0; count < 9; count++) links.push(await makeLink())
    const [ninth = '', ...eight] = links
    const running = []
    for (const link of eight) running.push(await download(link))
    expect(running.map(({ status }) => status)).toEqual(eight.map(() => 200))
    const { own } = await openRow(ninth)
    const spy = spyOnCopies()
    expect((await download(ninth)).status).toBe(429)
    spy.restore()
    expect(spy.zeroed(own)).toContain(true)
    expect(spy.zeroed(own)).not.toContain(false)
    // As a browser does whose person gives up.
    await Promise.all(running.map(({ body }) => body?.cancel()))
    await expect.poll(async () => (await download(ninth)).status).toBe(200)
  })

  test('R94: a download that was broken off is in the list as failed', async () => {
    const own = await app.connect(app.dovecot.alice)
    const listed = await app.call(own, 'get_recent_emails', {})
    const [{ id }] = listed.structuredContent.emails
    const told = await app.call(own, 'get_attachment', { id, attachment_id: '2' })
    const link = told.structuredContent.download_url
    const { grantId } = await rowOf(link)
    const browser = openBrowser(app.test)
    const { proof } = await signIn(app, browser, app.dovecot.alice)
    await browser.post('/oauth/connections', { proof, pair: grantId })
    await (await download(link, browser)).body?.cancel()
    const day = new Date(app.test.time.seconds * 1000).toISOString().slice(0, 10)
    const rows = async () => {
      const page = await (await browser.post('/oauth/connections', { proof, activity: grantId, day })).text()
      return page.split('<tr').find((row) => row.includes('download_file'))
    }
    await expect.poll(rows).toContain('Failed')
  })

  test('R93: of a folder that the owner has hidden since, a link shows and gives nothing', async () => {
    await app.dovecot.appendRaw(app.dovecot.alice, 'Archive', raw)
    const own = await app.connect(app.dovecot.alice)
    const listed = await app.call(own, 'get_recent_emails', { mailbox: 'Archive' })
    const [{ id }] = listed.structuredContent.emails
    const told = await app.call(own, 'get_attachment', { id, attachment_id: '2' })
    const link = told.structuredContent.download_url
    const { grantId: grant } = await rowOf(link)
    const browser = openBrowser(app.test)
    const { proof } = await signIn(app, browser, app.dovecot.alice)
    await browser.post('/oauth/connections', { proof, pair: grant })
    expect((await show(link, browser)).status).toBe(200)
    const form = await (await browser.post('/oauth/connections', { proof, mailbox: grant })).text()
    const [, version = ''] = /name="version" value="(\d+)"/.exec(form) ?? []
    const saved = await browser.post('/oauth/connections', {
      ...{ proof, grant, version, save: 'mailbox', hidden: 'Archive' },
    })
    expect(await saved.text()).toContain('Saved.')
    expect((await show(link, browser)).status).toBe(404)
    expect((await download(link, browser)).status).toBe(404)
  })

  test('a browser that was paired at consent opens the links of each mailbox, and no other does', async () => {
    const authorizeUrl = await app.test.authorizeUrl({ name: 'Claude' })
    const cookies: string[] = []
    const outcome = await completeSignIn({
      authorizeUrl,
      fields: { ...app.fields(app.dovecot.alice), permission: 'read', pair: 'on' },
      async fetch(input, init) {
        const answer = await app.test.fetch(String(input), init)
        cookies.push(...answer.headers.getSetCookie().filter((line) => line.startsWith('__Host-pair-')))
        return answer
      },
    })
    if (!outcome.redirected || outcome.code === null) throw new Error('The sign-in did not succeed')
    const own = await redeem(app.test, authorizeUrl, outcome.code)
    const listed = await app.call(own, 'get_recent_emails', {})
    const [{ id }] = listed.structuredContent.emails
    const told = await app.call(own, 'get_attachment', { id, attachment_id: '2' })
    const [, name = '', value = ''] =
      /^([^=]+)=([^;]+); Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/.exec(cookies[0] ?? '') ??
      []
    const browser = openBrowser(app.test)
    expect((await show(told.structuredContent.download_url, browser)).status).toBe(403)
    expect((await show(told.structuredContent.download_url, alice)).status).toBe(403)
    browser.cookies.set(name, value)
    expect((await show(told.structuredContent.download_url, browser)).status).toBe(200)
    expect(cookies).toHaveLength(1)
  })
})
