/**
 * The identity gate, in process: who is let in by which claim, what a forged answer of the provider does, which pages are
 * behind it, and what a connection is afterwards. The whole way in a browser is gate-browser.test.ts.
 */
import { generateKeyPairSync } from 'node:crypto'
import { changeCharacter, type IdentityProvider, parseForm } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { daySeconds } from '../../src/clock.ts'
import {
  type GateProduct,
  loginIn,
  startGateProduct,
  startGateProvider,
  type Tokens,
} from './gate-product.ts'

const tenant = '11111111-2222-3333-4444-555555555555'
const people: Record<string, Readonly<Record<string, unknown>> | undefined> = {}
const wellKnown = {
  ann: { tid: tenant, hd: 'works.example', groups: ['staff', 'mail'] },
  bob: { tid: tenant.replace('1', '9'), hd: 'elsewhere.example', groups: ['guests'] },
}
/** Every form of a mailbox has it. */
const form = 'name="password"'

let idp: IdentityProvider
let product: GateProduct

beforeAll(async () => {
  idp = await startGateProvider((name) => people[name], { neverLasting: true })
})
afterAll(() => idp.stop())
beforeEach(() => {
  for (const name of Object.keys(people)) delete people[name]
  Object.assign(people, wellKnown)
})
afterEach(async () => {
  idp.answerWith(undefined)
  await product.stop()
})

const start = async (allow = `tid:${tenant}`, more: Record<string, string> = {}) => {
  product = await startGateProduct(idp, { OIDC_GATE_ALLOW: allow, ...more })
}
const authorizePath = async () => {
  const { pathname, search } = new URL(await product.test.authorizeUrl())
  return `${pathname}${search}`
}
const enter = async (name: string) => await product.openBrowser(name).get(await authorizePath())

describe('who is let in', () => {
  test.each([
    ['a tenant', `tid:${tenant}`],
    ['a Google organisation', 'hd:works.example'],
    ['a group', 'group:mail'],
    ['a person', 'sub:ann'],
    ['one of several', 'group:other, sub:ann hd:third.example'],
  ])('%s: who is of it sees the form, who is not reads by whom and what to do', async (_what, allow) => {
    await start(allow)
    const letIn = await enter('ann')
    expect([letIn.status, letIn.html.includes(form)]).toEqual([200, true])
    const refused = await enter('bob')
    expect([refused.status, refused.html.includes(form)]).toEqual([403, false])
    expect(refused.html).toContain('Example Works decides who may connect here')
    expect(refused.html).toContain('ask the operator of this server')
  })

  test.each<[what: string, claims: Record<string, unknown>]>([
    ['no claim', {}],
    ['text in the place of a list', { groups: 'mail' }],
    ['a list with something else in it', { groups: ['mail', 7] }],
    ['a list in the place of text', { tid: [tenant], hd: ['works.example'] }],
    ['another spelling', { tid: tenant, hd: 'WORKS.example', groups: ['Mail'] }],
    ['the domain of an address', { email: 'ann@works.example' }],
  ])('%s: refused', async (_what, claims) => {
    await start('hd:works.example group:mail')
    people.ann = claims
    expect((await enter('ann')).status).toBe(403)
  })

  test('more groups than Entra tells: refused, with the reason and the way out; a rule of another kind still counts', async () => {
    await start(`group:mail tid:${tenant}`)
    const overage = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://x.example' } },
    }
    people.bob = overage
    const { status, html } = await enter('bob')
    expect(status).toBe(403)
    expect(html).toContain('You are in more groups than Example Works tells')
    people.ann = { ...overage, tid: tenant }
    expect((await enter('ann')).status).toBe(200)
  })
})

