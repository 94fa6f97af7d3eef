/** The limits alone, over a real store: what each failure costs whom (R42, R91, R40). */
import { join } from 'node:path'
import { type MailAccount, providers } from '@email-connector/mail'
import { createTempFolder } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GuessedMailbox } from '../../src/sign-in/guessed-mailbox.ts'
import {
  createSignInLimits,
  type SignInLimits,
  type Try,
  type TryFailure,
} from '../../src/sign-in/rate-limits.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'

const folder = createTempFolder('limits')
let stores: LevelStores
let limits: SignInLimits
let seconds = 1_800_000_000

beforeAll(async () => {
  const now = () => seconds
  stores = await createLevelStores({ dir: join(folder.path, 'store'), now })
  limits = createSignInLimits({ store: stores.once, key: new Uint8Array(32).fill(7), now })
})
afterAll(async () => {
  await stores.close()
  await folder.remove()
})
// Each test in windows of its own.
beforeEach(() => {
  seconds += 7200
})

const at = (imapHost: string, smtpHost: string, login = 'ann@test.example'): MailAccount => ({
  provider: 'generic',
  address: login,
  aliases: [],
  login,
  credential: { type: 'password', password: 'x' },
  imap: { host: imapHost, port: 993, tls: 'implicit' },
  smtp: { host: smtpHost, port: 465, tls: 'implicit' },
})
const ownServer = (login?: string) => at('mail.typed.example', 'mail.typed.example', login)

const refusedLogin: TryFailure = { protocol: 'imap', code: 'login_refused' }
const stranger = () => undefined

let networks = 0
function newNetwork(): string {
  networks += 1
  return `2001:db8:0:${networks.toString(16)}::1`
}

/** One try to its end: whether it was let through. */
async function attempt(
  account: MailAccount,
  ip: string,
  failure: TryFailure | undefined,
  more: Partial<Try> = {},
): Promise<boolean> {
  const taken = await limits.take({ account, smtp: false, ip, at: 'sign-in', knownAs: stranger, ...more })
  if (taken === 'exhausted') return false
  await taken.end(failure)
  return true
}

/** How many of so many tries are let through, each from its own network. */
async function letThrough(times: number, one: (index: number) => Promise<boolean>): Promise<number> {
  let through = 0
  for (let index = 0; index < times; index += 1) if (await one(index)) through += 1
  return through
}

describe('R91: guesses are counted at every server and login', () => {
  const refusedSmtp: TryFailure = { protocol: 'smtp', code: 'login_refused' }

  test.each<[string, (index: number) => [account: MailAccount, failure: TryFailure, smtp: boolean]]>([
    [
      'one SMTP mailbox behind new IMAP hosts',
      (index) => [at(`imap${index}.evil.example`, 'smtp.victim.example'), refusedSmtp, true],
    ],
    [
      'one IMAP mailbox beside new SMTP hosts',
      (index) => [at('imap.victim.example', `smtp${index}.evil.example`), refusedLogin, true],
    ],
    [
      'spellings of host and login',
      (index) => [
        at(
          ['Mail.Victim.example', 'mail.victim.EXAMPLE.', 'mail.victim.example'][index % 3] ?? '',
          'smtp.x.example',
          ['ann@test.example', ' ANN@test.example', 'Ann@Test.Example'][index % 3],
        ),
        refusedLogin,
        false,
      ],
    ],
    [
      'spellings of an IPv6 address',
      (index) => [
        at(['2001:db8::5', '2001:DB8:0:0::5', '2001:db8:0:0:0:0:0:5'][index % 3] ?? '', 'smtp.x.example'),
        refusedLogin,
        false,
      ],
    ],
    [
      'a server as IMAP and as SMTP',
      (index) =>
        index % 2 === 0
          ? [at('mail.victim.example', 'smtp.x.example'), refusedLogin, true]
          : [at(`imap${index}.evil.example`, 'mail.victim.example'), refusedSmtp, true],
    ],
    [
      'a provider, its hosts typed or chosen',
      (index) => {
        const { imap, smtp } = providers.find(({ id }) => id === 'icloud') ?? {}
        if (imap === undefined || smtp === undefined) throw new Error('iCloud has both servers')
        const chosen = { ...ownServer(), provider: 'icloud', imap, smtp } as const
        const typed = at('x.evil.example', smtp.host.toUpperCase())
        return index % 2 === 0 ? [chosen, refusedLogin, false] : [typed, refusedSmtp, true]
      },
    ],
  ])('five of 60, from 12 networks: %s', async (_what, guess) => {
    const from = Array.from({ length: 12 }, newNetwork)
    const through = await letThrough(60, (index) => {
      const [account, failure, smtp] = guess(index)
      return attempt(account, from[index % 12] ?? '', failure, { smtp })
    })
    expect(through).toBe(5)
  })

  test('other logins and other servers have budgets of their own', async () => {
    await letThrough(5, () => attempt(ownServer(), newNetwork(), refusedLogin))
    expect(await attempt(ownServer(), newNetwork(), refusedLogin)).toBe(false)
    expect(await attempt(ownServer('bob@test.example'), newNetwork(), refusedLogin)).toBe(true)
    expect(await attempt(at('mail.other.example', 'x.example'), newNetwork(), refusedLogin)).toBe(true)
  })

  test('the IMAP mailbox pays nothing for a password that only the SMTP server refused', async () => {
    const account = at('imap.own.example', 'smtp.own.example')
    await letThrough(5, () => attempt(account, newNetwork(), refusedSmtp, { smtp: true }))
    expect(await attempt(account, newNetwork(), refusedSmtp, { smtp: true })).toBe(false)
    expect(await attempt(account, newNetwork(), undefined)).toBe(true)
  })
})

