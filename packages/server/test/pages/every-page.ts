/** Every page there is, in every state that looks different, as the app answers it. By name. */
import { parseForm } from '@email-connector/testing'
import { createCallAudit } from '../../src/accounts/audit.ts'
import { devicePage } from '../../src/pages/device-page.ts'
import { filePage } from '../../src/pages/files-page.ts'
import { gateLinkPage, gateStopped } from '../../src/pages/gate-pages.ts'
import { reviewDonePage } from '../../src/pages/review-ended-page.ts'
import { type ReviewedDraft, reviewPage } from '../../src/pages/review-page.ts'
import { unpairedPage } from '../../src/pages/unpaired-page.ts'
import { proofIn } from '../app/form-browser.ts'
import type { MailboxApp } from '../app/mailbox-app.ts'

const reviewed: ReviewedDraft = {
  form: { token: '0'.repeat(64), approval: 'x' },
  address: 'ann@test.example',
  email: {
    people: [
      { name: 'From', values: [{ text: 'ann@test.example', marks: [] }] },
      {
        name: 'To',
        values: [{ text: `${'long'.repeat(16)}@test.example`, marks: ['NEW', 'LOOKS LIKE another address'] }],
      },
    ],
    ...{
      redirects: ['Reply-To: eve@test.example [ANSWERS go there, not to From]'],
      subject: 'Figures'.repeat(20),
    },
    ...{
      note: 'Whether you have written to them before could not be checked.',
      files: ['Attachment 1 of 1: "a.pdf"'],
    },
  },
  texts: [
    {
      ...{ plain: 'Dear Bob', differs: true },
      html: {
        ...{ document: '<p>Dear Eve</p>', hidden: ['the ledger'], hasInvisible: true, missingPictures: 1 },
        ...{
          links: [{ text: '', url: `https://test.example/${'x'.repeat(300)}` }],
          pictureHosts: ['test.example'],
        },
      },
    },
  ],
  ...{ isWhole: true, mayChange: true },
}
const device = {
  ...{ name: 'Works', path: '/oauth/provider/device', secondsLeft: 540, secondsToNext: 900 },
  fields: [['provider', 'organisation']],
} as const
const done = {
  message: 'Not sent: the outgoing mail server refused it.',
  recipients: [
    { address: 'bob@test.example', ok: true },
    { address: 'eve@test.example', ok: false, code: 'no_such_user' },
  ],
  ...{ hasCopy: true, repeated: false },
}