describe('what comes back', () => {
  test('IdP claim forged: refused', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const claimsIn = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as object
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = (claims: object) => idp.signIdToken(claims)
    const [now, ann] = [Math.floor(Date.now() / 1000), 'ann']
    let replayed = ''
    const forgeries: Record<string, (token: string) => string | undefined> = {
      'another key': (token) => idp.signIdToken(claimsIn(token), stranger),
      'no signature': (token) => `${encoded({ alg: 'none' })}.${encoded(claimsIn(token))}.`,
      'a changed claim under the old signature': (token) => {
        const [head, , signature] = token.split('.')
        return `${head}.${encoded({ ...claimsIn(token), groups: ['more'] })}.${signature}`
      },
      'another issuer': (token) => signed({ ...claimsIn(token), iss: 'https://other.example' }),
      'another audience': (token) => signed({ ...claimsIn(token), aud: 'another-client' }),
      'made for another of its audiences': (token) =>
        signed({ ...claimsIn(token), aud: ['gate', 'another-client'], azp: 'another-client' }),
      expired: (token) => signed({ ...claimsIn(token), iat: now - 7200, exp: now - 3600 }),
      'another nonce': (token) => signed({ ...claimsIn(token), nonce: 'of-another-sign-in' }),
      'no nonce': (token) => signed({ ...claimsIn(token), nonce: undefined }),
      replayed: () => replayed,
      'none at all': () => undefined,
    }
    await start()
    idp.answerWith({ idToken: (token) => (replayed = token) })
    expect((await enter(ann)).status).toBe(200)
    // Each forgery is genuine but for one thing: without it, it is let in.
    idp.answerWith({ idToken: (token) => signed(claimsIn(token)) })
    expect((await enter(ann)).status).toBe(200)
    for (const [what, forge] of Object.entries(forgeries)) {
      idp.answerWith({ idToken: forge })
      const { status, html } = await enter(ann)
      const isStopped = html.includes('did not belong to this sign-in') && !html.includes(form)
      expect([what, status, isStopped]).toEqual([what, 403, true])
    }
  })

  test('R41: the answer counts in the browser that left, once, for its own sign-in and at its own issuer', async () => {
    await start()
    const [own, other] = [product.openBrowser('ann'), product.openBrowser('ann')]
    const leaving = await own.load(await authorizePath())
    const state = new URL(loginIn(leaving) ?? '').searchParams.get('state') ?? ''
    const answer = (given: Record<string, string>) =>
      `/oauth/provider/callback?${new URLSearchParams({ code: 'injected', state, iss: idp.issuer, ...given })}`
    expect((await other.load(answer({}))).html).toContain('This sign-in has ended')
    expect((await own.load(answer({ iss: 'https://other.example' }))).html).toContain(
      'did not belong to this sign-in',
    )
    expect((await own.load(answer({}))).html).toContain('This sign-in has ended')
  })

  test('a provider that is down lets nobody in and says so; so does a registration without its secret', async () => {
    await start()
    idp.answerWith({ status: 503, body: {} })
    const down = await enter('ann')
    expect([down.status, down.html.includes('Example Works did not answer')]).toEqual([503, true])
    idp.answerWith(undefined)
    const { gate } = product.settings
    if (gate === undefined) throw new Error('There is no gate')
    await product.stop()
    const { clientSecret: _unset, ...registered } = gate
    product = await startGateProduct(idp, { OIDC_GATE_ALLOW: 'sub:ann' }, { settings: { gate: registered } })
    const unset = await enter('ann')
    expect([unset.status, unset.html.includes(form)]).toEqual([503, false])
  })
})

describe('what is behind it', () => {
  test('the page of connections, and every form of it', async () => {
    await start()
    const stranger = product.openBrowser('bob')
    expect((await stranger.get('/oauth/connections')).status).toBe(403)
    const mailbox = product.mailbox('ann@test.example')
    const tried = await stranger.load('/oauth/connections', {
      method: 'POST',
      body: new URLSearchParams(mailbox),
    })
    expect(loginIn(tried)).toContain(idp.issuer)
    expect(product.imap.connections).toHaveLength(0)

    const browser = product.openBrowser('ann')
    expect((await browser.get('/oauth/connections')).html).toContain(form)
    const { html } = await browser.post('/oauth/connections', mailbox)
    const { hidden } = parseForm(html)
    expect(hidden.proof).toMatch(/^[\w-]{43}$/)
    // The pass has gone: what the login proved is not enough.
    browser.cookies.delete('__Host-gate')
    const left = await browser.load('/oauth/connections', {
      method: 'POST',
      body: new URLSearchParams(hidden),
    })
    expect(loginIn(left)).toContain(idp.issuer)
  })

  test('a sign-in, however its form is sent: no pass, a pass of another sign-in, of the owner, or a rule that is gone', async () => {
    await start()
    const browser = product.openBrowser('ann')
    const { hidden } = parseForm((await browser.get(await authorizePath())).html)
    const fields = {
      ...hidden,
      ...product.mailbox('ann@test.example'),
      permission: 'read',
      action: 'connect',
    }
    const pass = [...browser.cookies].find(([name]) => name.startsWith('__Host-gate-'))
    if (pass === undefined) throw new Error('There is no pass')
    const [name, value] = pass
    await browser.get('/oauth/connections')
    const other = product.openBrowser('ann')
    await other.get(await authorizePath())
    const others = [...other.cookies].find(([one]) => one.startsWith('__Host-gate-'))?.[1] ?? ''
    for (const [what, wrong] of [
      ['none', ''],
      ['of another sign-in', others],
      ['of the owner', browser.cookies.get('__Host-gate') ?? ''],
      ['made up', 'x'.repeat(43)],
      ['of zeros', 'A'.repeat(43)],
    ] as const) {
      browser.cookies.set(name, wrong)
      for (const path of ['/oauth/connect', '/oauth/provider/start'])
        expect([what, (await browser.post(path, fields)).status]).toEqual([what, 403])
    }
    expect(product.imap.connections).toHaveLength(0)
    browser.cookies.set(name, value)
    expect((await browser.post('/oauth/connect', fields)).location?.searchParams.get('code')).toHaveLength(48)
  })

  test('a one-time link, which goes on with the person who made the connection and with nobody else', async () => {
    await start('group:staff')
    people.carl = { groups: ['staff'] }
    const { access_token: token } = await product.connectAs('ann')
    const link = (await product.createLink(token)).split('#')[1] ?? ''
    const first = await product.openBrowser('ann').load('/oauth/link')
    expect([first.status, first.html.includes(form)]).toEqual([200, false])
    expect(parseForm(first.html).action).toBe('/oauth/link')
    const unread = await product.openBrowser('ann').post('/oauth/link', { link: 'no link' })
    expect([unread.status, unread.html.includes(form)]).toEqual([422, false])

    const mailbox = product.mailbox('ann@test.example')
    const carl = product.openBrowser('carl')
    expect((await carl.post('/oauth/link', { link })).html).toContain(form)
    const logins = product.imap.connections.length
    const refused = await carl.post('/oauth/link', { link, ...mailbox })
    expect([refused.status, refused.html.includes('belongs to a connection')]).toEqual([403, true])
    expect(product.imap.connections).toHaveLength(logins)

    const browser = product.openBrowser('ann')
    const shown = await browser.post('/oauth/link', { link })
    expect(parseForm(shown.html).hidden.link).toBe(link)
    expect((await browser.post('/oauth/link', { link, ...mailbox })).html).toContain('What you agree to')
    const added = await browser.post('/oauth/link', {
      link,
      step: 'connect',
      ...product.mailbox('b@test.example'),
    })
    expect(added.html).toContain('b@test.example was added')
  })
})