describe('R42: only failures count', () => {
  test('a network signs in to many mailboxes, and still has its ten failures and five places', async () => {
    const ip = newNetwork()
    expect(
      await letThrough(30, (index) => attempt(ownServer(`ok${index}@test.example`), ip, undefined)),
    ).toBe(30)
    const failing = (index: number) => attempt(ownServer(`no${index}@test.example`), ip, refusedLogin)
    expect(await letThrough(7, failing)).toBe(5)
    expect(await letThrough(9, (index) => failing(index % 5))).toBe(5)
  })

  test('a mailbox that failed keeps its place after tries that were refused', async () => {
    const ip = newNetwork()
    // Others use up the mailbox, so every further try of it is refused, and gives back what it took.
    await letThrough(5, () => attempt(ownServer('full@test.example'), newNetwork(), refusedLogin))
    const tryFull = () => attempt(ownServer('full@test.example'), ip, refusedLogin)
    expect(await letThrough(3, tryFull)).toBe(0)
    expect(
      await letThrough(6, (index) => attempt(ownServer(`m${index}@test.example`), ip, refusedLogin)),
    ).toBe(4)
  })

  test.each(['host_unreachable', 'tls_failed', 'starttls_missing'] as const)(
    '%s is no guess at the mailbox, but the network has ten of them',
    async (code) => {
      const failure = { protocol: 'imap', code } as const
      const ip = newNetwork()
      const account = ownServer(`${code}@test.example`)
      expect(await letThrough(12, () => attempt(account, ip, failure))).toBe(10)
      expect(await attempt(account, newNetwork(), undefined)).toBe(true)
    },
  )
})

describe('R40: a typed host', () => {
  const fail = (index: number, host = 'mail.typed.example') =>
    attempt(at(host, host, `user${index}@test.example`), `2001:db8:40:${index}::1`, refusedLogin)

  test('is closed after 20 failures, to the networks that failed there, whatever they type', async () => {
    expect(await letThrough(20, fail)).toBe(20)
    const again = (account: MailAccount) => attempt(account, '2001:db8:40:3::9', refusedLogin)
    expect(await again(ownServer('user3@test.example'))).toBe(false)
    // It asks a second time: a refusal must not make it a newcomer.
    expect(await again(ownServer('user3@test.example'))).toBe(false)
    expect(await again(at('MAIL.Typed.example', 'x.example', 'someone@test.example'))).toBe(false)
    expect(await again(at('mail.elsewhere.example', 'x.example', 'a@test.example'))).toBe(true)
    expect(await attempt(ownServer('owner@test.example'), newNetwork(), undefined)).toBe(true)
  })

  test('counts its name in any case, for IMAP and for SMTP', async () => {
    expect(
      await letThrough(20, (index) => fail(index, index % 2 ? 'MAIL.case.example' : 'mail.CASE.example')),
    ).toBe(20)
    expect(
      await attempt(at('mail.case.example', 'x.example', 'z@x.example'), '2001:db8:40:3::9', undefined),
    ).toBe(false)
    const behind = at('imap.x.example', 'mail.Case.example', 'z@x.example')
    expect(await attempt(behind, '2001:db8:40:4::9', undefined, { smtp: true })).toBe(false)
  })

  test('one network is stopped after its ten, and a provider is never closed', async () => {
    const { imap, smtp } = providers.find(({ id }) => id === 'gmail') ?? {}
    if (imap === undefined || smtp === undefined) throw new Error('Gmail has both servers')
    const gmail = (index: number) =>
      ({ ...ownServer(`user${index}@test.example`), provider: 'gmail', imap, smtp }) as const
    const failures = (index: number) => attempt(gmail(index), `2001:db8:41:${index}::1`, refusedLogin)
    expect(await letThrough(25, failures)).toBe(25)
    expect(await failures(3)).toBe(true)
  })
})

