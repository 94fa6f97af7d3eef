/** A held email and its owner: from the tool's link to one DATA, or none, over a real Dovecot. */
import { randomBytes } from 'node:crypto'
import {
  type CausalClock,
  changeCharacter,
  countingMs,
  findDovecot,
  startDelayProxy,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spyOnDerivations } from '../keys/crypto-spy.ts'
import { startAlteringServer } from './altering-server.ts'
import {
  type Browser,
  type DovecotApp,
  openBrowser,
  pairedBrowser,
  signIn,
  startDovecotApp,
} from './dovecot-app.ts'
import { holdWith, letter, reviewAs, reviewRow, tokenIn } from './review-as-owner.ts'

/** What the operator writes down meanwhile. */
const deniedAccounts: string[] = []

describe.skipIf(!findDovecot())('R92: /review', () => {
  let app: DovecotApp
  let token: string
  let browser: Browser
  let alice: ReturnType<typeof reviewAs>

  beforeAll(async () => {
    app = await startDovecotApp({ settings: { deniedAccounts } })
    token = await app.connect(app.dovecot.alice, { permission: 'send' })
    browser = await pairedBrowser(app, app.dovecot.alice)
    alice = reviewAs(browser)
  })
  afterAll(() => app.close())

  const sent = (subject: string) =>
    app.smtp.messages.filter(({ raw }) => raw.toString().includes(`Subject: ${subject}\r\n`))
  const inMailbox = async (mailbox: string, subject: string) =>
    (await app.dovecot.reader(app.dovecot.alice).messages(mailbox)).filter((one) => one.subject === subject)

  test('R92: what is held is shown whole, sent once as it was shown, and the tool’s retry says so', async () => {
    const more = {
      bcc: ['dave@test.example'],
      attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'five!' }],
    }
    const { link } = await holdWith(app, token, 'Shown', more)
    expect(link).toMatch(/^https:\/\/mail\.example\.org\/review#[0-9a-f]{64}$/)
    const page = await alice.show(link)
    for (const words of [
      'bob@test.example',
      'dave@test.example',
      'NEW',
      'Shown',
      'a.txt',
      'Dear Bob, _well_.',
    ])
      expect(page.text).toContain(words)
    expect(page.answers).toEqual(['send', 'keep', 'discard', 'add'])
    const [draft] = await inMailbox('Drafts', 'Shown')
    expect(sent('Shown')).toEqual([])

    const done = await alice.answer(link, 'send', page.approval)
    expect([done.status, done.text.includes('<h1>Sent</h1>')]).toEqual([200, true])
    for (const to of ['bob@test.example', 'dave@test.example']) expect(done.text).toContain(to)
    const [message, ...others] = sent('Shown')
    expect([message?.to, others]).toEqual([['bob@test.example', 'dave@test.example'], []])
    const comparable = (raw: Buffer | undefined) =>
      raw
        ?.toString()
        .replace(/^(?:Date|Bcc): .*\r\n/gm, '')
        .trimEnd()
    expect(comparable(message?.raw)).toBe(comparable(draft?.raw))
    expect(await inMailbox('Drafts', 'Shown')).toEqual([])
    expect(await inMailbox('Sent', 'Shown')).toHaveLength(1)

    const again = await alice.answer(link, 'send', page.approval)
    expect(again.text).toContain('Sent before')
    expect((await alice.show(link)).text).toContain('Sent before')
    const { structuredContent: retried } = await app.call(token, 'send_email', letter('Shown', more))
    expect(retried).toMatchObject({ state: 'sent', repeated: true })
    expect(sent('Shown')).toHaveLength(1)
  })

  /** Of a connection of its own, with a browser that is paired with it. */
  async function another(
    options: Parameters<DovecotApp['connect']>[1] & object,
    subject: string,
    more: object = {},
  ) {
    const own = await app.connect(app.dovecot.alice, options)
    const tool = options.permission === 'write' ? 'draft_email' : 'send_email'
    const { structuredContent: told } = await app.call(own, tool, letter(subject, more))
    const link = String(told.review_url)
    const { grantId } = await reviewRow(app, link)
    const paired = openBrowser(app.test)
    const { proof } = await signIn(app, paired, app.dovecot.alice)
    await paired.post('/oauth/connections', { proof, pair: grantId })
    const manage = (fields: Record<string, string>) => paired.post('/oauth/connections', { proof, ...fields })
    return { own, link, told, grantId, paired, manage, owner: reviewAs(paired) }
  }
  const nothingSent = async (subject: string) => {
    expect(sent(subject)).toEqual([])
    expect(await inMailbox('Drafts', subject)).toHaveLength(1)
  }

  test('R92: keep leaves it there; discard bins it, and the same email is put before its owner once more', async () => {
    const { link } = await holdWith(app, token, 'Decided')
    expect((await alice.decide(link, 'keep')).text).toContain('Kept in Drafts')
    await nothingSent('Decided')
    expect((await alice.decide(link, 'discard')).text).toContain('<h1>Discarded</h1>')
    expect(await inMailbox('Drafts', 'Decided')).toEqual([])
    expect(await inMailbox('Trash', 'Decided')).toHaveLength(1)
    expect((await alice.show(link)).status).toBe(404)
    await holdWith(app, token, 'Decided')
    await nothingSent('Decided')
  })

  test('R92: no page of another site, no frame, no unpaired, second or other owner’s browser gets or does anything', async () => {
    const { link } = await holdWith(app, token, 'Guarded')
    expect((await app.test.fetch(`/review?link=${tokenIn(link)}`)).status).toBe(200)
    const stranger = reviewAs(openBrowser(app.test))
    const unpaired = await stranger.show(link)
    expect([unpaired.status, unpaired.text.includes('Pair this browser first')]).toEqual([403, true])
    for (const secret of ['alice', 'Guarded', 'bob@', 'Claude']) expect(unpaired.text).not.toContain(secret)
    const { approval, headers } = await alice.show(link)
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
    const policy = headers.get('content-security-policy') ?? ''
    for (const rule of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      'img-src data:',
      "form-action 'self'",
    ])
      expect(policy).toContain(rule)
    expect(policy).toMatch(/script-src 'nonce-[^']+'(?:;|$)/)
    await app.connect(app.dovecot.bob)
    const others = [
      stranger,
      reviewAs(await pairedBrowser(app, app.dovecot.alice)),
      reviewAs(await pairedBrowser(app, app.dovecot.bob)),
    ]
    for (const one of others) expect((await one.answer(link, 'send', approval)).status).toBe(403)
    for (const foreign of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }])
      expect((await alice.answer(link, 'send', approval, foreign)).status).toBe(403)
    expect((await alice.show('anything')).status).toBe(422)
    await nothingSent('Guarded')
  })

  test('R92: an approval that was changed, is of another draft or link, or of a page without Send, sends nothing', async () => {
    const { link } = await holdWith(app, token, 'Forged')
    const other = await holdWith(app, token, 'Forged elsewhere')
    const { approval } = await alice.show(link)
    const foreign = (await alice.show(other.link)).approval
    const { structuredContent: again } = await app.call(token, 'send_email', letter('Forged'))
    const second = (await alice.show(String(again.review_url))).approval
    const flipped = changeCharacter(approval)
    for (const forged of ['', flipped, approval.slice(1), foreign, second]) {
      const asked = await alice.answer(link, 'send', forged)
      expect([asked.status, asked.text.includes('It was changed.'), asked.approval]).toEqual([
        200,
        true,
        approval,
      ])
      expect((await alice.answer(link, 'discard', forged)).answers).toContain('discard')
    }
    await nothingSent('Forged')
    expect((await alice.answer(link, 'send', approval)).text).toContain('<h1>Sent</h1>')
  })

  test('R92: what was changed between showing and yes is shown again, and only a yes to that sends it', async () => {
    const { link, draftId } = await holdWith(app, token, 'Edited')
    const first = await alice.show(link)
    await app.call(token, 'update_draft', { id: draftId, body: 'Other words.', bcc: ['eve@test.example'] })
    for (const action of ['send', 'discard']) {
      const asked = await alice.answer(link, action, first.approval)
      for (const words of ['It was changed.', 'Other words.', 'eve@test.example'])
        expect(asked.text).toContain(words)
      await nothingSent('Edited')
    }
    await alice.decide(link, 'send')
    expect(sent('Edited').map(({ to }) => to)).toEqual([['bob@test.example', 'eve@test.example']])
  })

  test('R85, R92: of answers at once, in two pages, on a card and by send_draft of another connection, one sends', async () => {
    const { link, draftId } = await holdWith(app, token, 'Raced')
    const ui = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } }
    const again = await app.call(token, 'send_email', letter('Raced'), ui)
    const { state } = again._meta['email-connector/review']
    const links = [link, link, String(again.structuredContent.review_url)]
    const pages = await Promise.all(links.map((one) => alice.show(one)))
    const unasked = await app.connect(app.dovecot.alice, { permission: 'send', ask: 'never' })
    const listed = await app.call(unasked, 'search_emails', { query: 'subject:Raced', mailbox: 'drafts' })
    const [{ id }] = listed.structuredContent.emails
    expect(id).not.toBe(draftId)
    await Promise.all([
      ...links.map((one, index) => alice.answer(one, 'send', pages[index]?.approval ?? '')),
      app.call(unasked, 'send_draft', { id }),
      app.call(token, 'approve_send', { state, answer: 'send' }, ui),
    ])
    expect(sent('Raced')).toHaveLength(1)
    expect((await alice.show(link)).text).toContain('Sent before')
    expect(await inMailbox('Sent', 'Raced')).toHaveLength(1)
  })

  test('R92: with `always` the page is what releases; a connection that may only draft shows no Send and does not', async () => {
    const always = await another({ permission: 'send', ask: 'always' }, 'Always')
    expect(always.told.message).toContain('no app may send it')
    await always.owner.decide(always.link, 'send')
    expect(sent('Always')).toHaveLength(1)

    const writing = await another({ permission: 'write' }, 'Drafted')
    const page = await writing.owner.show(writing.link)
    expect(page.answers).toEqual(['keep', 'discard', 'add'])
    expect((await writing.owner.answer(writing.link, 'send', page.approval)).status).toBe(403)
    await nothingSent('Drafted')
    expect((await writing.owner.answer(writing.link, 'discard', page.approval)).text).toContain('Discarded')
  })

  test('R93: the owner’s limits are read again at the yes, and say which one it was', async () => {
    const limited = await another({ permission: 'send' }, 'Limited')
    const page = await limited.owner.show(limited.link)
    const form = await (await limited.manage({ sending: limited.grantId })).text()
    const [, version = ''] = /name="version" value="(\d+)"/.exec(form) ?? []
    const fields = { grant: limited.grantId, version, save: 'sending', ask: 'ask', attachments: 'on' }
    await limited.manage({
      ...fields,
      recipients: 'listed',
      listed: 'example.org',
      new_recipients: '',
      sends: '',
    })
    const refused = await limited.owner.answer(limited.link, 'send', page.approval)
    expect([refused.status, refused.text.includes('lets mail go to addresses on the owner')]).toEqual([
      409,
      true,
    ])
    await limited.manage({
      ...{ ...fields, version: String(Number(version) + 1) },
      ...{ recipients: 'anyone', listed: '', new_recipients: '', sends: '0' },
    })
    expect((await limited.owner.decide(limited.link, 'send')).text).toContain('0 emails an hour')
    await nothingSent('Limited')
  })

  test('R104: with settings that are missing or older than those seen nothing is shown, sent or discarded', async () => {
    const rolled = await another({ permission: 'send' }, 'Unlimited')
    const { approval } = await rolled.owner.show(rolled.link)
    const { accounts } = app.test.stores
    await accounts.deleteSettings(rolled.grantId, 'grant')
    for (const action of ['', 'send', 'discard'])
      expect((await rolled.owner.answer(rolled.link, action, approval)).text).toContain(
        'limits cannot be read',
      )
    await nothingSent('Unlimited')
  })

  test('R96, R103: revoked or denied between showing and yes: nothing leaves, and at the last instant neither', async () => {
    const { link } = await holdWith(app, token, 'Denied')
    const { approval } = await alice.show(link)
    deniedAccounts.push(app.dovecot.alice.address)
    for (const action of ['', 'send', 'discard'])
      expect((await alice.answer(link, action, approval)).status).toBe(403)
    deniedAccounts.length = 0
    await nothingSent('Denied')

    const leaving = await another({ permission: 'send' }, 'Revoked late')
    const page = await leaving.owner.show(leaving.link)
    const { accounts, authorization } = app.test.stores
    const { findLeash } = accounts
    /** How often it was read, each time with the count of DATA commands by then. */
    const reads: number[] = []
    const dataCommands = () => app.smtp.commands.filter((line) => line === 'DATA').length
    const before = dataCommands()
    Object.assign(accounts, {
      async findLeash(id: string) {
        reads.push(dataCommands() - before)
        if (reads.length > 1) await authorization.deleteLeash(id)
        return await findLeash(id)
      },
    })
    const refused = await leaving.owner.answer(leaving.link, 'send', page.approval)
    Object.assign(accounts, { findLeash })
    // Once for the link, and once more when the outgoing server had accepted DATA.
    expect([refused.status, reads]).toEqual([403, [0, 1]])
    await nothingSent('Revoked late')
    const ended = await another({ permission: 'send' }, 'Revoked')
    await ended.owner.show(ended.link)
    await ended.manage({ revoke: ended.grantId })
    expect((await ended.owner.show(ended.link)).status).toBe(403)
    await nothingSent('Revoked')
  })

  test('R31: after a day the link ends and says how to get a new one; send_draft answers with it', async () => {
    const { link, draftId } = await holdWith(app, token, 'Late')
    const { seconds } = app.test.time
    app.test.time.seconds += 24 * 3600
    const ended = await alice.show(link)
    expect([ended.status, ended.text.includes('send_draft')]).toEqual([403, true])
    const { structuredContent: told } = await app.call(token, 'send_draft', { id: draftId })
    expect(told).toMatchObject({ state: 'held' })
    expect((await alice.decide(String(told.review_url), 'send')).text).toContain('<h1>Sent</h1>')
    expect(sent('Late')).toHaveLength(1)
    app.test.time.seconds = seconds
  })

  test('R63, R85: what ended between DATA and its outcome is unknown, and no answer sends it a second time', async () => {
    const { link } = await holdWith(app, token, 'Cut off')
    app.smtp.faults['final-dot'] = 'reset'
    const first = await alice.decide(link, 'send').finally(() => delete app.smtp.faults['final-dot'])
    expect(first.text).toContain('Perhaps sent')
    expect((await alice.show(link)).text).toContain('Perhaps sent')
    expect(sent('Cut off')).toHaveLength(1)

    const killed = await holdWith(app, token, 'Killed')
    const { approval } = await alice.show(killed.link)
    const { once } = app.test.stores
    const { enterData } = once
    Object.assign(once, {
      enterData: async (...given: Parameters<typeof enterData>) => {
        await enterData(...given)
        throw new TypeError('killed')
      },
    })
    expect((await alice.answer(killed.link, 'send', approval)).status).toBe(500)
    Object.assign(once, { enterData })
    expect((await alice.answer(killed.link, 'send', approval)).text).toContain('It is being sent')
    app.test.time.seconds += 120
    expect((await alice.answer(killed.link, 'send', approval)).text).toContain('Perhaps sent')
    expect(sent('Killed')).toEqual([])
  })

  test('R92: a draft that is too long to be shown whole is not sent by the form of its page either', async () => {
    const raw = [
      `From: ${app.dovecot.alice.address}`,
      `To: ${Array.from({ length: 501 }, (_, at) => `r${at}@test.example`).join(',\r\n ')}`,
      'Subject: Crowd',
      'Message-ID: <crowd@test.example>',
      '',
      'Words.',
      '',
    ]
    await app.dovecot.appendRaw(app.dovecot.alice, 'Drafts', raw.join('\r\n'))
    const listed = await app.call(token, 'search_emails', { query: 'subject:Crowd', mailbox: 'drafts' })
    const { structuredContent: told } = await app.call(token, 'send_draft', {
      id: listed.structuredContent.emails[0].id,
    })
    const link = String(told.review_url)
    const page = await alice.show(link)
    expect(page.text).toContain('what you have not seen is not sent from here')
    expect(page.answers).not.toContain('send')
    expect((await alice.answer(link, 'send', page.approval)).answers).not.toContain('send')
    await nothingSent('Crowd')
    expect((await alice.answer(link, 'discard', page.approval)).text).toContain('<h1>Discarded</h1>')
  })

  test('R92: a draft that cannot be moved to the bin is told to be there still', async () => {
    const stuck = await another({ permission: 'send' }, 'Stuck')
    const page = await stuck.owner.show(stuck.link)
    const form = await (await stuck.manage({ mailbox: stuck.grantId })).text()
    const [, version = ''] = /name="version" value="(\d+)"/.exec(form) ?? []
    await stuck.manage({ grant: stuck.grantId, version, save: 'mailbox', read_only: 'Drafts' })
    const done = await stuck.owner.answer(stuck.link, 'discard', page.approval)
    expect(done.text).toContain('Not discarded')
    await nothingSent('Stuck')
  })

  test('R29: the secret of a link is zero behind every answer of the page', async () => {
    const { link } = await holdWith(app, token, 'Secret')
    const spy = spyOnDerivations('review-form')
    try {
      for (const action of ['', 'send', 'discard']) await alice.answer(link, action, 'forged')
      expect(spy.zeroed().length).toBeGreaterThanOrEqual(3)
      expect(spy.zeroed()).not.toContain(false)
    } finally {
      spy.restore()
    }
  })

  test('R92: files that the owner adds are in the draft, byte for byte, and it is asked about again', async () => {
    const { link, messageId } = await holdWith(app, token, 'With files', { bcc: ['dave@test.example'] })
    const first = await alice.show(link)
    const [film, note] = [randomBytes(5_000_000), Buffer.from('Größe')]
    const forged = await alice.add(link, `${first.approval}x`, { 'film.bin': film })
    expect([forged.text.includes('It was changed.'), forged.text.includes('film.bin')]).toEqual([true, false])
    const page = await alice.add(link, first.approval, { 'film.bin': film, 'a "b"/ö.txt': note })
    for (const shown of ['film.bin', 'ö.txt', 'dave@test.example', 'Send this email?'])
      expect(page.text).toContain(shown)
    const [draft, ...others] = await inMailbox('Drafts', 'With files')
    expect([others, draft?.raw.toString().includes(`Message-ID: ${messageId}`)]).toEqual([[], true])
    expect((await alice.answer(link, 'send', first.approval)).text).toContain('It was changed.')
    await nothingSent('With files')
    expect((await alice.answer(link, 'send', page.approval)).text).toContain('<h1>Sent</h1>')
    const [message] = sent('With files')
    expect(message?.to).toEqual(['bob@test.example', 'dave@test.example'])
    const packed = message?.raw.toString('latin1').replaceAll('\r\n', '') ?? ''
    for (const content of [film, note]) expect(packed).toContain(content.toString('base64'))
    const { structuredContent: retried } = await app.call(
      token,
      'send_email',
      letter('With files', { bcc: ['dave@test.example'] }),
    )
    expect(retried).toMatchObject({ state: 'sent', repeated: true })
  })

  test('R92: where the mail server keeps other bytes of a file, it is said, and the draft before it stays', async () => {
    const [given, kept] = ['an exact figure', 'another figure!'].map((text) =>
      Buffer.from(text).toString('base64'),
    )
    const server = await startAlteringServer(app.dovecot, { given: given ?? '', kept: kept ?? '' })
    try {
      const through = { imap_port: String(server.port) }
      const { link, owner } = await another({ permission: 'send', through }, 'Altered')
      const { approval } = await owner.show(link)
      const page = await owner.add(link, approval, { 'figure.txt': Buffer.from('an exact figure') })
      expect([page.status, server.altered()]).toEqual([502, 1])
      expect(page.text).toContain('The files did not arrive whole')
      expect(page.answers).toEqual([])
      // The one that was shown is not binned; the other lies beside it and is named by no form.
      const drafts = await inMailbox('Drafts', 'Altered')
      expect(drafts.map(({ raw }) => raw.toString().includes('figure.txt')).sort()).toEqual([false, true])
      expect(sent('Altered')).toEqual([])
    } finally {
      server.close()
    }
  })

  test('R102: an upload that is too large, none, twice a field, or with too many files costs one answer', async () => {
    const { link } = await holdWith(app, token, 'Uploads')
    const { approval } = await alice.show(link)
    expect((await alice.add(link, approval, { 'film.bin': Buffer.alloc(25_200_000) })).status).toBe(413)
    const many = Object.fromEntries(
      Array.from({ length: 21 }, (_, index) => [`${index}.txt`, Buffer.from('x')]),
    )
    expect((await alice.add(link, approval, many)).status).toBe(422)
    const wide = new FormData()
    wide.append('link', tokenIn(link))
    for (let index = 0; index < 10; index++) wide.append(`field${index}`, 'x')
    expect((await browser.post('/review', wide)).status).toBe(422)
    const twice = new FormData()
    for (const value of [tokenIn(link), tokenIn(link)]) twice.append('link', value)
    expect((await browser.post('/review', twice)).status).toBe(422)
    const broken = { 'Content-Type': 'multipart/form-data; boundary=b' }
    for (const body of ['', '--b', '--b\r\nContent-Disposition: form-data; name="link"\r\n\r\nx'])
      expect((await app.test.fetch('/review', { method: 'POST', headers: broken, body })).status).toBe(422)
    expect((await alice.add(link, approval, {})).answers).toContain('send')
    await nothingSent('Uploads')
  })

  test('R92: at a distance the page takes at most 9 round trips, its yes 15, without a memory of the server', async () => {
    const clock: CausalClock = { depth: 0 }
    const proxies = await Promise.all(
      [app.dovecot.imapsPort, app.smtp.port].map((port) =>
        startDelayProxy({ target: { port }, oneWayMs: countingMs, clock }),
      ),
    )
    const [imap_port, smtp_port] = proxies.map(({ port }) => String(port))
    const through = { imap_port: imap_port ?? '', smtp_port: smtp_port ?? '' }
    try {
      const far = await another({ permission: 'send', through }, 'Far away')
      const count = async <T>(work: () => Promise<T>) => {
        while (proxies.some((one) => one.openCount() > 0))
          await new Promise((resolve) => setTimeout(resolve, 5))
        for (const one of proxies) one.restart()
        return { answer: await work(), trips: Math.max(...proxies.map((one) => one.roundTrips())) }
      }
      const shown = await count(() => far.owner.show(far.link))
      const yes = await count(() => far.owner.answer(far.link, 'send', shown.answer.approval))
      expect(yes.answer.text).toContain('<h1>Sent</h1>')
      // One fewer where less of a mailbox has to be looked through, or one server is ahead of the other.
      expect(shown.trips).toBeLessThanOrEqual(9)
      expect(yes.trips).toBeLessThanOrEqual(15)
    } finally {
      await Promise.all(proxies.map((one) => one.stop()))
    }
  })

  test('a refusal of the server is told with its reason, and the draft stays', async () => {
    const { link } = await holdWith(app, token, 'Refused')
    app.smtp.faults.RCPT = { reply: '550 5.1.1 No such user here' }
    const done = await alice.decide(link, 'send').finally(() => delete app.smtp.faults.RCPT)
    expect(done.text).toContain('<h1>Not sent</h1>')
    expect(done.text).toContain('Refused by the mail server')
    await nothingSent('Refused')
  })
})