describe('a connection made behind it', () => {
  const grantOf = async (token: string) => {
    const { grantId } = await product.asCaller(token, async ({ grantId }) => ({ grantId }))
    const grant = await product.test.stores.authorization.getGrant(grantId)
    if (grant === undefined) throw new Error('There is no grant')
    return grant
  }

  test('R24: a word of the gate that was changed, moved or taken away ends it, and tells nobody in clear who came', async () => {
    await start('group:staff')
    people.carl = { groups: ['staff'] }
    const connections = [
      await product.connectAs('ann'),
      await product.connectAs('ann'),
      await product.connectAs('ann'),
    ]
    const carls = await product.connectAs('carl')
    const { sealedGate: foreign = '', ...rest } = await grantOf(carls.access_token)
    const text = JSON.stringify({ foreign, ...rest })
    for (const secret of [idp.issuer, '"sub"', 'carl"', 'staff']) expect(text).not.toContain(secret)

    const changes: ((own: string) => string | undefined)[] = [
      (own) => changeCharacter(own),
      () => foreign,
      () => undefined,
    ]
    for (const [index, change] of changes.entries()) {
      const tokens = connections[index]
      if (tokens === undefined) throw new Error('Too few connections')
      const { sealedGate = '', ...grant } = await grantOf(tokens.access_token)
      const changed = change(sealedGate)
      product.storedGrants.set(grant.grantId, {
        ...grant,
        ...(changed !== undefined && { sealedGate: changed }),
      })
      const answer = await product.refresh(tokens)
      expect([index, answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
        index,
        400,
        'invalid_grant',
      ])
    }
    expect((await product.refresh(carls)).status).toBe(200)
  })

  test('R96: ends at its next refresh when none of the rules that let its person in is left', async () => {
    await start('group:mail group:staff')
    const tokens = await product.connectAs('ann')
    const { allow } = product
    allow.splice(0, allow.length, { claim: 'groups', value: 'mail' })
    const again = await refreshed(tokens)
    allow.splice(0, allow.length, { claim: 'groups', value: 'other' })
    const answer = await product.refresh(again)
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    const call = await product.test.fetch('/mcp', {
      method: 'POST',
      headers: { Authorization: `Bearer ${again.access_token}` },
      body: '{}',
    })
    expect(call.status).toBe(401)
  })

  test('lives as long as the word counts: a day unless set, and its tokens no longer', async () => {
    await start('group:staff', { OIDC_GATE_DAYS: '3' })
    const page = await enter('ann')
    expect(page.html).toContain('at most 3 days')
    const tokens = await product.connectAs('ann')
    expect(tokens.expires_in).toBe(3 * daySeconds)
    product.test.time.seconds += 2 * daySeconds
    const later = await refreshed(tokens)
    expect(later.expires_in).toBe(daySeconds)
    product.test.time.seconds += daySeconds
    expect((await product.refresh(later)).status).toBe(400)
  })

  async function refreshed(tokens: Tokens): Promise<Tokens> {
    const answer = await product.refresh(tokens)
    expect(answer.status).toBe(200)
    return { ...((await answer.json()) as Omit<Tokens, 'client_id'>), client_id: tokens.client_id }
  }
})