describe('R91: a browser that signed in before', () => {
  const knownAs = (id: string) => (mailbox: GuessedMailbox) =>
    mailbox.login === 'ann@test.example' ? id : undefined

  test('has five failures that no stranger touches, from whatever network', async () => {
    const ip = newNetwork()
    // The strangers share the owner's network, and use up everything of it.
    await letThrough(12, (index) => attempt(ownServer(`x${index % 4}@test.example`), ip, refusedLogin))
    await letThrough(30, () => attempt(ownServer(), newNetwork(), refusedLogin))
    expect(await attempt(ownServer(), ip, undefined)).toBe(false)
    const own = (failure?: TryFailure) => attempt(ownServer(), ip, failure, { knownAs: knownAs('a') })
    expect(await own()).toBe(true)
    expect(await letThrough(7, () => own(refusedLogin))).toBe(5)
  })

  test('a stolen cookie uses up its own tries, and another browser still has one', async () => {
    const own = (id: string) => attempt(ownServer(), newNetwork(), refusedLogin, { knownAs: knownAs(id) })
    expect(await letThrough(8, () => own('stolen'))).toBe(5)
    expect(await own('mine')).toBe(true)
    expect(await letThrough(40, (index) => own(`minted${index}`))).toBe(19)
  })

  test('gets no further at a server that is known to nobody', async () => {
    const account = at('imap.own.example', 'smtp.victim.example')
    const atImap = ({ server }: GuessedMailbox) => (server === 'imap.own.example' ? 'a' : undefined)
    const failure: TryFailure = { protocol: 'smtp', code: 'login_refused' }
    const guess = () => attempt(account, newNetwork(), failure, { smtp: true, knownAs: atImap })
    expect(await letThrough(60, guess)).toBe(5)
  })

  test('is no scanner: hosts that let it in once, and lead elsewhere now, share one budget of the network', async () => {
    const ip = newNetwork()
    const elsewhere = (index: number) =>
      attempt(
        at(`n${index}.evil.example`, 'x.example'),
        ip,
        { protocol: 'imap', code: 'host_unreachable' },
        { knownAs: () => 'a' },
      )
    expect(await letThrough(100, elsewhere)).toBe(30)
    expect(await letThrough(5, () => elsewhere(0))).toBe(0)
  })
})

describe('R91: the page of connections', () => {
  const onPage = (ip: string, failure?: TryFailure) =>
    attempt(ownServer(), ip, failure, { at: 'connections' })

  test('is not closed by what happens at the sign-in, nor by one stranger', async () => {
    await letThrough(30, () => attempt(ownServer(), newNetwork(), refusedLogin))
    const ip = newNetwork()
    expect(await letThrough(12, () => onPage(ip, refusedLogin))).toBe(5)
    expect(await onPage(newNetwork(), undefined)).toBe(true)
  })

  test('gives 12 networks 12 guesses of 60, and any number of them 25', async () => {
    const from = Array.from({ length: 12 }, newNetwork)
    const guess = (index: number) => onPage(from[index % 12] ?? '', refusedLogin)
    expect(await letThrough(60, guess)).toBe(12)
    expect(await onPage(newNetwork(), undefined)).toBe(true)
    expect(await letThrough(60, () => onPage(newNetwork(), refusedLogin))).toBe(13)
    expect(await onPage(newNetwork(), undefined)).toBe(false)
  })
})