export async function answerEveryPage(app: MailboxApp): Promise<ReadonlyMap<string, Response>> {
  const { test, mailbox } = app
  const token = await app.connect({ name: 'Claude', permission: 'write' })
  await app.connect({ name: 'VS Code', permission: 'read' })
  const link = await app.createLink(token)
  const ann = mailbox('ann@test.example')
  const form = { name: 'Claude', redirectUri: 'https://claude.ai/api/mcp/auth_callback' }

  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    test.fetch(path, { method: 'POST', headers: { Cookie: cookie }, body: new URLSearchParams(fields) })
  const cookieOf = (response: Response) => (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''

  async function submit(fields: Record<string, string>, options: Parameters<typeof test.authorizeUrl>[0]) {
    const page = await test.fetch(await test.authorizeUrl(options))
    const cookie = cookieOf(page)
    return post('/oauth/connect', { ...parseForm(await page.text()).hidden, ...fields }, cookie)
  }

  const connections = await post('/oauth/connections', ann)
  const proof = proofIn(await connections.clone().text())
  const ownerCookie = connections.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')
  const consent = await post('/oauth/link', { link, ...ann })
  const agent = await app.connect({ name: 'Mail agent', permission: 'send' })
  await app.asCaller(agent, async (caller) => {
    const grant = await test.stores.authorization.getGrant(caller.grantId)
    const ends = [
      ['search_emails', { outcome: 'ok', count: 20 }],
      ['move_email', { outcome: 'failed', code: 'message_not_found' }],
      ['send_email', { outcome: 'asked' }],
    ] as const
    for (const [tool, end] of ends) {
      const options = { caller, tool, changes: false, now: () => test.time.seconds }
      const audit = createCallAudit({ store: test.stores.audit, ...options })
      await audit.opened(grant?.accountIds[0] ?? '')
      await audit.ended(end)
    }
  })
  const owner = async (fields: Record<string, string>) =>
    post('/oauth/connections', { proof, ...fields }, ownerCookie)
  const grants = [...(await (await owner({})).text()).matchAll(/name="(?:sending|mailbox)" value="(\w+)"/g)]
  const [mailboxGrant = '', sendingGrant = ''] = ['mailbox', 'sending'].map(
    (kind) => grants.find(([text]) => text.includes(kind))?.[1],
  )

  const pages: [name: string, status: number, answer: Response][] = [
    ['home', 200, await test.fetch('/')],
    ['privacy', 200, await test.fetch('/privacy')],
    ['sign-in', 200, await test.fetch(await test.authorizeUrl(form))],
    ['sign-in of a program on this computer', 200, await test.fetch(await test.authorizeUrl())],
    [
      'sign-in to read only',
      200,
      await test.fetch(await test.authorizeUrl({ ...form, scope: 'email:read' })),
    ],
    ['sign-in with every fault', 422, await submit({ provider: 'generic' }, form)],
    [
      'sign-in with a wrong password',
      422,
      await submit({ ...mailbox('bob@test.example', 'wrong'), permission: 'send' }, form),
    ],
    [
      'sign-in to the next mailbox',
      200,
      await submit({ ...mailbox('cid@test.example'), permission: 'write', action: 'another' }, form),
    ],
    [
      'device code',
      200,
      devicePage({
        ...{ ...device, isSilent: false, address: `${'long'.repeat(12)}@test.example` },
        codes: {
          ...{ userCode: 'LONG-'.repeat(8), verificationUri: `https://test.example/${'x'.repeat(90)}` },
          filledUri: 'https://test.example/?code=LONG',
        },
      }),
    ],
    [
      'device code: no answer',
      200,
      devicePage({
        ...{ ...device, isSilent: true },
        codes: { userCode: 'BCDF-GHJK', verificationUri: 'https://test.example/device' },
      }),
    ],
    ['files: the link', 200, await test.fetch('/files')],
    ['files: no link', 422, await post('/files', { link: 'none' })],
    ['files: ended', 403, await post('/files', { link: '0'.repeat(64) })],
    ['files: unpaired', 403, unpairedPage('/files', '0'.repeat(64))],
    [
      'files: a file',
      200,
      filePage({
        ...{
          token: '0'.repeat(64),
          filename: `${'Report of the long year '.repeat(5)}.pdf`,
          size: 12_345_678,
        },
        from: [{ name: 'Jörg', address: `${'long'.repeat(12)}@test.example` }],
        ...{ subject: 'Figures', address: 'ann@test.example', isTooLarge: false },
      }),
    ],
    [
      'files: too large',
      200,
      filePage({
        ...{ token: '0'.repeat(64), filename: 'film.mp4', size: 5_000_000, from: [], subject: '' },
        ...{ address: 'ann@test.example', isTooLarge: true },
      }),
    ],
    ['review: the link', 200, await test.fetch('/review')],
    ['review: no link', 422, await post('/review', { link: 'none' })],
    ['review: ended', 403, await post('/review', { link: '0'.repeat(64) })],
    ['review: not to be sent', 200, reviewPage({ ...reviewed, isWhole: false, noSending: 'not_whole' })],
    ['review: changed', 200, reviewPage({ ...reviewed, isChanged: true })],
    ['review: sent', 200, reviewDonePage({ ...done, state: 'sent', hasCopy: false })],
    ['paired browsers: none', 200, await owner({ browsers: mailboxGrant })],
    ['paired browsers: this one', 200, await owner({ pair: mailboxGrant })],
    ['sign-in stopped', 401, await test.fetch('/oauth/authorize?client_id=nobody')],
    [
      'sign-in stopped: address refused',
      400,
      await test.fetch(withParameter(await test.authorizeUrl(form), 'redirect_uri', 'warp://mcp/callback')),
    ],
    [
      'sign-in stopped: document not to be read',
      401,
      await test.fetch('/oauth/authorize?client_id=https://app.example/client.json'),
    ],
    ['gate: not let in', 403, gateStopped('not_listed', 'Works'.repeat(8))],
    ['gate: down', 503, gateStopped('unavailable', 'Example Works')],
    ['gate: the link', 200, gateLinkPage('Example Works', { faults: [] })],
    [
      'gate: no link',
      422,
      gateLinkPage('Example Works', {
        status: 422,
        faults: [{ field: 'link', message: 'Paste the whole link.' }],
      }),
    ],
    ['sign-in ended', 403, await post('/oauth/connect', { state: 'x' })],
    ['connections: sign-in', 200, await test.fetch('/oauth/connections')],
    ['connections: fault', 422, await post('/oauth/connections', { provider: 'gmail', address: 'ann' })],
    ['connections', 200, connections],
    ['connections: all', 200, await owner({})],
    ['settings: mailbox', 200, await owner({ mailbox: mailboxGrant })],
    ['settings: sending', 200, await owner({ sending: sendingGrant })],
    [
      'settings: every fault',
      422,
      await owner({
        ...{ save: 'mailbox', grant: mailboxGrant, version: '0', name: 'x'.repeat(201) },
        ...{ aliases: 'none', time_zone: 'Mars', hidden: 'a\u0007', signature_text_0: 'y'.repeat(5_000) },
        ...{ signature_address_1: 'ann.s@test.example', signature_text_1: 'Ann' },
      }),
    ],
    [
      'settings: faults in sending',
      422,
      await owner({ save: 'sending', grant: sendingGrant, version: '0', listed: 'none', sends: 'x' }),
    ],
    [
      'settings: changed meanwhile',
      409,
      await owner({ save: 'mailbox', grant: mailboxGrant, version: '1', name: 'Ann', hidden: 'Private' }),
    ],
    ['activity', 200, await owner({ activity: sendingGrant })],
    ['activity: no such day', 422, await owner({ activity: sendingGrant, day: 'today' })],
    ['connections: ended', 200, await owner({ revoke: sendingGrant })],
    ['settings: not there', 404, await owner({ mailbox: 'x' })],
    ['link: proof', 200, await test.fetch('/oauth/link')],
    ['link: fault', 422, await post('/oauth/link', { link: 'x' })],
    ['link: consent', 200, consent],
    [
      'link: fault in the mailbox',
      422,
      await post('/oauth/link', { link, step: 'connect' }, cookieOf(consent)),
    ],
    [
      'link: done',
      200,
      await post('/oauth/link', { link, step: 'connect', ...mailbox('bob@test.example') }, cookieOf(consent)),
    ],
    ['link: ended', 403, await post('/oauth/link', { link, ...ann })],
    ['nothing here', 404, await test.fetch('/nothing', { headers: { Accept: 'text/html' } })],
    [
      'connections: all revoked',
      200,
      await post('/oauth/connections', { proof, revoke: 'all' }, ownerCookie),
    ],
  ]
  let answer: Response
  do answer = await post('/oauth/connections', mailbox('eve@test.example', 'wrong'))
  while (answer.status === 422)
  pages.push(['too many attempts', 429, answer])
  for (const [name, status, answer] of pages) {
    if (answer.status !== status) throw new Error(`${name}: ${answer.status} instead of ${status}`)
  }
  return new Map(pages.map(([name, , answer]) => [name, answer]))
}

function withParameter(url: string | URL, name: string, value: string): string {
  const changed = new URL(url)
  changed.searchParams.set(name, value)
  return changed.href
}
